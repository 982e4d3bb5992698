import type Database from 'libsql'
import type { NewPush, PushKey, PushRecord } from '../../contracts/push-ledger'
import { firstStep } from '../push-rules'
import { readRecord, toText, type RecordText } from '../push-text'
import { allRows, runChange } from './statements'

export const PUSH_COLUMNS = `user, device, feed, epoch, first, last, state, reason, created, due, attempts,
  position, unknown, push, collapse, handle, provider, ref, accepted, acked, shown`

export const RECORD_COLUMNS = `${PUSH_COLUMNS}, trail`

/** Adds a row, unless an earlier stage of the same sweep has made it. Answers how many were made. */
export function insertPush(db: Database.Database, push: NewPush): number {
  const { user, device, feed, epoch, first, last, state, reason, due, now } = push
  return runChange(
    db,
    `INSERT OR IGNORE INTO pushes (user, device, feed, epoch, first, last, state, reason, created, due, trail)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[user, device, feed, epoch, first, last, state, reason, now, due],
    JSON.stringify([firstStep(push)]),
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

/** Records that a condition holds for. */
export const recordsWhere = (
  db: Database.Database,
  condition: string,
  ...values: readonly unknown[]
): PushRecord[] =>
  allRows<RecordText>(db, `SELECT ${RECORD_COLUMNS} FROM pushes WHERE ${condition}`, ...values).map(
    readRecord,
  )

/** Writes what became of a record. @param isReleased whether it is free for others again */
export function saveRecord(
  db: Database.Database,
  { before, after, isReleased }: { before: PushRecord; after: PushRecord; isReleased: boolean },
): void {
  const { state, reason, due, attempts, position, unknown, provider, ref, accepted, acked, shown, trail } =
    toText(after)
  runChange(
    db,
    `UPDATE pushes SET state = ?, reason = ?, due = ?, attempts = ?, position = ?, unknown = ?, provider = ?, ref = ?,
       accepted = ?, acked = ?, shown = ?, trail = ?, claimed_until = iif(?, 0, claimed_until) WHERE ${KEY_CONDITION}`,
    ...[state, reason, due, attempts, position, unknown, provider, ref],
    ...[accepted, acked, shown, trail, Number(isReleased), ...keyValues(before)],
  )
  // Seldom, and apart: what stands in a statement has its indexes written again, whether it changes or not.
  if (after.epoch !== before.epoch || after.created !== before.created)
    runChange(
      db,
      `UPDATE pushes SET epoch = ?, created = ? WHERE ${KEY_CONDITION}`,
      ...[after.epoch, after.created, ...keyValues(before)],
    )
}
