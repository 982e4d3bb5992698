import * as v from 'valibot'
import { endOfChinaDay, endOfMinute } from '../call-budget'
import { refusedCredentials, refusedPush, retryLater, unknownOutcome, type Explained } from '../outcomes'
import type { Outcome } from '../provider'

/** What Getui answered to one call. */
export interface GetuiAnswer {
  /** 0 is success. */
  readonly code: number
  readonly msg: string
  readonly data: unknown
}

/** `{taskid: {cid: status}}`. */
const TasksSchema = v.record(v.string(), v.record(v.string(), v.string()))

/** The access token is not valid (any more). */
export const TOKEN_INVALID = 10001
/** The app lives in another data centre; `data` says where. */
export const WRONG_HOST = 301

const PARAMETER_INVALID = 20001
const CREDENTIALS = new Set([TOKEN_INVALID, 10002, 10004, 30000, 30001, 30002, 30003, 30017])
const REFUSED = new Set([22001, 22002, 23001, 30005, 30016])
const PER_MINUTE = new Set([10003, 10005, 30012, 30013, 30014, 30015, 30018])
const PER_DAY = new Set([30004, 30006, 30007, 30008, 30009, 30010, 30011])
/** Starting, and busy. */
const PASSING = new Set([2, 30019])

/**
 * What a code other than 0 means for a push: https://docs.getui.com/getui/server/rest_v2/code/. The same codes come
 * through uniCloud.
 * @param status HTTP status, for codes that are not in the list; undefined where there is none.
 */
export function outcomeOfCode(code: number, msg: string, now: number, status?: number): Explained {
  const why = `${code} ${msg}`.trim().slice(0, 200)
  if (CREDENTIALS.has(code)) return refusedCredentials(why)
  if (PER_MINUTE.has(code)) return retryLater(why, endOfMinute(now) - now)
  if (PER_DAY.has(code)) return { type: 'quota', why, until: endOfChinaDay(now) }
  if (PASSING.has(code)) return retryLater(why)
  if (code === PARAMETER_INVALID && /target user is invalid/i.test(msg)) return { type: 'gone', why }
  // The app has no right to the call; no other push would fare better.
  if (code === PARAMETER_INVALID && /permission required/i.test(msg)) return refusedCredentials(why)
  if (code === PARAMETER_INVALID || REFUSED.has(code)) return refusedPush(why)
  return outcomeOfStatus(status, why)
}

/** Without a token nothing was sent, and whatever the parameters are blamed for is the credentials' fault. */
export function outcomeOfAuth(
  { code, msg, status }: GetuiAnswer & { status: number },
  now: number,
): Explained {
  const outcome = outcomeOfCode(code, msg, now, status)
  if (outcome.type === 'refused' || outcome.type === 'gone') return refusedCredentials(outcome.why)
  return outcome.type === 'retry' ? { ...outcome, unknown: false } : outcome
}

/** An answer whose code nobody has written down: the HTTP status mirrors its class. */
function outcomeOfStatus(status: number | undefined, why: string): Explained {
  if (status === 401 || status === 403) return refusedCredentials(why)
  if (status === 400 || status === 404 || status === 405) return refusedPush(why)
  return unknownOutcome(why)
}

/** What the form of a success says of one device. Getui and uniCloud answer alike. */
export function outcomeOfTasks(data: unknown, cid: string): Outcome {
  const tasks = v.safeParse(TasksSchema, data)
  const [task, statuses] = Object.entries(tasks.success ? tasks.output : {})[0] ?? []
  if (statuses?.[cid] === 'successed_ignore') {
    return { type: 'gone', why: 'successed_ignore: the device has not been seen for 90 days' }
  }
  return task === undefined ? { type: 'accepted' } : { type: 'accepted', ref: task }
}
