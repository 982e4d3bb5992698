import type { Cursor, ServerFrame } from '@herald/protocol'
import { systemClock } from '../../services/clock'
import { initialState, next, type Effect, type Event, type State } from '../../services/connection/machine'
import { Acks } from '../../services/sources/acks'
import { clientOf } from './joins-seed'
import { RawWebSocket } from './raw-websocket'

/** How one device came back. Times as of `clock`, ms. */
export interface Return {
  /** When the dial began that brought it back. */
  dialedAt: number
  /** When it had everything up to the heads of its welcome; 0 while it has not. */
  caughtUpAt: number
  /** When each dial began, since `expectRestart`. */
  readonly dials: number[]
  /** Why sockets ended that had been opened, since `expectRestart`. */
  readonly closes: string[]
  /** Messages that it got over the socket that brought it back. */
  messages: number
}

/** The same in all processes of a machine, ms. */
export const clock = (): number => performance.timeOrigin + performance.now()

/**
 * A device with the app's own rules: its state machine of connecting and its pace of acks, with real time and chance. It
 * keeps cursors, and throws when a feed has a hole.
 */
export class JoinsClient {
  readonly #id: ReturnType<typeof clientOf>
  readonly #ports: readonly number[]
  #dials: number
  readonly #onCaughtUp: () => void
  readonly #cursors: Record<string, Cursor>
  #acks = this.#newAcks()
  #onProved: () => void = () => undefined
  #heads: Readonly<Record<string, number>> = {}
  #state: State = initialState
  #socket: RawWebSocket | undefined
  #port = 0
  #timer: NodeJS.Timeout | undefined
  result: Return = newReturn()

  /** @param ports of gateways, which it dials in turn: a balancer that knows nothing of them */
  constructor(
    index: number,
    ports: readonly number[],
    cursors: Record<string, Cursor>,
    onCaughtUp: () => void,
  ) {
    this.#id = clientOf(index)
    this.#ports = ports
    this.#dials = index
    this.#cursors = cursors
    this.#onCaughtUp = onCaughtUp
  }

  /** Of the gateway that it dialed last. */
  get port(): number {
    return this.#port
  }

  start(): void {
    this.#handle({ type: 'start' })
  }

  stop(): void {
    this.#handle({ type: 'stop' })
  }

  /** Looks whether the connection is good, which ends the memory of earlier failures, as a heartbeat does. */
  prove(onProved: () => void): void {
    this.#onProved = onProved
    this.#handle({ type: 'foreground' })
  }

  /** Forgets the newest messages, as if they had been published while the device was away, and measures anew. */
  expectRestart(behind: Readonly<Record<string, number>>): void {
    this.result = newReturn()
    // As of an app that was started anew: what it forgets was never acked.
    this.#acks = this.#newAcks()
    for (const [feed, count] of Object.entries(behind)) {
      const { epoch, seq } = this.#cursors[feed === 'own' ? this.#id.feed : feed] ?? { epoch: '', seq: 0 }
      this.#cursors[feed === 'own' ? this.#id.feed : feed] = { epoch, seq: Math.max(0, seq - count) }
    }
  }

  #newAcks(): Acks {
    const send = (ack: object): boolean => {
      if (this.#state.name !== 'live') return false
      this.#socket?.send(JSON.stringify(ack))
      return true
    }
    return new Acks(send, systemClock, Math.random)
  }

  #handle(event: Event): void {
    const { state, effects } = next(this.#state, event, { now: Date.now(), random: Math.random() })
    if (event.type === 'closed') this.#socket = undefined
    this.#state = state
    for (const effect of effects) this.#run(effect)
  }

  #run(effect: Effect): void {
    if (effect.type === 'dial') this.#dial()
    else if (effect.type === 'hello') this.#hello()
    else if (effect.type === 'ping') this.#ping()
    else if (effect.type === 'close') this.#socket?.destroy()
    else {
      clearTimeout(this.#timer)
      if (effect.type === 'timer') this.#timer = setTimeout(() => this.#handle({ type: 'timer' }), effect.ms)
    }
  }

  #ping(): void {
    this.#socket?.send('{"type":"ping"}')
    this.#acks.pinged()
  }

  #dial(): void {
    this.result.dialedAt = clock()
    this.#port = this.#ports[this.#dials % this.#ports.length] ?? 0
    this.#dials += 1
    this.result.messages = 0
    this.result.dials.push(this.result.dialedAt)
    const socket: RawWebSocket = new RawWebSocket(this.#port, {
      opened: () => this.#handle({ type: 'opened' }),
      text: (text) => {
        if (socket === this.#socket) this.#onFrame(JSON.parse(text) as ServerFrame)
      },
      closed: (code, reason) => {
        if (socket !== this.#socket) return
        if (code !== 1006 || this.#state.name === 'live') this.result.closes.push(`${code} ${reason}`)
        this.#handle({ type: 'closed', code, reason })
      },
    })
    this.#socket = socket
  }

  #hello(): void {
    const { token, device } = this.#id
    const hello = {
      ...{ type: 'hello', token, device: { id: device, platform: 'h5' } },
      ...{ state: 'background', cursors: this.#cursors },
    }
    this.#socket?.send(JSON.stringify(hello))
  }

  #onFrame(frame: ServerFrame): void {
    this.#handle({ type: 'heard' })
    if (frame.type === 'pong') {
      this.#handle({ type: 'pong' })
      this.#acks.proven()
      this.#onProved()
    } else if (frame.type === 'welcome') {
      this.#heads = Object.fromEntries(frame.feeds.map(({ feed, head }) => [feed, head]))
      this.#handle({ type: 'welcomed', heartbeatMs: frame.heartbeatMs })
      this.#acks.resume()
      this.#lookAround()
    } else if (frame.type === 'messages') this.#onMessages(frame)
    else if (frame.type === 'gap') {
      // More were published meanwhile than come over a socket: history pages would bring them.
      this.#cursors[frame.feed] = { epoch: frame.epoch, seq: frame.to }
      this.#lookAround()
    } else throw new Error(`${this.#id.user} did not expect ${frame.type}`)
  }

  #onMessages({ feed, epoch, messages }: Extract<ServerFrame, { type: 'messages' }>): void {
    let seq = this.#cursors[feed]?.seq ?? 0
    for (const message of messages) {
      if (message.seq !== seq + 1)
        throw new Error(`${this.#id.user}: ${feed} goes from ${seq} to ${message.seq}`)
      seq = message.seq
    }
    this.#cursors[feed] = { epoch, seq }
    this.result.messages += messages.length
    this.#acks.note(feed, epoch, seq)
    this.#acks.flushSoon()
    this.#lookAround()
  }

  #lookAround(): void {
    if (this.result.caughtUpAt > 0) return
    const behind = Object.entries(this.#heads).some(([feed, head]) => (this.#cursors[feed]?.seq ?? 0) < head)
    if (behind) return
    this.result.caughtUpAt = clock()
    this.#onCaughtUp()
  }
}

const newReturn = (): Return => ({ dialedAt: 0, caughtUpAt: 0, dials: [], closes: [], messages: 0 })
