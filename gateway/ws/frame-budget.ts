/** Frames that a client may send at once, and then for each second. */
const BURST = 100
const PER_SECOND = 20

/** What each feed adds: after a welcome an ack lost with the last socket, one of what it missed, and a read. */
const BURST_OF_FEED = 3
const PER_SECOND_OF_FEED = 1

/** A leaky bucket for one socket's inbound frames. */
export class FrameBudget {
  #used = 0
  #leakedAt: number

  /** @param elapsed a clock in ms that never jumps. */
  constructor(elapsed: number) {
    this.#leakedAt = elapsed
  }

  /** When the last frame was taken, by the clock that was given: asking a clock once more would cost each frame. */
  get takenAt(): number {
    return this.#leakedAt
  }

  /** Whether one more frame is within the budget of a client that hears so many feeds. */
  take(elapsed: number, feeds: number): boolean {
    const leaked = ((elapsed - this.#leakedAt) / 1000) * (PER_SECOND + feeds * PER_SECOND_OF_FEED)
    this.#used = Math.max(0, this.#used - leaked)
    this.#leakedAt = elapsed
    if (this.#used + 1 > BURST + feeds * BURST_OF_FEED) return false
    this.#used += 1
    return true
  }
}
