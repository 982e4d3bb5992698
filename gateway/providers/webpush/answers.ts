import { refusedCredentials, refusedPush } from '../outcomes'
import type { Outcome } from '../provider'
import type { PostAnswer } from './post'

const SECOND_MS = 1000
const MAX_WORDS = 200

/** How FCM, Mozilla and Apple say that a subscription was made with another VAPID key (RFC 8292 §4.2). */
const OTHER_KEY = /do not correspond|public key mismatch|PkHashMismatch|MismatchSenderId/i

/** Answers that mean our token and not this subscription. */
const OUR_TOKEN = /jwt|vapid|authori[sz]ation|bearer/i

/**
 * What a push service's answer means (RFC 8030, RFC 8292, and what FCM, Mozilla and Apple answer).
 * @param trusted a known service. Any other is of the client's choice: it must not be able to raise an alarm or to
 *   open the circuit for everybody.
 */
export function readAnswer(answer: PostAnswer, trusted: boolean, now: number): Outcome {
  const { status, headers } = answer
  const why = describe(answer)
  const mayPass = (unknown: boolean): Outcome => {
    const afterMs = readRetryAfter(headers['retry-after'], now)
    return { type: 'retry', why, ...(afterMs === undefined ? {} : { afterMs }), unknown, provider: trusted }
  }
  // RFC 8030 §5 says 201, and 202 where a receipt was asked for; clients that are in wide use take any 2xx.
  if (status >= 200 && status < 300) return accepted(headers.location)
  if (status === 404 || status === 410) return { type: 'gone', why }
  // Edge's service says 406 where others say 429: the app is over its limit (microsoft/WindowsAppSDK#3501).
  if (status === 429 || status === 406) return { ...mayPass(false), provider: false } as Outcome
  if (status === 401 || status === 403) return refusedUs(answer, why, trusted)
  if (status === 400 && trusted && OUR_TOKEN.test(answer.text)) return refusedUs(answer, why, trusted)
  if (status >= 400 && status < 500) return refusedPush(why)
  if (status === 503) return mayPass(false)
  return mayPass(true)
}

function accepted(location: string | undefined): Outcome {
  return location === undefined || location.length > 1024
    ? { type: 'accepted' }
    : { type: 'accepted', ref: location }
}

function refusedUs({ text }: PostAnswer, why: string, trusted: boolean): Outcome {
  if (OTHER_KEY.test(text)) return { type: 'gone', why }
  return trusted ? refusedCredentials(why) : refusedPush(why)
}

function describe({ status, text, headers }: PostAnswer): string {
  // Edge's service answers without a body, and says why in a header.
  const said = text === '' ? String(headers['x-wns-error-description'] ?? '') : text
  const words = said.replace(/\s+/g, ' ').trim().slice(0, MAX_WORDS)
  return `the push service answered ${String(status)}${words === '' ? '' : `: ${words}`}`
}

/** Retry-After in ms: seconds or a date (RFC 9110 §10.2.3); undefined when it is neither. */
export function readRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * SECOND_MS : Date.parse(text) - now
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
