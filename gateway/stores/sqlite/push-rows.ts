import {
  missingRanges,
  type DeliveryEvent,
  type DeliveryReason,
  type DeliveryState,
  type ProviderName,
  type ReadRanges,
} from '@herald/protocol'
import type Database from 'libsql'
import { runChange } from './statements'

/** Names one row: what one sweep found for one device. */
export interface PushKey {
  readonly user: string
  readonly device: string
  readonly feed: string
  readonly epoch: string
  readonly first: number
}

/**
 * Where the messages `first..last` of a feed stand on one device that did not ack them in time. `clearing` and
 * `cleared`: they were pushed, then read, and the push is taken back.
 */
export type PushState = Exclude<DeliveryState, 'acked' | 'none'> | 'clearing' | 'cleared'

export interface PushRow extends PushKey {
  readonly last: number
  readonly state: PushState
  readonly reason: DeliveryReason
  readonly created: number
  /** When something is to be done, ms; null when nothing is. */
  readonly due: number | null
  readonly attempts: number
  /** Which of the device's registrations is next, from 0. */
  readonly position: number
  /** 1: a provider may have taken the push under this id, and nobody knows. */
  readonly unknown: number
  /** The push's id for the provider; rows that have the same become one push. */
  readonly push: string
  /**
   * What the push is called on the screen when it stands for more than one message: the id of its first sending, which
   * the repeats have too, however few of the messages are left. null: the message's own id.
   */
  readonly collapse: string | null
  readonly handle: string | null
  readonly provider: ProviderName | null
  readonly ref: string | null
  readonly accepted: number | null
  readonly acked: number | null
  /** JSON of DeliveryEvent[], the newest last. */
  readonly trail: string
}

export const PUSH_COLUMNS = `user, device, feed, epoch, first, last, state, reason, created, due, attempts,
  position, unknown, push, collapse, handle, provider, ref, accepted, acked, trail`

export interface NewPush extends PushKey {
  readonly last: number
  readonly state: 'waiting' | 'cancelled'
  readonly reason: DeliveryReason
  readonly due: number | null
  readonly now: number
}

/** Steps of one push that are kept; a push that is retried for a day must not grow without end. */
const MAX_TRAIL = 20

/** Adds a row, unless an earlier stage of the same sweep has made it. Answers how many were made. */
export function insertPush(db: Database.Database, push: NewPush): number {
  const { user, device, feed, epoch, first, last, state, reason, due, now } = push
  return runChange(
    db,
    `INSERT OR IGNORE INTO pushes (user, device, feed, epoch, first, last, state, reason, created, due, trail)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[user, device, feed, epoch, first, last, state, reason, now, due],
    JSON.stringify([{ time: now, reason } satisfies DeliveryEvent]),
  )
}

/** A trail with one more step; a step that only repeats the last takes its place. */
export function addStep(trail: string, step: DeliveryEvent): string {
  const steps = JSON.parse(trail) as DeliveryEvent[]
  const last = steps.at(-1)
  const repeats =
    last?.reason === step.reason && last.provider === step.provider && last.detail === step.detail
  const kept = repeats ? steps.slice(0, -1) : steps
  // The first step says how it began; what falls out is from the middle.
  return JSON.stringify(
    [...kept, step].filter((_, index, all) => index === 0 || index > all.length - MAX_TRAIL),
  )
}

export const KEY_CONDITION = 'user = ? AND device = ? AND feed = ? AND epoch = ? AND first = ?'

export const keyValues = ({ user, device, feed, epoch, first }: PushKey): (string | number)[] => [
  user,
  device,
  feed,
  epoch,
  first,
]

/** The key alone, as it is sent to the writer. */
export const toKey = ({ user, device, feed, epoch, first }: PushRow): PushKey => ({
  user,
  device,
  feed,
  epoch,
  first,
})

/** Names what rows of a device show as one on its screen: the same for all rows of a push, whatever became of each. */
export const pushOnScreen = ({ collapse, feed, epoch, first }: PushKey & Pick<PushRow, 'collapse'>): string =>
  collapse ?? `${feed} ${epoch} ${String(first)}`

/** Whether a message of a row is unread. What retention has dropped, before `from`, is not: nobody can read it any more. */
export const hasUnread = (
  { first, last }: { first: number; last: number },
  read: ReadRanges,
  from: number,
): boolean => missingRanges(read, Math.max(first, from), last).length > 0
