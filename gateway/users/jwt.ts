import {
  HeraldError,
  isBlank,
  TimeSchema,
  UserIdSchema,
  wellFormed,
  withoutCommands,
  type User,
} from '@herald/protocol'
import { createPublicKey, createSecretKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto'
import { errors, jwtVerify, type JWTPayload } from 'jose'
import * as v from 'valibot'
import type { JwtSettings } from '../process/config'
import { ConfigError } from '../process/config-error'
import type { Directory, Principal } from '../contracts/directory'

/** Clocks of two servers may differ by this, in seconds. */
const CLOCK_TOLERANCE_S = 30

const MAX_NAME_LENGTH = 80

/**
 * Finds who a JWT of a business backend speaks for; undefined when the token is no JWT at all.
 * Throws `token_invalid`, `token_expired`, `user_disabled`.
 */
export type VerifyJwt = (token: string) => Promise<Principal | undefined>

/**
 * Verifies JWTs against the pinned algorithm, issuer, audience and key. Nothing that a token says about itself is
 * followed: no `jku`, `x5u` or `jwk`, and no choice of key by `kid`.
 *
 * A JWT reads as the user that its `sub` names, and nothing more: it cannot publish or administer. A user who is
 * not known yet is created, because the backend that holds the key has already decided that this person exists; one who was
 * removed here stays removed, because an administrator has decided that.
 * Throws ConfigError for a key that does not fit.
 */
export function verifyJwt(
  settings: JwtSettings,
  users: Pick<Directory, 'admitUser'>,
  now: () => number = Date.now,
): VerifyJwt {
  const key = importKey(settings)
  const options = {
    algorithms: [settings.algorithm],
    issuer: settings.issuer,
    audience: settings.audience,
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['sub', 'exp'],
  }
  return async (token) => {
    if (token.split('.').length !== 3) return undefined
    const payload = await jwtVerify(token, key, { ...options, currentDate: new Date(now()) }).then(
      (verified) => verified.payload,
      refuse,
    )
    const times = {
      created: timeOf('iat', payload.iat ?? 0),
      expires: timeOf('exp', payload.exp ?? 0),
    }
    const user = await admit(users, payload)
    return { token: describeToken(user, times), user }
  }
}

/** The last time that a Date can hold, ms. */
const LAST_TIME_MS = 8.64e15

/**
 * A NumericDate (RFC 7519 §2: seconds, fractions allowed) in whole milliseconds, rounded down: a token never lasts longer
 * than it says. What is no time is refused by the claim's name, since every answer about the token would repeat it.
 */
function timeOf(claim: 'iat' | 'exp', seconds: number): number {
  const time = v.safeParse(TimeSchema, Math.floor(seconds * 1000))
  if (time.success && time.output <= LAST_TIME_MS) return time.output
  throw new HeraldError('token_invalid', `The claim ${claim} is not a time in seconds since 1970.`)
}

function refuse(error: unknown): never {
  if (error instanceof errors.JWTExpired) throw new HeraldError('token_expired')
  if (error instanceof errors.JOSEError) throw new HeraldError('token_invalid')
  throw error
}

/** The kind of public key that each family of algorithms takes. */
const keyTypes: Readonly<Record<string, string>> = { RS: 'rsa', PS: 'rsa', ES: 'ec', Ed: 'ed25519' }

function importKey({ algorithm, key }: JwtSettings): KeyObject {
  if (algorithm.startsWith('HS')) return createSecretKey(key, 'utf8')
  const wanted = keyTypes[algorithm.slice(0, 2)]
  const imported = readPublicKey(key)
  if (imported && imported.asymmetricKeyType === wanted) return imported
  throw new ConfigError(
    `HERALD_JWT_KEY_FILE: must hold a public key for ${algorithm} (${String(wanted)}), as PEM or JWK`,
  )
}

function readPublicKey(key: string): KeyObject | undefined {
  // A private key has no business on the verifying side, though Node would derive the public one.
  if (key.includes('PRIVATE KEY')) return undefined
  try {
    if (!key.startsWith('{')) return createPublicKey(key)
    return createPublicKey({ key: JSON.parse(key) as JsonWebKeyInput['key'], format: 'jwk' })
  } catch {
    // Whatever is wrong with it, the caller says what it should be.
    return undefined
  }
}

async function admit(users: Pick<Directory, 'admitUser'>, payload: JWTPayload): Promise<User> {
  const id = v.safeParse(UserIdSchema, payload.sub)
  if (!id.success) throw new HeraldError('token_invalid', 'The claim sub is not a user id of Herald.')
  return (await users.admitUser(id.output, nameOf(payload))).user
}

function nameOf({ name }: JWTPayload): string | undefined {
  if (typeof name !== 'string' || name === '') return undefined
  // Somebody else's directory holds whatever it holds: a name is no reason to let nobody in.
  const shown = withoutCommands(wellFormed(name.slice(0, MAX_NAME_LENGTH)), () => '\uFFFD')
  return isBlank(shown) ? undefined : shown
}

/** How the ids of JWTs begin; no token of the store has such an id. */
const JWT_PREFIX = 'jwt:'

export const isJwtId = (tokenId: string): boolean => tokenId.startsWith(JWT_PREFIX)

/**
 * A JWT in the shape of a token. Its id is the user's, so that rates survive a renewal: it names all JWTs of the user and
 * not one session, and nothing may be ended by it.
 */
function describeToken(
  user: User,
  times: Pick<Principal['token'], 'created' | 'expires'>,
): Principal['token'] {
  return {
    id: JWT_PREFIX + user.id,
    user: user.id,
    label: 'JWT',
    scopes: { publish: [], read: true, admin: false },
    ...times,
  }
}
