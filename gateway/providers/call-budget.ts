const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** China has one time zone and no summer time. */
const CHINA_OFFSET_MS = 8 * 60 * MINUTE_MS

/** When the minute that has begun ends, in ms since 1970. */
export const endOfMinute = (now: number): number => (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS

/** When the day that has begun ends in China, where the services' days are counted. */
export const endOfChinaDay = (now: number): number =>
  (Math.floor((now + CHINA_OFFSET_MS) / DAY_MS) + 1) * DAY_MS - CHINA_OFFSET_MS

/** Takes one call of each budget; answers until when the first that is used up has none. */
export function takeOfAll(budgets: readonly CallBudget[], now: number): number | undefined {
  for (const budget of budgets) {
    const until = budget.take(now)
    if (until !== undefined) return until
  }
  return undefined
}

/**
 * Counts calls so that a service's limit is not run into. In memory only: after a restart it knows less than the
 * service, which then says so itself.
 */
export class CallBudget {
  readonly #limit: number
  readonly #endOfWindow: (now: number) => number
  #begun = 0
  #end = 0
  #calls = 0
  #exhausted = false

  /** @param limit calls in one window; 0 is no limit. */
  constructor(limit: number, endOfWindow: (now: number) => number) {
    this.#limit = limit
    this.#endOfWindow = endOfWindow
  }

  /** Counts one call. When there is none left it counts none, and answers when the next window begins. */
  take(now: number): number | undefined {
    // A clock that was set back must not hold calls until it has caught up.
    if (now >= this.#end || now < this.#begun) {
      this.#begun = now
      this.#end = this.#endOfWindow(now)
      this.#calls = 0
      this.#exhausted = false
    }
    if (this.#exhausted || (this.#limit > 0 && this.#calls >= this.#limit)) return this.#end
    this.#calls += 1
    return undefined
  }

  /** The service says that nothing is left until then. */
  exhaust(now: number, until: number): void {
    this.#begun = now
    this.#end = until
    this.#exhausted = true
  }
}
