import WebSocket from 'ws'
import type { Api, ApiOptions } from './api'
import { isAllowed } from './domains'
import type { MiniHost } from './host'
import { shownText } from './shown-text'

/** developers.weixin.qq.com/miniprogram/dev/api/network/websocket/wx.connectSocket.html */
export const SOCKET_LIMIT = 5

type EventName = 'open' | 'message' | 'error' | 'close'

export interface Sockets {
  readonly api: Record<string, Api>
  /** How many there are, the ones that open or close included. */
  readonly count: () => number
  /** The most that there were at once. */
  readonly most: () => number
  /** How many were refused since there were too many. */
  readonly refused: () => number
  /** What WeChat does about ten seconds after it has hidden a mini-program. */
  readonly cut: () => void
}

/**
 * `wx.connectSocket` on real sockets, with WeChat's faults:
 * - the sixth at once fails, and gives no task;
 * - a socket that breaks says `error`, then `close` with 1006;
 * - ten seconds after the mini-program was hidden its sockets are gone: `close` with 1006 and no `error`
 *   (cnblogs.com/wangchengb/p/11334001.html), or on some phones not even that;
 * - whatever a socket says while JavaScript is frozen is said after the thaw.
 */
export function openSockets(host: MiniHost): Sockets {
  const open = new Set<SocketTask>()
  let lastId = 0
  let most = 0
  let refused = 0
  host.onEnd.push(() => {
    for (const task of open) task.terminate()
  })

  const connectSocket: Api = (given) => {
    const options = (given ?? {}) as ApiOptions
    const refuse = (why: string) => {
      answer(host, options, 'fail', { errMsg: `connectSocket:fail ${why}` })
      return undefined
    }
    const url = String(options.url)
    if (!/^wss?:\/\//.test(url)) {
      refuse(`url ${url} is not valid`)
      return
    }
    if (!isAllowed(host, url)) {
      refuse('url not in domain list')
      return
    }
    if (open.size >= SOCKET_LIMIT) {
      refused += 1
      // The word is doubled in WeChat too.
      refuse(`fail reach max websocket connect count ${String(SOCKET_LIMIT)}`)
      return
    }
    const id = ++lastId
    const task = new SocketTask(host, options, () => open.delete(task))
    open.add(task)
    most = Math.max(most, open.size)
    answer(host, options, 'success', { errMsg: 'connectSocket:ok', socketTaskId: id })
    return task.asObject(id)
  }

  return {
    api: { connectSocket },
    count: () => open.size,
    most: () => most,
    refused: () => refused,
    cut: () => {
      for (const task of open) task.cut()
    },
  }
}

class SocketTask {
  readonly #host: MiniHost
  readonly #socket: WebSocket
  readonly #handlers = new Map<EventName, ((event: unknown) => void)[]>()
  #end: 'broken' | 'cut' = 'broken'

  constructor(host: MiniHost, options: ApiOptions, gone: () => void) {
    this.#host = host
    const protocols = (options.protocols ?? []) as string[]
    const url = host.device.network.reachable ? String(options.url) : 'ws://127.0.0.1:1'
    this.#socket = new WebSocket(url, [...protocols], {
      headers: { ...(options.header as Record<string, string> | undefined) },
      handshakeTimeout: Number(options.timeout ?? host.bundle.config.networkTimeout?.connectSocket ?? 60_000),
    })
    const forget = host.device.network.carry(() => this.terminate())
    this.#socket.on('upgrade', ({ headers }) => {
      this.#fire('open', { header: headers })
    })
    this.#socket.on('message', (data: Buffer, isBinary) => {
      this.#fire('message', { data: isBinary ? host.realm.bytes(data) : data.toString() })
    })
    // Every error is followed by a close with 1006, which is where it is told.
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', (code, reason) => {
      forget()
      gone()
      this.#closed(code, reason.toString())
    })
  }

  terminate(): void {
    this.#socket.terminate()
  }

  cut(): void {
    this.#end = 'cut'
    this.terminate()
  }

  asObject(id: number): object {
    const on = (name: EventName) => (handler: (event: unknown) => void) => {
      this.#handlers.set(name, [...(this.#handlers.get(name) ?? []), handler])
    }
    const socket = this.#socket
    return Object.defineProperty(
      Object.assign(this.#host.realm.copy({ CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 }) as object, {
        socketTaskId: id,
        onOpen: on('open'),
        onMessage: on('message'),
        onError: on('error'),
        onClose: on('close'),
        send: (options: ApiOptions) => this.#send(options),
        close: (options?: ApiOptions) => this.#close(options ?? {}),
      }),
      'readyState',
      { get: () => socket.readyState },
    )
  }

  #send(options: ApiOptions): void {
    if (this.#socket.readyState !== WebSocket.OPEN) {
      const errMsg = 'sendSocketMessage:fail SocketTask.readyState is not OPEN'
      answer(this.#host, options, 'fail', { errMsg })
      return
    }
    const { data } = options
    this.#socket.send(typeof data === 'string' ? data : Buffer.from(data as ArrayBuffer))
    answer(this.#host, options, 'success', { errMsg: 'sendSocketMessage:ok' })
  }

  #close(options: ApiOptions): void {
    if (this.#socket.readyState >= WebSocket.CLOSING) {
      answer(this.#host, options, 'fail', { errMsg: 'closeSocket:fail task not found' })
      return
    }
    this.#socket.close(Number(options.code ?? 1000), shownText(options.reason))
    answer(this.#host, options, 'success', { errMsg: 'closeSocket:ok' })
  }

  #closed(code: number, reason: string): void {
    if (this.#end === 'cut' && this.#host.device.options.closeAfterCut === 'untold') return
    const isBroken = code === 1006
    if (isBroken && this.#end !== 'cut')
      this.#fire('error', { errMsg: 'connectSocket:fail abnormal closure' })
    this.#fire('close', { code, reason: isBroken ? 'abnormal closure' : reason })
  }

  #fire(name: EventName, event: object): void {
    this.#host.time.later(() => {
      for (const handler of this.#handlers.get(name) ?? []) {
        this.#host.time.run(() => handler(Object.assign(this.#host.realm.copy({}) as object, event)))
      }
    })
  }
}

function answer(host: MiniHost, options: ApiOptions, outcome: 'success' | 'fail', result: object): void {
  host.time.later(() => {
    for (const callback of [options[outcome], options.complete]) {
      if (typeof callback === 'function') {
        host.time.run(() => (callback as (result: unknown) => void)(host.realm.copy(result)))
      }
    }
  })
}
