import type { DeliveryEvent } from '@herald/protocol'
import type { NewPush, PushKey } from '../../contracts/push-ledger'
import type Database from 'libsql'
import { runChange } from './statements'

export const PUSH_COLUMNS = `user, device, feed, epoch, first, last, state, reason, created, due, attempts,
  position, unknown, push, collapse, handle, provider, ref, accepted, acked, shown, trail`

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

export const KEY_CONDITION = 'user = ? AND device = ? AND feed = ? AND epoch = ? AND first = ?'

export const keyValues = ({ user, device, feed, epoch, first }: PushKey): (string | number)[] => [
  user,
  device,
  feed,
  epoch,
  first,
]
