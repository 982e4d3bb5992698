import { constants, sign } from 'node:crypto'
import type { HmsSettings } from './settings'

/** Huawei: valid for an hour at most, and meant to be used again while it is. */
const LIFE_S = 3600
const RENEW_MS = 50 * 60_000
const AUDIENCE = 'https://oauth-login.cloud.huawei.com/oauth2/v3/token'

/** The token of a service account, signed here: Huawei, "Generating a JWT based on a service account". */
export class BearerToken {
  readonly #settings: HmsSettings
  readonly #now: () => number
  #minted: { readonly jwt: string; readonly at: number } | undefined

  /** @param now ms since 1970 */
  constructor(settings: HmsSettings, now: () => number) {
    this.#settings = settings
    this.#now = now
  }

  current(): string {
    const age = this.#minted === undefined ? Infinity : this.#now() - this.#minted.at
    // A clock that was set back makes it negative, and the token one from the future.
    if (this.#minted !== undefined && age >= 0 && age < RENEW_MS) return this.#minted.jwt
    const jwt = this.#mint()
    this.#minted = { jwt, at: this.#now() }
    return jwt
  }

  /** HMS refused this token: the next push takes another. */
  drop(jwt: string): void {
    if (this.#minted?.jwt === jwt) this.#minted = undefined
  }

  #mint(): string {
    const { keyId, subAccount, privateKey } = this.#settings
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const iat = Math.floor(this.#now() / 1000)
    const claims = { aud: AUDIENCE, iss: subAccount, iat, exp: iat + LIFE_S }
    const signed = `${part({ alg: 'PS256', typ: 'JWT', kid: keyId })}.${part(claims)}`
    // The salt of PS256 is as long as its hash (RFC 7518 §3.5).
    const key = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
  }
}
