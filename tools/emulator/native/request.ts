import { answer, type NativeHost } from './host'

interface FetchOptions {
  readonly method?: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body?: string
  readonly type: 'text' | 'base64'
  readonly timeout: number
}

type Done = (result: unknown) => void

/** The module `stream`, under `uni.request`: real HTTP. */
export function openRequests(host: NativeHost) {
  const running = new Set<AbortController>()
  host.onEnd.push(() => {
    for (const request of running) request.abort()
  })

  const request = async (options: FetchOptions, body: string | Uint8Array<ArrayBuffer> | undefined) => {
    const { network } = host.device
    if (!network.reachable) throw new Error('the network is unreachable')
    const controller = new AbortController()
    const abort = () => controller.abort()
    const forget = network.carry(abort)
    running.add(controller)
    const timer = setTimeout(abort, options.timeout)
    try {
      await network.passable(controller.signal)
      const response = await fetch(options.url, {
        method: options.method ?? 'GET',
        headers: options.headers,
        ...(body === undefined ? {} : { body }),
        signal: controller.signal,
      })
      const bytes = Buffer.from(await response.arrayBuffer())
      await network.passable(controller.signal)
      return {
        ok: response.ok,
        status: response.status,
        statusText: response.statusText,
        headers: Object.fromEntries(response.headers),
        data: bytes.toString(options.type === 'base64' ? 'base64' : 'utf8'),
      }
    } finally {
      clearTimeout(timer)
      running.delete(controller)
      forget()
    }
  }

  const run = (options: FetchOptions, body: string | Uint8Array<ArrayBuffer> | undefined, done: Done) => {
    request(options, body).then(
      (response) => answer(host, done, response),
      (error: unknown) =>
        answer(host, done, {
          ok: false,
          status: -1,
          errorMsg: error instanceof Error ? error.message : String(error),
        }),
    )
  }

  return {
    fetch: (options: FetchOptions, done: Done) => {
      const hasBody = options.method !== undefined && !['GET', 'HEAD'].includes(options.method)
      run(options, hasBody ? options.body : undefined, done)
    },
    fetchWithArrayBuffer: ({ base64 }: { base64: string }, options: FetchOptions, done: Done) =>
      run(options, new Uint8Array(Buffer.from(base64, 'base64')), done),
  }
}
