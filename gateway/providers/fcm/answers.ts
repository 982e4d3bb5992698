import type { ServiceAnswer } from '../service-call'
import type { Outcome } from '../provider'
import { refusedCredentials, refusedPush, retryLater, unknownOutcome } from '../outcomes'

/** What FCM says in an error: Google, "FCM Error Codes". */
export interface FcmError {
  /** Of the details of type FcmError, where there are any; otherwise the canonical status. */
  readonly code: string
  readonly typed: boolean
  readonly message: string
}

/** Google: wait at least a minute after 429 without Retry-After. */
const QUOTA_MS = 60_000
/** Whose limit it was, as google.rpc.QuotaFailure says it: "project:<id>", or something of one device or topic. */
const PROJECT = /^projects?[:/]/
const NO_ERROR: FcmError = { code: '', typed: false, message: '' }

/** Reads an error body; one that is none is empty. */
export function readFcmError(json: unknown): FcmError {
  const { error } = fields(json)
  const { status, message, details } = fields(error)
  const typed = (Array.isArray(details) ? details : [])
    .map(fields)
    .find((detail) => String(detail['@type']).endsWith('google.firebase.fcm.v1.FcmError'))
  const code = typed?.errorCode ?? status
  if (typeof code !== 'string' || !/^\w{1,60}$/.test(code)) return NO_ERROR
  return { code, typed: typed !== undefined, message: typeof message === 'string' ? message : '' }
}

/**
 * Whether a limit is that of the whole project. FCM has others: 240 messages a minute and 5,000 an hour to one device,
 * and it says 429 for overload too. One device that gets too much must not hold up all others.
 */
export function isProjectQuota(json: unknown): boolean {
  const { details } = fields(fields(json).error)
  return (Array.isArray(details) ? details : [])
    .map(fields)
    .filter((detail) => String(detail['@type']).endsWith('google.rpc.QuotaFailure'))
    .flatMap(({ violations }) => (Array.isArray(violations) ? violations : []) as unknown[])
    .some((violation) => PROJECT.test(String(fields(violation).subject)))
}

const fields = (value: unknown): Record<string, unknown> => ({ ...(value as object) })

/** Whether the refused thing is our access token, and another may do. */
export function isStaleToken({ status, json }: ServiceAnswer): boolean {
  return status === 401 && readFcmError(json).code !== 'THIRD_PARTY_AUTH_ERROR'
}

/** Whether FCM refuses the registration token, and so has taken everything else. */
export function isAboutToken(json: unknown): boolean {
  const { code, message } = readFcmError(json)
  return code === 'UNREGISTERED' || (code === 'INVALID_ARGUMENT' && /registration token/i.test(message))
}

/** @param now ms since 1970 */
export function toOutcome({ status, headers, json }: ServiceAnswer, now: number): Outcome {
  if (status === 200) {
    const { name } = fields(json)
    if (typeof name === 'string' && name !== '') return { type: 'accepted', ref: name }
    return unknownOutcome('FCM answered 200 without the name of a message')
  }
  if (status < 400 || status > 599)
    return unknownOutcome(`FCM answered ${status}, which it does not document`)
  const error = readFcmError(json)
  const why = (words: string) => `${error.code || String(status)}: ${words}`
  const seconds = Number(headers.get('retry-after') ?? NaN)
  const afterMs = seconds >= 0 ? seconds * 1000 : undefined
  switch (error.code) {
    case 'UNREGISTERED':
      return { type: 'gone', why: why('the app was removed, or the token replaced') }
    case 'INVALID_ARGUMENT':
      return error.typed && isAboutToken(json)
        ? { type: 'gone', why: why('the token is not one of FCM') }
        : refusedPush(why('FCM does not take this push'))
    case 'SENDER_ID_MISMATCH':
      return refusedPush(why('the token is of another Firebase project'))
    case 'QUOTA_EXCEEDED':
    case 'RESOURCE_EXHAUSTED':
      return overLimit(json, why, now, afterMs)
    case 'THIRD_PARTY_AUTH_ERROR':
      return refusedCredentials(why('the key for APNs or Web Push that Firebase holds is not valid'))
    default:
      if (status === 429) return overLimit(json, why, now, afterMs)
      return byStatus(status, why, afterMs)
  }
}

function overLimit(json: unknown, why: (words: string) => string, now: number, afterMs = QUOTA_MS): Outcome {
  if (isProjectQuota(json))
    return { type: 'quota', why: why('the limit of the project'), until: now + afterMs }
  const words = why('too many pushes, to this device or in all')
  return { type: 'retry', why: words, afterMs: Math.max(afterMs, QUOTA_MS), unknown: false, provider: false }
}

function byStatus(status: number, why: (words: string) => string, afterMs?: number): Outcome {
  if (status === 401) return refusedCredentials(why('the access token is not valid'))
  if (status === 403)
    return refusedCredentials(why('the service account may not send, or the FCM API is switched off'))
  if (status === 404) return refusedCredentials(why('FCM does not know the project'))
  if (status >= 500) return retryLater(why('FCM is not available'), afterMs)
  return refusedPush(why('FCM does not take this push'))
}
