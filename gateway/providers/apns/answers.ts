import type { Outcome } from '../provider'

/** What APNs answered to one push. */
export interface ApnsAnswer {
  readonly status: number
  /** Empty with 200, otherwise JSON with `reason` and, with 410, `timestamp`. */
  readonly text: string
  readonly retryAfter: string | undefined
}

/** One row of the table: what a reason comes to, and in which words. */
interface Meaning {
  readonly outcome: 'push' | 'credentials' | 'gone' | 'token' | 'later' | 'busy'
  readonly words: string
  readonly afterMs?: number
  /** The next push takes a new connection: in any case, or if this one is not new itself. */
  readonly reconnect?: 'always' | 'if old'
}

/** Our choice: Apple names no time for a device that gets too many. */
const SAME_DEVICE_MS = 60_000
/** A provider token is renewed no sooner. */
const TOKEN_UPDATE_MS = 20 * 60_000

const push = (words: string): Meaning => ({ outcome: 'push', words })
/** A key that was mended, or an app that was added to the team, shows on a new connection only. */
const credentials = (words: string): Meaning => ({ outcome: 'credentials', words, reconnect: 'if old' })
const otherEnvironment = credentials('the key is for the other environment (production or sandbox)')

/** Apple, "Handling notification responses from APNs". */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  // No proof that the token is dead: one of the other environment or of another app is answered the same.
  BadDeviceToken: {
    outcome: 'token',
    words: 'the token is not valid in this environment (production or sandbox)',
  },
  DeviceTokenNotForTopic: { outcome: 'token', words: 'the token is of an app with another bundle id' },
  Unregistered: { outcome: 'gone', words: 'the app was removed, or the token replaced' },
  ExpiredToken: { outcome: 'gone', words: 'the token has expired' },
  PayloadTooLarge: push('the push is too large'),
  PayloadEmpty: push('the push is empty'),
  BadCollapseId: push('the collapse id is too long'),
  BadExpirationDate: push('the expiry is not valid'),
  BadMessageId: push('the push id is not valid'),
  BadPriority: push('the priority does not fit the push'),
  DuplicateHeaders: push('a header came twice'),
  InvalidPushType: push('the push type is not valid'),
  MissingDeviceToken: push('there was no token'),
  BadPath: push('the address was not valid'),
  MethodNotAllowed: push('the method was not valid'),
  // The topic is HERALD_APNS_BUNDLE_ID: no push will do better until a person mends it.
  BadTopic: credentials('the bundle id is not valid'),
  MissingTopic: credentials('there was no bundle id'),
  TopicDisallowed: credentials('the key may not push to this bundle id'),
  Forbidden: credentials('APNs does not allow this'),
  InvalidProviderToken: credentials('key, key id and team id do not belong together, or the key was revoked'),
  MissingProviderToken: credentials('APNs saw no provider token'),
  // After a new one was tried, or for one that was minted just now.
  ExpiredProviderToken: credentials('the provider token is out of date: is the clock of this machine right?'),
  UnrelatedKeyIdInToken: credentials('the key does not go with the one that the connection began with'),
  BadEnvironmentKeyIdInToken: otherEnvironment,
  // Seen in the wild for the one above.
  BadEnvironmentKeyInToken: otherEnvironment,
  BadCertificate: credentials('the certificate is not valid'),
  BadCertificateEnvironment: credentials('the certificate is for the other environment'),
  TooManyRequests: { outcome: 'later', words: 'too many pushes to this device', afterMs: SAME_DEVICE_MS },
  TooManyProviderTokenUpdates: {
    outcome: 'busy',
    words: 'the provider token was renewed too often',
    afterMs: TOKEN_UPDATE_MS,
  },
  InternalServerError: { outcome: 'busy', words: 'APNs has an internal error', reconnect: 'if old' },
  ServiceUnavailable: { outcome: 'busy', words: 'APNs is not available', reconnect: 'if old' },
  Shutdown: {
    outcome: 'later',
    words: 'the server of APNs is shutting down',
    afterMs: 0,
    reconnect: 'always',
  },
  IdleTimeout: {
    outcome: 'later',
    words: 'the connection was idle for too long',
    afterMs: 0,
    reconnect: 'always',
  },
}

const byStatus = (status: number): Meaning | undefined => {
  if (status === 403) return credentials('APNs does not allow this')
  if (status === 410) return { outcome: 'gone', words: 'the token is no longer active' }
  if (status === 429) return { outcome: 'busy', words: 'too many requests' }
  if (status >= 400 && status < 500) return push('APNs does not take this push')
  if (status >= 500 && status < 600)
    return { outcome: 'busy', words: 'APNs is not available', reconnect: 'if old' }
  return undefined
}

interface ErrorBody {
  readonly reason?: string
  readonly timestamp?: number
}

function readBody(text: string): ErrorBody {
  try {
    const { reason, timestamp } = { ...(JSON.parse(text) as object) } as Record<string, unknown>
    return {
      ...(typeof reason === 'string' && /^\w{1,60}$/.test(reason) && { reason }),
      ...(typeof timestamp === 'number' && { timestamp }),
    }
  } catch {
    return {} // the status still says enough
  }
}

const meaningOf = (status: number, reason: string | undefined): Meaning | undefined =>
  (reason !== undefined && Object.hasOwn(MEANINGS, reason) ? MEANINGS[reason] : undefined) ?? byStatus(status)

/** Why APNs refused a push, in its own word. */
export function reasonOf({ status, text }: ApnsAnswer): string | undefined {
  return status === 200 ? undefined : readBody(text).reason
}

/** Whether the next push should take a new connection. */
export function newConnectionAfter(answer: ApnsAnswer): 'always' | 'if old' | undefined {
  return answer.status === 200 ? undefined : meaningOf(answer.status, reasonOf(answer))?.reconnect
}

/** What became of the push with this id. */
export function toOutcome(answer: ApnsAnswer, pushId: string): Outcome {
  const { status, text, retryAfter } = answer
  if (status === 200) return { type: 'accepted', ref: pushId }
  const { reason, timestamp } = readBody(text)
  const meaning = meaningOf(status, reason)
  if (meaning === undefined) {
    return {
      type: 'retry',
      why: `APNs answered ${status}, which it does not document`,
      unknown: true,
      provider: true,
    }
  }
  const why = `${reason ?? String(status)}: ${meaning.words}`
  const { outcome } = meaning
  if (outcome === 'gone') return { type: 'gone', why, ...(timestamp !== undefined && { since: timestamp }) }
  if (outcome === 'token') return { type: 'refused', why, blame: 'push' }
  if (outcome === 'push' || outcome === 'credentials') return { type: 'refused', why, blame: outcome }
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : undefined
  const afterMs = seconds === undefined ? meaning.afterMs : seconds * 1000
  return {
    type: 'retry',
    why,
    ...(afterMs !== undefined && { afterMs }),
    unknown: false,
    provider: outcome === 'busy',
  }
}
