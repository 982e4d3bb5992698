import type { Clock, Timer } from '../clock'
import type { OpenSocket, Socket, SocketHandlers } from '../socket/socket'
import { initialState, next, type Effect, type Event, type State } from './machine'

export interface ConnectionPorts {
  readonly open: OpenSocket
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly url: () => string
  /** What is spoken over the socket. */
  readonly subprotocol: string
}

/** What a connection tells the source that uses it. */
export interface ConnectionHandlers {
  /** The socket is open: say hello. */
  hello(): void
  ping(): void
  text(text: string): void
  state(state: State): void
}

interface Queued {
  readonly event: Event
  /** Whose event it is, if a socket's. */
  readonly socket?: Socket
}

/** Runs the machine: one socket, one timer. Holds no rule of its own. */
export class Connection {
  readonly #ports: ConnectionPorts
  readonly #handlers: ConnectionHandlers
  readonly #events: Queued[] = []
  #state: State = initialState
  #socket: Socket | null = null
  #timer: Timer = null
  #phase: 'idle' | 'draining' = 'idle'

  constructor(ports: ConnectionPorts, handlers: ConnectionHandlers) {
    this.#ports = ports
    this.#handlers = handlers
  }

  get state(): State {
    return this.#state
  }

  /** Takes an event. One that comes while another is handled waits for it: effects can cause events. */
  handle(event: Event): void {
    this.#queue({ event })
  }

  #queue(queued: Queued): void {
    this.#events.push(queued)
    if (this.#phase === 'draining') return
    this.#phase = 'draining'
    try {
      for (let first = this.#events.shift(); first; first = this.#events.shift()) this.#step(first)
    } finally {
      this.#phase = 'idle'
    }
  }

  /** Sends a frame's text over the current socket; without one it is lost, as on any network. */
  send(text: string): void {
    this.#socket?.send(text)
  }

  #step({ event, socket }: Queued): void {
    // An older socket's events come late: they mean nothing.
    if (socket && socket !== this.#socket) return
    const moment = { now: this.#ports.clock.now(), random: this.#ports.random() }
    const before = this.#state
    const { state, effects } = next(before, event, moment)
    if (event.type === 'closed') this.#socket = null
    this.#state = state
    for (const effect of effects) this.#run(effect)
    if (state !== before) this.#handlers.state(state)
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'dial':
        this.#dial()
        break
      case 'hello':
        this.#handlers.hello()
        break
      case 'ping':
        this.#handlers.ping()
        break
      case 'close':
        this.#closeSocket(effect.code, effect.reason)
        break
      case 'timer':
        this.#setTimer(effect.ms)
        break
      case 'clearTimer':
        this.#clearTimer()
        break
    }
  }

  #dial(): void {
    const { open, url, subprotocol } = this.#ports
    const handlers: SocketHandlers = {
      open: () => {
        this.#queue({ event: { type: 'opened' }, socket })
      },
      message: (text) => {
        if (this.#socket === socket) this.#handlers.text(text)
      },
      closed: (code, reason) => {
        this.#queue({ event: { type: 'closed', code, reason }, socket })
      },
    }
    const socket: Socket = open(url(), handlers, subprotocol)
    this.#socket = socket
  }

  #closeSocket(code: number, reason: string): void {
    const socket = this.#socket
    this.#socket = null
    socket?.close(code, reason)
  }

  #setTimer(ms: number): void {
    this.#clearTimer()
    this.#timer = this.#ports.clock.setTimeout(() => {
      this.#timer = null
      this.handle({ type: 'timer' })
    }, ms)
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#ports.clock.clearTimeout(this.#timer)
    this.#timer = null
  }
}
