import { signJwt } from '../sign-jwt'
import type { ApnsKey } from './settings'

/** The time, in two ways: ms since 1970, which may jump, and ms since some start, which never does. */
export interface ApnsClock {
  now(): number
  monotonic(): number
}

/** Apple: renew no sooner than 20 minutes and no later than 60 ("Establishing a token-based connection to APNs"). */
const ROTATE_MS = 50 * 60_000
const MIN_AGE_MS = 20 * 60_000
/** A token made by a clock that was wrong by more than this is made anew. */
const MAX_JUMP_MS = 60_000

interface Minted {
  readonly jwt: string
  readonly at: number
  readonly monotonicAt: number
}

/** The provider token of one key: minted once, shared by all connections, rotated by its age. */
export class ProviderToken {
  readonly #key: ApnsKey
  readonly #clock: ApnsClock
  readonly #onEarly: () => void
  #minted: Minted | undefined

  /**
   * @param onEarly called when a token younger than 20 minutes is replaced, which happens when the clock was set.
   *   Connections that know the old one would refuse the new one as TooManyProviderTokenUpdates.
   */
  constructor(key: ApnsKey, clock: ApnsClock, onEarly: () => void) {
    this.#key = key
    this.#clock = clock
    this.#onEarly = onEarly
  }

  /** The token to send. */
  current(): string {
    const minted = this.#minted
    if (minted === undefined) return this.#mint()
    const age = this.#age(minted)
    const jump = Math.abs(this.#clock.now() - minted.at - age)
    if (age < ROTATE_MS && jump <= MAX_JUMP_MS) return minted.jwt
    const jwt = this.#mint()
    if (age < MIN_AGE_MS) this.#onEarly()
    return jwt
  }

  /**
   * After ExpiredProviderToken: another token than the refused one, or undefined when that one is too young to have
   * expired. It is our clock then that is wrong, and a new token would be as bad.
   */
  renew(refused: string): string | undefined {
    const current = this.current()
    if (current !== refused) return current
    return this.#minted && this.#age(this.#minted) > MIN_AGE_MS ? this.#mint() : undefined
  }

  #age({ monotonicAt }: Minted): number {
    return this.#clock.monotonic() - monotonicAt
  }

  #mint(): string {
    const at = this.#clock.now()
    const { keyId, teamId, privateKey } = this.#key
    const jwt = signJwt({ alg: 'ES256', kid: keyId }, { iss: teamId, iat: Math.floor(at / 1000) }, privateKey)
    this.#minted = { jwt, at, monotonicAt: this.#clock.monotonic() }
    return jwt
  }
}
