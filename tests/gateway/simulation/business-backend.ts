import { createHmac } from 'node:crypto'
import type { JwtSettings } from '../../../gateway/process/config'
import type { Chance } from './chance'

/** What the gateway is told of the backend that makes JWTs. */
export const JWT: JwtSettings = {
  ...{ algorithm: 'HS256', issuer: 'backend', audience: 'herald' },
  key: 'a secret of the backend and the gateway, of 256 bits at least',
}

/** For how long the backend's tokens are good, ms: so short that a storm sees many. */
const LIFE = { least: 20_000, most: 180_000 }

/** How long it takes to answer, ms, and how often it does not. */
const ANSWER = { least: 20, most: 3000, fails: 0.1 }

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A backend whose app Herald is a part of: it knows who is signed in there, and makes tokens that soon end. */
export class BusinessBackend {
  readonly #chance: Chance
  readonly #now: () => number
  readonly #after: (ms: number, run: () => void) => void
  /** Who is signed in on a phone. */
  readonly #users = new Map<string, string>()

  constructor(chance: Chance, now: () => number, after: (ms: number, run: () => void) => void) {
    this.#chance = chance
    this.#now = now
    this.#after = after
  }

  signIn(phone: string, user: string): void {
    this.#users.set(phone, user)
  }

  makeToken(user: string): string {
    const iat = Math.floor(this.#now() / 1000)
    const exp = iat + Math.round(this.#chance.between(LIFE.least, LIFE.most) / 1000)
    const claims = { sub: user, iss: JWT.issuer, aud: JWT.audience, iat, exp }
    const text = `${encode({ alg: JWT.algorithm })}.${encode(claims)}`
    return `${text}.${createHmac('sha256', JWT.key).update(text).digest('base64url')}`
  }

  /** What the app on a phone is given when it asks; null: nobody is signed in there. */
  bringToken(phone: string): Promise<string | null> {
    return new Promise((resolve, reject) => {
      const fails = this.#chance.hits(ANSWER.fails)
      this.#after(this.#chance.delay(ANSWER.least, ANSWER.most), () => {
        const user = this.#users.get(phone)
        if (fails) reject(new Error('the backend is away'))
        else resolve(user === undefined ? null : this.makeToken(user))
      })
    })
  }
}

/** When a JWT ends, ms; a token of the gateway's own has no end here. */
export function endOf(secret: string): number {
  const [, claims] = secret.split('.')
  if (claims === undefined) return Infinity
  return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp: number }).exp * 1000
}
