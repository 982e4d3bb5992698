import { sign } from 'node:crypto'
import { callService, CallFailure } from '../service-call'
import { SingleFlight } from '../single-flight'
import type { Outcome } from '../provider'
import { refusedCredentials } from '../outcomes'
import type { FcmSettings } from './settings'

/** There is no access token, so nothing was sent; `outcome` says why. */
export class NoAccessToken extends Error {
  override readonly name = 'NoAccessToken'
  readonly outcome: Outcome & { readonly why: string }

  constructor(outcome: Outcome & { readonly why: string }) {
    super(outcome.why)
    this.outcome = outcome
  }
}

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
/** The longest that Google takes. */
const ASSERTION_S = 3600
/** A token is renewed so long before its end. */
const SPARE_MS = 5 * 60_000
const CALL_TIMEOUT_MS = 20_000

/** The access token of a service account, asked for once and shared until shortly before its end. */
export class AccessToken {
  readonly #settings: FcmSettings
  readonly #now: () => number
  readonly #flight: SingleFlight<string>
  #token: { readonly text: string; readonly until: number } | undefined

  /** @param now ms since 1970 */
  constructor(settings: FcmSettings, now: () => number) {
    this.#settings = settings
    this.#now = now
    this.#flight = new SingleFlight((signal) => this.#fetch(signal), CALL_TIMEOUT_MS)
  }

  /** Rejects with NoAccessToken. */
  async get(signal: AbortSignal): Promise<string> {
    if (this.#token !== undefined && this.#now() < this.#token.until) return this.#token.text
    try {
      return await this.#flight.join(signal)
    } catch (error) {
      if (error instanceof NoAccessToken) throw error
      const why = `no access token: ${error instanceof CallFailure ? error.message : 'fault in the gateway'}`
      throw new NoAccessToken({ type: 'retry', why, unknown: false, provider: true })
    }
  }

  /** FCM refused this token: the next push asks for another. */
  drop(text: string): void {
    if (this.#token?.text === text) this.#token = undefined
  }

  close(): void {
    this.#flight.close()
  }

  async #fetch(signal: AbortSignal): Promise<string> {
    const answer = await callService(
      {
        method: 'POST',
        url: this.#settings.tokenUrl,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ grant_type: GRANT, assertion: this.#assertion() }).toString(),
      },
      signal,
    )
    const {
      access_token: text,
      expires_in: seconds,
      error,
    } = { ...(answer.json as object) } as Record<string, unknown>
    if (answer.status === 200 && typeof text === 'string' && text !== '' && typeof seconds === 'number') {
      this.#token = { text, until: this.#now() + seconds * 1000 - SPARE_MS }
      return text
    }
    const reason = typeof error === 'string' && /^\w{1,40}$/.test(error) ? error : String(answer.status)
    // RFC 6749 §5.2: what is refused for good is 400 or 401.
    if (answer.status === 400 || answer.status === 401) {
      throw new NoAccessToken({
        ...refusedCredentials(
          `${reason}: Google does not sign in the service account; was its key deleted, or is the clock of this machine wrong?`,
        ),
      } as Outcome & { why: string })
    }
    throw new NoAccessToken({
      type: 'retry',
      why: `no access token: Google answered ${reason}`,
      unknown: false,
      provider: true,
    })
  }

  /** RFC 7523 §3. */
  #assertion(): string {
    const { keyId, clientEmail, audience, privateKey } = this.#settings
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const iat = Math.floor(this.#now() / 1000)
    const claims = { iss: clientEmail, scope: SCOPE, aud: audience, iat, exp: iat + ASSERTION_S }
    const signed = `${part({ alg: 'RS256', typ: 'JWT', kid: keyId })}.${part(claims)}`
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
  }
}
