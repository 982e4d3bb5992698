import type { ChangeOf } from '../inbox/inbox'
import type { Arrival } from '../inbox/live-inbox'
import type { Clock, Timer } from '../clock'

/** So many deliveries pass at once in each BATCH_MS: what trickles in waits for nothing. */
export const SINGLES = 20

/** How long messages of a flood are gathered, in ms. */
export const BATCH_MS = 50

/** A batch of so many is full: a larger one would hold up what the user does. */
export const BATCH_MESSAGES = 300

type Messages = ChangeOf<'messages'>

interface Batch {
  readonly change: Messages & { readonly messages: Messages['messages'][number][] }
  readonly arrival: Arrival
}

/**
 * Makes few deliveries of many in a flood. A gateway sends what it committed together as one frame, so a busy one sends
 * hundreds of frames a second; what is done for each, a transaction, a note to the other tabs, an alert, is done for
 * each batch then. The messages of a feed keep their order.
 */
export class FloodBatcher {
  readonly #clock: Clock
  readonly #deliver: (change: Messages, arrival: Arrival) => void
  readonly #waiting = new Map<string, Batch>()
  #messages = 0
  #passed = 0
  #since = Number.NEGATIVE_INFINITY
  #timer: Timer = null

  constructor(clock: Clock, deliver: (change: Messages, arrival: Arrival) => void) {
    this.#clock = clock
    this.#deliver = deliver
  }

  /** Whether a feed's messages wait here: then the inbox does not have its cursor yet. */
  holds(feed: string): boolean {
    return this.#waiting.has(feed)
  }

  /** Whether these come right after what waits of their feed, and in the same way. */
  continues({ feed, epoch, messages }: Messages, arrival: Arrival): boolean {
    const batch = this.#waiting.get(feed)
    const next = (batch?.change.messages.at(-1)?.seq ?? 0) + 1
    return (
      batch?.change.epoch === epoch &&
      batch.arrival.catchUp === arrival.catchUp &&
      batch.arrival.backlog === arrival.backlog &&
      messages.every((message, index) => message.feed === feed && message.seq === next + index)
    )
  }

  /** Takes messages that fit: to the inbox, or to what waits of their feed. */
  take(change: Messages, arrival: Arrival): void {
    const now = this.#clock.now()
    const isNewWindow = Math.abs(now - this.#since) >= BATCH_MS
    if (isNewWindow) this.#startWindow(now, 0)
    if (this.#waiting.size === 0 && this.#passed < SINGLES) {
      this.#passed += 1
      this.#deliver(change, arrival)
      return
    }
    this.#add(change, arrival)
    if (this.#messages >= BATCH_MESSAGES) this.flush()
    else this.#timer ??= this.#clock.setTimeout(() => this.flush(), BATCH_MS)
  }

  /** Delivers what waits, now. */
  flush(): void {
    if (this.#waiting.size === 0) return
    const batches = [...this.#waiting.values()]
    this.drop()
    // The flood may go on: its next frames are gathered from the first on.
    this.#startWindow(this.#clock.now(), SINGLES)
    for (const { change, arrival } of batches) this.#deliver(change, arrival)
  }

  /** Forgets what waits: it was not acked, and the next socket brings it again. */
  drop(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer)
    this.#timer = null
    this.#waiting.clear()
    this.#messages = 0
  }

  #startWindow(now: number, passed: number): void {
    this.#since = now
    this.#passed = passed
  }

  #add(change: Messages, arrival: Arrival): void {
    const batch = this.#waiting.get(change.feed)
    if (batch) batch.change.messages.push(...change.messages)
    else this.#waiting.set(change.feed, { change: { ...change, messages: [...change.messages] }, arrival })
    this.#messages += change.messages.length
  }
}
