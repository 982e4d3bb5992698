import type { ClientFrame } from '@herald/protocol'
import type { Clock } from '../clock'

type Ack = Extract<ClientFrame, { type: 'ack' }>

/**
 * Each ack holds the next ones up for so long at least: of the 20 frames a second that the gateway takes of a socket, and
 * one more for each of its feeds (PROTOCOL.md), half may be acks.
 */
export const ACK_SPACING_MS = 100

/** No ack waits longer than this, far below the 4 s that the gateway waits for one. */
export const MAX_ACK_DELAY_MS = 1_000

/** So many flushes follow each other closely: an app that is killed just after a message or two has acked them. */
const FREE_FLUSHES = 4

/**
 * When acks may go. While messages stream, one ack a second says as much as ten; and devices that got the same message draw
 * different times, or all of them would ack in the same moment ever after.
 */
export class AckPace {
  readonly #random: () => number
  #free = FREE_FLUSHES
  #sentAt = Number.NEGATIVE_INFINITY
  #nextAt = Number.NEGATIVE_INFINITY

  /** @param random from 0 to 1. */
  constructor(random: () => number) {
    this.#random = random
  }

  /** How long acks have to wait now, in ms; 0 or less: they may go. */
  waitMs(now: number): number {
    // A clock that was set back must not hold them up.
    return Math.min(this.#nextAt - now, MAX_ACK_DELAY_MS)
  }

  /** Acks of so many feeds went. */
  sent(now: number, feeds: number): void {
    const earned = Math.floor(Math.max(0, now - this.#sentAt) / MAX_ACK_DELAY_MS)
    this.#free = Math.min(FREE_FLUSHES, this.#free + earned)
    const drawn = this.#free > 0 ? 0 : (MAX_ACK_DELAY_MS / 2) * (1 + this.#random())
    this.#free = Math.max(0, this.#free - 1)
    this.#sentAt = now
    this.#nextAt = now + Math.min(Math.max(drawn, feeds * ACK_SPACING_MS), MAX_ACK_DELAY_MS)
  }
}

/**
 * Acks that wait to be sent. They are cumulative, so only the highest of each feed counts; those that find no
 * connection are sent after the next welcome, before the gateway takes the device for silent. So are those that may
 * have been lost with their socket: only an answer to a later ping proves that an ack came through.
 */
export class Acks {
  readonly #send: (ack: Ack) => boolean
  readonly #waiting = new Map<string, Ack>()
  /** Sent, and then a ping that is not answered yet. */
  readonly #asked = new Map<string, Ack>()
  /** Sent, and no ping after them. */
  readonly #unproven = new Map<string, Ack>()
  readonly #clock: Clock
  readonly #pace: AckPace
  #phase: 'idle' | 'scheduled' = 'idle'

  /** @param send false: there is no connection now. @param random from 0 to 1. */
  constructor(send: (ack: Ack) => boolean, clock: Clock, random: () => number) {
    this.#send = send
    this.#clock = clock
    this.#pace = new AckPace(random)
  }

  note(feed: string, epoch: string, seq: number): void {
    const waiting = this.#waiting.get(feed)
    if (waiting?.epoch === epoch && waiting.seq >= seq) return
    this.#waiting.set(feed, { type: 'ack', feed, epoch, seq })
  }

  /**
   * Sends after everything that becomes ready in this turn, since a burst that was stored in one step is one ack. The
   * first goes at once; those that follow it closely are spaced.
   */
  flushSoon(): void {
    if (this.#phase === 'scheduled') return
    this.#phase = 'scheduled'
    const flush = (): void => {
      this.#phase = 'idle'
      this.flush()
    }
    const wait = this.#pace.waitMs(this.#clock.now())
    if (wait > 0) this.#clock.setTimeout(flush, wait)
    else void Promise.resolve().then(flush)
  }

  /** Sends what waits, now. */
  flush(): void {
    let sent = 0
    for (const [feed, ack] of this.#waiting) {
      if (!this.#send(ack)) continue
      this.#waiting.delete(feed)
      this.#unproven.set(feed, ack)
      sent += 1
    }
    if (sent > 0) this.#pace.sent(this.#clock.now(), sent)
  }

  /** A ping goes out behind what was sent. */
  pinged(): void {
    if (this.#asked.size > 0) return
    for (const [feed, ack] of this.#unproven) this.#asked.set(feed, ack)
    this.#unproven.clear()
  }

  /** The ping was answered: the gateway has read all that went before it. */
  proven(): void {
    this.#asked.clear()
  }

  /** There is another socket: sends what waits, and again what may not have come through. */
  resume(): void {
    for (const sent of [this.#unproven, this.#asked]) {
      // What waits is newer.
      for (const [feed, ack] of sent) if (!this.#waiting.has(feed)) this.#waiting.set(feed, ack)
      sent.clear()
    }
    this.flush()
  }
}
