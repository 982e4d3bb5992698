import type { DeliveryEvent, ProviderName, ReadRanges } from '@herald/protocol'
import type Database from 'libsql'
import type { Ack, LateAck } from '../../contracts/acks'
import type { DeviceKey } from '../../contracts/devices'
import {
  hasUnread,
  type Claim,
  type PushKey,
  type PushRow,
  type Settlement,
} from '../../contracts/push-ledger'
import {
  ackedLate,
  goesAlong,
  isMeant,
  lateAckOf,
  mayLie,
  mayHaveGone,
  nameForSending,
  replayed,
  settled,
  takenBack,
  withReceipt,
  type ClaimedRow,
  type ReadState,
} from '../push-rules'
import { correctionOf } from '../kept'
import { readRanges, readShown, type WithText } from '../push-text'
import type { ReplayArgs } from '../rows'
import { KEY_CONDITION, keyValues, PUSH_COLUMNS, recordsWhere, saveRecord } from './push-rows'
import { allRows, getRow, runChange } from './statements'

/** A device's rows that are due, and those that go along. */
function takeDue(db: Database.Database, user: string, device: string, now: number): ClaimedRow[] {
  const select = (when: string): ClaimedRow[] =>
    allRows<WithText<ClaimedRow>>(
      db,
      `SELECT ${PUSH_COLUMNS}, claimed_until FROM pushes INDEXED BY pushes_open
       WHERE user = ? AND device = ? AND due IS NOT NULL AND ${when} AND claimed_until <= ?
       ORDER BY created, feed, first`,
      ...[user, device, now, now],
    ).map(readShown)
  const due = select('due <= ?')
  return due.some(mayHaveGone) ? [...due, ...select('due > ?').filter(goesAlong(due))] : due
}

/** Takes what is due for one device. */
export function claimDue(
  db: Database.Database,
  { user, device }: DeviceKey,
  { owner, now, until }: Claim,
): PushRow[] {
  const named = nameForSending(takeDue(db, user, device, now))
  for (const row of named)
    runChange(
      db,
      `UPDATE pushes SET owner = ?, claimed_until = ?, push = ?, collapse = ?, handle = ?, unknown = ?
       WHERE ${KEY_CONDITION}`,
      ...[owner, until, row.push, row.collapse, row.handle, row.unknown, ...keyValues(row)],
    )
  return named
}

/** What is known of a row's feed and user; undefined when the feed is gone. */
function readStateOf(db: Database.Database, { user, feed }: PushKey): ReadState | undefined {
  const row = getRow<Omit<ReadState, 'ranges'> & { ranges: string | null }>(
    db,
    `SELECT feeds.epoch AS present, reads.epoch, reads.ranges, feeds.first AS "from"
     FROM feeds LEFT JOIN reads ON reads.feed = feeds.name AND reads.user = ? WHERE feeds.name = ?`,
    user,
    feed,
  )
  return row && { ...row, ranges: readRanges(row.ranges ?? '[]') }
}

