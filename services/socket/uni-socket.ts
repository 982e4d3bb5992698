import type { Clock, Timer } from '../clock'
import { isSocketTask, type ConnectSocket, type SocketTask } from './connect-socket'
import type { OpenSocket, Socket, SocketHandlers } from './socket'

/** After an error, how long a close that names the cause may still come: H5 and mp send one, the App does not. */
export const ERROR_GRACE_MS = 200

/** After `close`, how long the platform may take to say that it is closed. */
export const CLOSE_DEADLINE_MS = 3_000

/** The App names a socket by the millisecond of its birth; two in one are one, and the first hears nothing. */
export const CONNECT_SPACING_MS = 5

/** Nobody opens so many sockets at once that the last has to wait longer. */
const MAX_SPACING_MS = 1_000

/** RFC 6455 §7.4.1: closed without a close frame. */
const ABNORMAL = 1006

/** RFC 6455 §7.4.1: data of a kind that this end does not take. */
const UNSUPPORTED_DATA = 1003

export interface UniSocketPorts {
  readonly connectSocket: ConnectSocket
  readonly clock: Clock
}

/**
 * Websockets by `uni.connectSocket`. Each of its faults has a named test in tests/client/socket, and
 * this file is the only one that knows them. `readyState` is never read: on the App it says
 * CLOSED for a socket that connects.
 */
export function uniSockets(ports: UniSocketPorts): OpenSocket {
  let nextConnectAt = -Infinity
  return (url, handlers, subprotocol) => {
    const now = ports.clock.now()
    const ahead = nextConnectAt - now
    // A clock that was set back must not hold the socket up.
    const wait = ahead > 0 && ahead < MAX_SPACING_MS ? ahead : 0
    nextConnectAt = now + wait + CONNECT_SPACING_MS
    return new UniSocket(ports, { url, subprotocol }, handlers, wait)
  }
}

interface Address {
  readonly url: string
  readonly subprotocol: string
}

class UniSocket implements Socket {
  readonly #ports: UniSocketPorts
  readonly #handlers: SocketHandlers
  #phase: 'connecting' | 'open' | 'closing' | 'closed' = 'connecting'
  #task: SocketTask | null = null
  #timer: Timer = null

  constructor(ports: UniSocketPorts, address: Address, handlers: SocketHandlers, waitMs: number) {
    this.#ports = ports
    this.#handlers = handlers
    // Always by a timer, so that no handler runs before the caller has the socket.
    this.#timer = ports.clock.setTimeout(() => {
      this.#connect(address)
    }, waitMs)
  }

  send(text: string): void {
    if (this.#phase !== 'open') return
    try {
      this.#task?.send({
        data: text,
        fail: () => {
          // On the App `fail` is followed by `success`, on H5 it comes twice: the first one decides.
          this.#abandon(ABNORMAL, 'send failed')
        },
      })
    } catch {
      this.#abandon(ABNORMAL, 'send threw')
    }
  }

  close(code: number, reason: string): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return
    this.#phase = 'closing'
    this.#closeTask(code, reason)
    this.#finishWithin(this.#task ? CLOSE_DEADLINE_MS : 0, code, reason)
  }

  #connect({ url, subprotocol }: Address): void {
    this.#timer = null
    if (this.#phase !== 'connecting') return
    try {
      const returned = this.#ports.connectSocket({
        url,
        protocols: [subprotocol],
        fail: () => {
          this.#abandon(ABNORMAL, 'connect failed')
        },
        complete: () => undefined,
      })
      this.#receive(returned)
    } catch {
      this.#abandon(ABNORMAL, 'connect threw')
    }
  }

  #receive(returned: unknown): void {
    if (isSocketTask(returned)) {
      this.#attach(returned)
      return
    }
    if (!isThenable(returned)) {
      this.#abandon(ABNORMAL, 'no socket task')
      return
    }
    returned.then(
      (task) => {
        if (isSocketTask(task)) this.#attach(task)
        else this.#abandon(ABNORMAL, 'no socket task')
      },
      () => {
        this.#abandon(ABNORMAL, 'connect rejected')
      },
    )
  }

  #attach(task: SocketTask): void {
    this.#task = task
    // It came late by a promise, and nobody wants it any more.
    if (this.#phase !== 'connecting') {
      this.#closeTask(1000, '')
      return
    }
    task.onOpen(() => {
      this.#opened()
    })
    task.onMessage((event) => {
      this.#received(event.data)
    })
    task.onError?.(() => {
      // Errors carry nothing on the App. The native socket is freed here: a zombie would keep the radio busy.
      if (this.#phase === 'connecting' || this.#phase === 'open') {
        this.#abandon(ABNORMAL, 'error', ERROR_GRACE_MS)
      }
    })
    task.onClose?.((event) => {
      this.#finish(event?.code ?? ABNORMAL, event?.reason ?? '')
    })
  }

  #opened(): void {
    if (this.#phase !== 'connecting') return
    this.#phase = 'open'
    this.#handlers.open()
  }

  #received(data: unknown): void {
    if (this.#phase !== 'open') return
    if (typeof data === 'string') this.#handlers.message(data)
    else this.#abandon(UNSUPPORTED_DATA, 'binary frame')
  }

  /** Nothing good is expected of this socket. `graceMs`: how long a close that says why may still come. */
  #abandon(code: number, reason: string, graceMs = 0): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closing'
    this.#closeTask(1000, '')
    this.#finishWithin(graceMs, code, reason)
  }

  #closeTask(code: number, reason: string): void {
    try {
      this.#task?.close({ code: isClosable(code) ? code : 1000, reason })
    } catch {
      // The App has thrown here (dcloudio/uni-app#1372); the deadline ends the socket all the same.
    }
  }

  #finishWithin(ms: number, code: number, reason: string): void {
    if (this.#timer !== null) this.#ports.clock.clearTimeout(this.#timer)
    this.#timer = this.#ports.clock.setTimeout(() => {
      this.#finish(code, reason)
    }, ms)
  }

  #finish(code: number, reason: string): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    if (this.#timer !== null) this.#ports.clock.clearTimeout(this.#timer)
    this.#timer = null
    this.#handlers.closed(code, reason)
  }
}

/** The codes that a browser lets a page close with (WHATWG WebSockets, `close()` step 1). */
const isClosable = (code: number): boolean => code === 1000 || (code >= 3000 && code <= 4999)

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
