import { setMaxListeners } from 'node:events'

/** A provider that does not answer in this time has an unknown outcome (ms). */
const ANSWER_LIMIT_MS = 15_000

/** What begins within this time is limited by one signal (ms). */
const SHARED_MS = 1000

/**
 * How long a provider is waited for. Pushes that begin in the same second share a signal: one for each, with its
 * timer, costs a seventh of the whole push (docs/performance.md).
 */
export class AnswerLimit {
  #signal: AbortSignal | undefined
  #renewAt = 0

  /** Aborts at most 15 s from now, and no more than a second sooner. */
  signal(): AbortSignal {
    const now = performance.now()
    if (this.#signal === undefined || this.#signal.aborted || now >= this.#renewAt) {
      this.#signal = AbortSignal.timeout(ANSWER_LIMIT_MS)
      // As many listeners as there are pushes under way; Node would take more than ten for a leak.
      setMaxListeners(0, this.#signal)
      this.#renewAt = now + SHARED_MS
    }
    return this.#signal
  }
}
