import { Refusal, type Api, type ApiOptions } from './api'
import { isAllowed } from './domains'
import type { MiniHost } from './host'
import { shownText } from './shown-text'

/** developers.weixin.qq.com/miniprogram/dev/framework/ability/network.html */
const RUNNING_LIMIT = 10
const TIMEOUT_MS = 60_000

export interface Requests {
  readonly api: Record<string, Api>
  /** What runs when WeChat has frozen the mini-program ends as interrupted. */
  readonly interrupt: () => void
}

interface Request {
  readonly controller: AbortController
  readonly run: () => void
  why: string
}

/** `wx.request` on real HTTP: ten at once, the others wait. */
export function openRequests(host: MiniHost): Requests {
  const running = new Set<Request>()
  const waiting: Request[] = []
  const abortAll = (why: string) => {
    for (const one of [...running, ...waiting]) {
      one.why = why
      one.controller.abort()
    }
  }
  host.onEnd.push(() => abortAll('abort'))
  const startNext = () => {
    while (running.size < RUNNING_LIMIT) {
      const next = waiting.shift()
      if (next === undefined) return
      running.add(next)
      next.run()
    }
  }

  const request: Api = (given) => {
    const options = (given ?? {}) as ApiOptions
    const finish = (outcome: 'success' | 'fail', result: object) => {
      running.delete(one)
      startNext()
      host.time.later(() => {
        const copy = Object.assign(host.realm.copy({}) as object, result)
        for (const callback of [options[outcome], options.complete]) {
          if (typeof callback === 'function') {
            host.time.run(() => (callback as (result: unknown) => void)(copy))
          }
        }
      })
    }
    const one: Request = {
      controller: new AbortController(),
      why: 'abort',
      run: () => {
        send(host, options, one).then(
          (result) => finish('success', { ...result, errMsg: 'request:ok' }),
          (error: unknown) => finish('fail', { errMsg: `request:fail ${messageOf(error, one)}`, errno: 5 }),
        )
      },
    }
    waiting.push(one)
    startNext()
    return Object.assign(host.realm.copy({}) as object, { abort: () => one.controller.abort() })
  }
  return { api: { request }, interrupt: () => abortAll('interrupted') }
}

async function send(host: MiniHost, options: ApiOptions, request: Request): Promise<object> {
  const { network } = host.device
  const url = new URL(String(options.url))
  if (!isAllowed(host, url.href)) throw new Refusal('url not in domain list')
  if (!network.reachable)
    throw new Refusal('errcode:-106 cronet_error_code:-106 error_msg:net::ERR_INTERNET_DISCONNECTED')
  const method = shownText(options.method ?? 'GET').toUpperCase()
  const headers = new Headers({ 'content-type': 'application/json' })
  for (const [name, value] of Object.entries((options.header ?? {}) as Record<string, string>)) {
    headers.set(name, value)
  }
  const body = bodyOf(options.data, method, url, headers)
  const forget = network.carry(() => {
    request.why = 'errcode:-21 cronet_error_code:-21 error_msg:net::ERR_NETWORK_CHANGED'
    request.controller.abort()
  })
  const limitMs = Number(options.timeout ?? host.bundle.config.networkTimeout?.request ?? TIMEOUT_MS)
  const noTimeout = host.time.system(limitMs, () => {
    request.why = 'timeout'
    request.controller.abort()
  })
  try {
    const { signal } = request.controller
    const response = await fetch(url, { method, headers, signal, ...(body === undefined ? {} : { body }) })
    const bytes = new Uint8Array(await response.arrayBuffer())
    const header = host.realm.copy(Object.fromEntries(response.headers))
    return { data: dataOf(host, options, bytes), statusCode: response.status, header, cookies: [] }
  } finally {
    forget()
    noTimeout()
  }
}

/** GET takes its data in the address; else it is JSON, or a form when the header says so. */
function bodyOf(data: unknown, method: string, url: URL, headers: Headers): BodyInit | undefined {
  if (data === undefined || data === null) return undefined
  const isObject =
    typeof data === 'object' && !(Object.prototype.toString.call(data) === '[object ArrayBuffer]')
  if (method === 'GET' || method === 'HEAD') {
    if (isObject) for (const [name, value] of Object.entries(data)) url.searchParams.set(name, String(value))
    return undefined
  }
  if (!isObject) return data as BodyInit
  const isForm = headers.get('content-type')?.includes('application/x-www-form-urlencoded') === true
  return isForm ? new URLSearchParams(data as Record<string, string>).toString() : JSON.stringify(data)
}

function dataOf(host: MiniHost, options: ApiOptions, bytes: Uint8Array): unknown {
  if (options.responseType === 'arraybuffer') return host.realm.bytes(bytes)
  const text = Buffer.from(bytes).toString()
  if ((options.dataType ?? 'json') !== 'json') return text
  try {
    return host.realm.copy(JSON.parse(text))
  } catch {
    // As WeChat does: what is no JSON stays text.
    return text
  }
}

function messageOf(error: unknown, request: Request): string {
  if (error instanceof Refusal) return error.message
  if (request.controller.signal.aborted) return request.why
  return 'errcode:-102 cronet_error_code:-102 error_msg:net::ERR_CONNECTION_REFUSED'
}
