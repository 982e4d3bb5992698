/** Frames that a client may send at once, and then for each second. */
const BURST = 100
const PER_SECOND = 20

/** A token bucket for one socket's inbound frames. */
export class FrameBudget {
  #left = BURST
  #filledAt: number

  /** @param elapsed a clock in ms that never jumps. */
  constructor(elapsed: number) {
    this.#filledAt = elapsed
  }

  /** Whether one more frame is within the budget. */
  take(elapsed: number): boolean {
    const refill = ((elapsed - this.#filledAt) / 1000) * PER_SECOND
    this.#left = Math.min(BURST, this.#left + refill)
    this.#filledAt = elapsed
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
