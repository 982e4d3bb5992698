import { signJwt } from '../sign-jwt'
import type { VapidKeys } from './vapid-keys'

const HOUR_MS = 3_600_000
/** RFC 8292 §2 allows 24 h; half of it leaves room for clocks that are off. */
const LIFE_MS = 12 * HOUR_MS
const RENEW_AFTER_MS = 6 * HOUR_MS
/** Audiences are named by clients, so their number has a bound. */
const MAX_TOKENS = 500

interface Minted {
  readonly header: string
  readonly time: number
}

/** Makes the Authorization headers of RFC 8292, one for each push service, and keeps them for some hours. */
export class VapidTokens {
  readonly #keys: VapidKeys
  readonly #contact: string | undefined
  readonly #now: () => number
  readonly #minted = new Map<string, Minted>()

  constructor(keys: VapidKeys, contact: string | undefined, now: () => number) {
    this.#keys = keys
    this.#contact = contact
    this.#now = now
  }

  /** @param audience origin of the endpoint. */
  header(audience: string): string {
    const kept = this.#minted.get(audience)
    const age = this.#now() - (kept?.time ?? 0)
    // A clock that was set back makes the age negative, and the kept token one of the future.
    if (kept !== undefined && age >= 0 && age < RENEW_AFTER_MS) return kept.header
    return this.#mint(audience)
  }

  #mint(audience: string): string {
    const time = this.#now()
    const claims = {
      aud: audience,
      exp: Math.floor((time + LIFE_MS) / 1000),
      ...(this.#contact === undefined ? {} : { sub: this.#contact }),
    }
    const jwt = signJwt({ typ: 'JWT', alg: 'ES256' }, claims, this.#keys.signingKey)
    const header = `vapid t=${jwt}, k=${this.#keys.publicKey}`
    const [oldest] = this.#minted.keys()
    if (this.#minted.size >= MAX_TOKENS && oldest !== undefined) this.#minted.delete(oldest)
    this.#minted.delete(audience)
    this.#minted.set(audience, { header, time })
    return header
  }
}
