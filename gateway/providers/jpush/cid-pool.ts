import { CallFailure } from '../service-call'
import { SingleFlight } from '../single-flight'

const FETCH_TIMEOUT_MS = 15_000
/** JPush keeps one for a day. The rest of it is left for the push and its repeats. */
const MAX_AGE_MS = 4 * 3_600_000

/** When so few are left the next ten are fetched, so that no push waits for them. */
const FEW = 3

/**
 * JPush's ids that make a repeat safe: a push with a cid that was taken gets the first answer again. They come ten at
 * a time. https://docs.jiguang.cn/jpush/server/push/rest_api_v3_push_advanced
 */
export class CidPool {
  readonly #flight: SingleFlight<void>
  readonly #now: () => number
  readonly #never = new AbortController().signal
  #cids: string[] = []
  #fetchedAt = 0

  /** @param fetch asks JPush for some, and rejects when it gets none. */
  constructor(fetch: (signal: AbortSignal) => Promise<string[]>, now: () => number) {
    this.#now = now
    this.#flight = new SingleFlight(async (signal) => {
      this.#cids = await fetch(signal)
      this.#fetchedAt = now()
    }, FETCH_TIMEOUT_MS)
  }

  /** One that nobody else gets. Rejects when JPush gives none. */
  async take(signal: AbortSignal): Promise<string> {
    const ageMs = this.#now() - this.#fetchedAt
    if (ageMs > MAX_AGE_MS || ageMs < 0) this.#cids = []
    // Others who waited for the same ten may have taken them all.
    for (;;) {
      if (signal.aborted) throw new CallFailure('no answer in time')
      const cid = this.#cids.pop()
      if (cid !== undefined) {
        if (this.#cids.length < FEW) this.#fetchAhead()
        return cid
      }
      await this.#flight.join(signal)
    }
  }

  /** Who finds none left hears why there are none. */
  #fetchAhead(): void {
    this.#flight.join(this.#never).catch(() => undefined)
  }

  close(): void {
    this.#flight.close()
  }
}
