import * as v from 'valibot'
import { endOfChinaDay, endOfMinute } from '../call-budget'
import { refusedCredentials, refusedPush, retryLater, unknownOutcome } from '../outcomes'
import type { Outcome } from '../provider'
import type { ServiceAnswer } from '../service-call'

const ErrorSchema = v.looseObject({
  error: v.looseObject({ code: v.number(), message: v.optional(v.string(), '') }),
})

export interface JpushError {
  readonly code: number
  readonly message: string
}

/** Nobody whom the push is for. */
export const NO_TARGET = 1011

const PARAMETER_WRONG = 1003
const RATE_LIMITED = 2002
const VENDOR_QUOTA = 1012
const SERVER_BUSY = 1030
const REFUSED = new Set([1002, PARAMETER_WRONG, 1005, 1009])
const CREDENTIALS = new Set([1001, 1004, 1008, 1020, 2003, 2004, 2005, 2006, 2007])
const LONGEST_RESET_S = 24 * 3600

/** The error in an answer; undefined when it has none of the documented form. */
export function errorOf({ json }: ServiceAnswer): JpushError | undefined {
  const parsed = v.safeParse(ErrorSchema, json)
  return parsed.success ? parsed.output.error : undefined
}

/**
 * What an answer without success means: https://docs.jiguang.cn/jpush/server/push/rest_api_v3_push, error codes.
 * @param one whether the push was for one registration id.
 */
export function outcomeOfFailure(answer: ServiceAnswer, one: boolean, now: number): Outcome {
  const error = errorOf(answer)
  if (error === undefined) return outcomeOfStatus(answer, now)
  const why = `${error.code} ${error.message}`.trim().slice(0, 200)
  if (error.code === RATE_LIMITED) return { type: 'quota', why, until: resetTime(answer, now) }
  if (error.code === VENDOR_QUOTA) return { type: 'quota', why, until: endOfChinaDay(now) }
  if (error.code === PARAMETER_WRONG && one && /registration.?id/i.test(error.message)) {
    return { type: 'gone', why }
  }
  if (CREDENTIALS.has(error.code)) return refusedCredentials(why)
  if (REFUSED.has(error.code) || error.code === NO_TARGET) return refusedPush(why)
  if (error.code === SERVER_BUSY) return retryLater(why)
  // 1000 is a fault within JPush, after which nobody knows; the cid makes the repeat safe.
  return unknownOutcome(why)
}

/** When calls are taken again, in ms since 1970. Without the header: with the next minute. */
export function resetTime({ headers }: ServiceAnswer, now: number): number {
  const seconds = Number(headers.get('x-rate-limit-reset') ?? Number.NaN)
  const plausible = Number.isFinite(seconds) && seconds >= 0 && seconds <= LONGEST_RESET_S
  return plausible ? now + Math.max(seconds, 1) * 1000 : endOfMinute(now)
}

function outcomeOfStatus(answer: ServiceAnswer, now: number): Outcome {
  const why = `HTTP ${answer.status} without an answer that JPush documents`
  if (answer.status === 401) return refusedCredentials(why)
  if (answer.status === 429) return { type: 'quota', why, until: resetTime(answer, now) }
  return unknownOutcome(why)
}
