import { retryLater, type Explained } from './outcomes'
import { CallFailure } from './service-call'
import { SingleFlight } from './single-flight'

/** A token that a service gave out, or that was made for it. Times are ms since 1970. */
export interface GivenToken {
  readonly text: string
  /** From here on another one is asked for. */
  readonly renewAt: number
  /** Until here it is used all the same when there is no other. */
  readonly expires: number
}

/** There is no token, so nothing was sent; `outcome` says why. */
export class NoAccessToken extends Error {
  override readonly name = 'NoAccessToken'
  readonly outcome: Explained

  constructor(outcome: Explained) {
    super(outcome.why)
    this.outcome = outcome
  }
}

/** How long a service is waited for, whoever waits (ms). */
const FETCH_TIMEOUT_MS = 20_000

/** What a service knows a provider by: asked for once, by however many pushes, and shared until shortly before its end. */
export class AccessToken {
  readonly #fetch: (signal: AbortSignal) => Promise<GivenToken>
  readonly #now: () => number
  readonly #flight = new SingleFlight((signal) => this.#renew(signal), FETCH_TIMEOUT_MS)
  #token: (GivenToken & { readonly since: number }) | undefined

  /**
   * @param fetch asks the service; throws NoAccessToken for what it says, CallFailure when it does not answer
   * @param now ms since 1970
   */
  constructor(fetch: (signal: AbortSignal) => Promise<GivenToken>, now: () => number) {
    this.#fetch = fetch
    this.#now = now
  }

  /** Calls with the token, and once more with another one when the service refuses this one. Throws NoAccessToken. */
  async use<Answer>(
    signal: AbortSignal,
    call: (token: string) => Promise<Answer>,
    isRefused: (answer: Answer) => boolean,
  ): Promise<Answer> {
    const token = await this.#valid(signal)
    const answer = await call(token)
    if (!isRefused(answer)) return answer
    if (this.#token?.text === token) this.#token = undefined
    return await call(await this.#valid(signal))
  }

  /** Asks for another one, which shows whether the credentials are good. Throws NoAccessToken. */
  async renew(signal: AbortSignal): Promise<string> {
    try {
      return await this.#flight.join(signal)
    } catch (error) {
      if (error instanceof NoAccessToken) throw error
      const why = `no access token: ${error instanceof CallFailure ? error.message : 'fault in the gateway'}`
      throw new NoAccessToken(retryLater(why))
    }
  }

  /** Ends what is under way. */
  close(): void {
    this.#flight.close()
  }

  async #valid(signal: AbortSignal): Promise<string> {
    const now = this.#now()
    const token = this.#token
    // A clock that was set back makes the token one of the future.
    if (token !== undefined && token.since <= now && now < token.renewAt) return token.text
    try {
      return await this.renew(signal)
    } catch (error) {
      // What we have still works for a while, and a push is worth more than a fresh token.
      if (token !== undefined && this.#now() < token.expires && !signal.aborted) return token.text
      throw error
    }
  }

  async #renew(signal: AbortSignal): Promise<string> {
    const token = await this.#fetch(signal)
    this.#token = { ...token, since: this.#now() }
    return token.text
  }
}