export const pushCommands = {
  /**
   * Takes what is due for up to `limit` devices, all of a device's rows together, because what is due for one device
   * at one time becomes one push.
   */
  claimPushes(db: Database.Database, { owner, now, until, limit }: Claim & { limit: number }): PushRow[][] {
    const devices = allRows<DeviceKey>(
      db,
      `SELECT DISTINCT user, device FROM pushes WHERE due <= ? AND claimed_until <= ? ORDER BY due LIMIT ?`,
      ...[now, now, limit],
    )
    return devices.map((device) => claimDue(db, device, { owner, now, until }))
  },

  /** Stores what became of pushes. Rows that were forgotten meanwhile are passed over. */
  settlePushes(db: Database.Database, settlements: readonly Settlement[]): number {
    let count = 0
    for (const settlement of settlements) {
      for (const key of settlement.keys) {
        const [before] = recordsWhere(db, KEY_CONDITION, ...keyValues(key))
        if (!before) continue
        const after = settled(before, settlement, readStateOf(db, key))
        saveRecord(db, { before, after, isReleased: true })
        count += 1
      }
    }
    return count
  },

  /** Keeps what makes a repeat safe, before the first try. */
  keepHandle(db: Database.Database, { keys, handle }: { keys: readonly PushKey[]; handle: string }): void {
    for (const key of keys)
      runChange(db, `UPDATE pushes SET handle = ? WHERE ${KEY_CONDITION}`, handle, ...keyValues(key))
  },

  /** Gives pushes one name on the screen, before the push goes that takes the place of all of them. */
  joinPushes(
    db: Database.Database,
    { keys, collapse }: { keys: readonly PushKey[]; collapse: string },
  ): void {
    for (const key of keys)
      runChange(db, `UPDATE pushes SET collapse = ? WHERE ${KEY_CONDITION}`, collapse, ...keyValues(key))
  },

  /** Notes what a service later said of a push that it had taken. True when the push is known. */
  noteReceipt(
    db: Database.Database,
    { provider, ref, step }: { provider: ProviderName; ref: string; step: DeliveryEvent },
  ): boolean {
    const rows = recordsWhere(db, 'provider = ? AND ref = ?', provider, ref)
    for (const row of rows) saveRecord(db, { before: row, after: withReceipt(row, step), isReleased: false })
    return rows.length > 0
  },

  /** Makes dead pushes due again, those of one message or all. Answers how many. */
  replayPushes(db: Database.Database, args: ReplayArgs): number {
    const dead = recordsWhere(db, `state = 'dead' ORDER BY created DESC LIMIT ?`, args.limit)
    const rows = dead.filter((row) => isMeant(row, args))
    for (const row of rows) saveRecord(db, { before: row, after: replayed(row, args.now), isReleased: true })
    return rows.length
  },

  /** Drops what is over and older than `before`, ms. */
  forgetPushes(db: Database.Database, { before, limit }: { before: number; limit: number }): number {
    const rows = allRows<PushKey>(
      db,
      `SELECT user, device, feed, epoch, first FROM pushes
       WHERE created < ? AND due IS NULL AND created + ${correctionOf('created')} < ? LIMIT ?`,
      before,
      before,
      limit,
    )
    for (const row of rows) runChange(db, `DELETE FROM pushes WHERE ${KEY_CONDITION}`, ...keyValues(row))
    return rows.length
  },
}

/**
 * Takes back what was pushed and has now been read, in the transaction of the read itself.
 * @param from where the log begins
 * @param read everything that the user has read of the feed
 * @param added what became read by this
 */
export function clearRead(
  db: Database.Database,
  { user, feed, epoch }: { user: string; feed: string; epoch: string },
  { from, read, added, now }: { from: number; read: ReadRanges; added: ReadRanges; now: number },
): void {
  const [lowest] = added[0] ?? [0]
  const highest = added.at(-1)?.[1] ?? 0
  // Each has an index of its own; by both in one question SQLite would look through all of the user's pushes.
  const rows = [`state = 'pushed'`, `unknown = 1 AND state IN ('cancelled', 'dead')`].flatMap((condition) =>
    recordsWhere(
      db,
      `user = ? AND feed = ? AND epoch = ? AND first <= ? AND last >= ? AND ${condition}`,
      ...[user, feed, epoch, highest, lowest],
    ),
  )
  for (const row of rows.filter((one) => mayLie(one) && !hasUnread(one, read, from)))
    saveRecord(db, { before: row, after: takenBack(row, now), isReleased: true })
}

/** Whether any push waits for an ack at all: while none does, thousands of acks need not be looked at one by one. */
export const hasUnackedPush = (db: Database.Database): boolean =>
  getRow(
    db,
    // By itself SQLite would look through everything that was ever accepted.
    `SELECT 1 AS there FROM pushes INDEXED BY pushes_unacked WHERE accepted IS NOT NULL AND acked IS NULL LIMIT 1`,
  ) !== undefined

/** Notes on pushes that the device's app has acked what they were for, and how long after the push it did. */
export function noteLateAck(db: Database.Database, { user, device, feed, epoch, seq, time }: Ack): LateAck[] {
  const rows = recordsWhere(
    db,
    `user = ? AND device = ? AND accepted IS NOT NULL AND acked IS NULL AND feed = ? AND epoch = ? AND last <= ?`,
    ...[user, device, feed, epoch, seq],
  )
  for (const row of rows) saveRecord(db, { before: row, after: ackedLate(row, time), isReleased: false })
  return rows.map((row) => lateAckOf(row, time))
}
