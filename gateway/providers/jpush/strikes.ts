const MAX_TOKENS = 10_000
const NEEDED = 3
const SPAN_MS = 24 * 3_600_000

interface Record {
  readonly since: number
  readonly count: number
}

/**
 * Tokens that JPush says nobody has. A device that has just registered gets the same answer for a moment, and one that
 * is back after months too: so only several, over a day or more, are proof. In memory only: a restart forgives.
 */
export class Strikes {
  readonly #records = new Map<string, Record>()

  /** Whether this one is the proof. */
  add(token: string, now: number): boolean {
    const { since, count } = this.#records.get(token) ?? { since: now, count: 0 }
    this.#records.delete(token)
    if (count + 1 >= NEEDED && now - since >= SPAN_MS) return true
    this.#records.set(token, { since, count: count + 1 })
    // Maps keep their order: the first is the one that was struck longest ago.
    const [oldest] = this.#records.keys()
    if (this.#records.size > MAX_TOKENS && oldest !== undefined) this.#records.delete(oldest)
    return false
  }

  forgive(token: string): void {
    this.#records.delete(token)
  }
}
