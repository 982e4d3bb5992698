import type { DeliveryEvent, ProviderName, ReadRanges } from '@herald/protocol'
import type Database from 'libsql'
import type { LateAck } from '../../contracts/acks'
import {
  hasUnread,
  type Claim,
  type PushKey,
  type PushRow,
  type Settlement,
} from '../../contracts/push-ledger'
import { addStep, mayHaveGone, nameForSending, type ClaimedRow } from '../push-rules'
import type { ReplayArgs } from '../rows'
import { correctionOf } from './clock-commands'
import { KEY_CONDITION, keyValues, PUSH_COLUMNS } from './push-rows'
import { allRows, getRow, runChange } from './statements'

const selectRow = (db: Database.Database, key: PushKey): PushRow | undefined =>
  getRow<PushRow>(db, `SELECT ${PUSH_COLUMNS} FROM pushes WHERE ${KEY_CONDITION}`, ...keyValues(key))

function settleRow(db: Database.Database, row: PushRow, settlement: Settlement): void {
  const { state, reason, due, step, attempts, position, unknown, provider, ref, accepted, shown } = settlement
  runChange(
    db,
    `UPDATE pushes SET state = ?, reason = ?, due = ?, trail = ?, attempts = ?, position = ?, unknown = ?,
       provider = ?, ref = ?, accepted = ?, shown = ?, claimed_until = 0 WHERE ${KEY_CONDITION}`,
    ...[state, reason, due, addStep(row.trail, step), attempts ?? row.attempts, position ?? row.position],
    ...[unknown === undefined ? row.unknown : Number(unknown)],
    ...[provider ?? row.provider, ref ?? row.ref, accepted ?? row.accepted],
    ...[shown ? JSON.stringify(shown) : row.shown],
    ...keyValues(row),
  )
}

/**
 * A device's rows that are due, and those that are not but may have gone with one of them: such a push goes again
 * whole. Of two parts under one id a service that knows repeats would drop the second, unseen.
 */
function takeDue(db: Database.Database, user: string, device: string, now: number): ClaimedRow[] {
  const select = (when: string): ClaimedRow[] =>
    allRows<ClaimedRow>(
      db,
      `SELECT ${PUSH_COLUMNS}, claimed_until FROM pushes INDEXED BY pushes_open
       WHERE user = ? AND device = ? AND due IS NOT NULL AND ${when} AND claimed_until <= ?
       ORDER BY created, feed, first`,
      ...[user, device, now, now],
    )
  const due = select('due <= ?')
  const repeated = new Set(due.filter(mayHaveGone).map(({ push }) => push))
  if (repeated.size === 0) return due
  const later = select('due > ?').filter((row) => mayHaveGone(row) && repeated.has(row.push))
  return [...due, ...later]
}

/** The log began anew while the push was under way: it stands for the same messages there. */
function followEpoch(db: Database.Database, row: PushRow): PushRow {
  const feed = getRow<{ epoch: string }>(db, 'SELECT epoch FROM feeds WHERE name = ?', row.feed)
  if (!feed || feed.epoch === row.epoch) return row
  runChange(db, `UPDATE pushes SET epoch = ? WHERE ${KEY_CONDITION}`, feed.epoch, ...keyValues(row))
  return { ...row, epoch: feed.epoch }
}

function takeBack(db: Database.Database, row: PushRow, now: number): void {
  settleRow(db, row, {
    ...{ keys: [], state: 'clearing', reason: 'read', due: now },
    ...{ step: { time: now, reason: 'read' }, attempts: 0, unknown: false },
  })
}

/**
 * What was read while its push was under way, or may have been taken before, is taken back too: the read itself has
 * found nothing that had gone.
 */
function takeBackIfRead(db: Database.Database, before: PushRow, { state, reason, step }: Settlement): void {
  const row = selectRow(db, before)
  if (!row?.provider) return
  const mayShow = state === 'cancelled' && before.unknown === 1
  const wasRead = (mayShow && reason === 'read') || ((mayShow || state === 'pushed') && isRead(db, row))
  if (wasRead) takeBack(db, row, step.time)
}

function isRead(db: Database.Database, row: PushRow): boolean {
  const { user, feed, epoch } = row
  const found = getRow<{ ranges: string; from: number }>(
    db,
    `SELECT reads.ranges, feeds.first AS "from" FROM reads JOIN feeds ON feeds.name = reads.feed
     WHERE reads.user = ? AND reads.feed = ? AND reads.epoch = ?`,
    ...[user, feed, epoch],
  )
  if (!found || row.last < found.from) return false
  return !hasUnread(row, JSON.parse(found.ranges) as ReadRanges, found.from)
}

export const pushCommands = {
  /**
   * Takes what is due for up to `limit` devices, all of a device's rows together, because what is due for one device
   * at one time becomes one push.
   */
  claimPushes(db: Database.Database, { owner, now, until, limit }: Claim & { limit: number }): PushRow[][] {
    const devices = allRows<{ user: string; device: string }>(
      db,
      `SELECT DISTINCT user, device FROM pushes WHERE due <= ? AND claimed_until <= ? ORDER BY due LIMIT ?`,
      ...[now, now, limit],
    )
    return devices.map(({ user, device }) => {
      const named = nameForSending(takeDue(db, user, device, now))
      for (const row of named)
        runChange(
          db,
          `UPDATE pushes SET owner = ?, claimed_until = ?, push = ?, collapse = ?, handle = ?, unknown = ?
           WHERE ${KEY_CONDITION}`,
          ...[owner, until, row.push, row.collapse, row.handle, row.unknown, ...keyValues(row)],
        )
      return named
    })
  },

  /** Stores what became of pushes. Rows that were forgotten meanwhile are passed over. */
  settlePushes(db: Database.Database, settlements: readonly Settlement[]): number {
    let settled = 0
    for (const settlement of settlements) {
      for (const key of settlement.keys) {
        const found = selectRow(db, key)
        if (!found) continue
        const row = settlement.accepted === undefined ? found : followEpoch(db, found)
        settleRow(db, row, settlement)
        takeBackIfRead(db, row, settlement)
        settled += 1
      }
    }
    return settled
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
    const rows = allRows<PushRow>(
      db,
      `SELECT ${PUSH_COLUMNS} FROM pushes WHERE provider = ? AND ref = ?`,
      provider,
      ref,
    )
    // It is no settlement: what is being taken back just now stays claimed, and says so.
    for (const row of rows)
      runChange(
        db,
        `UPDATE pushes SET reason = ?, trail = ? WHERE ${KEY_CONDITION}`,
        ...[row.state === 'pushed' ? step.reason : row.reason, addStep(row.trail, step), ...keyValues(row)],
      )
    return rows.length > 0
  },

  /** Makes dead pushes due again, those of one message or all. Answers how many. */
  replayPushes(db: Database.Database, { feed, seq, now, limit }: ReplayArgs): number {
    const rows = allRows<PushRow>(
      db,
      `SELECT ${PUSH_COLUMNS} FROM pushes WHERE state = 'dead' ORDER BY created DESC LIMIT ?`,
      limit,
    ).filter(
      (row) => feed === undefined || (row.feed === feed && row.first <= (seq ?? 0) && row.last >= (seq ?? 0)),
    )
    const step: DeliveryEvent = { time: now, reason: 'replayed' }
    for (const row of rows)
      settleRow(db, row, {
        ...{ keys: [], state: 'waiting', reason: 'replayed', due: now, step },
        ...{ attempts: 0, position: 0, unknown: false },
      })
    // A person's word begins the push's life anew.
    for (const row of rows)
      runChange(db, `UPDATE pushes SET created = ? WHERE ${KEY_CONDITION}`, now, ...keyValues(row))
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
  const rows = allRows<PushRow>(
    db,
    `SELECT ${PUSH_COLUMNS} FROM pushes WHERE user = ? AND feed = ? AND epoch = ? AND first <= ? AND last >= ?
       AND state = 'pushed'`,
    ...[user, feed, epoch, highest, lowest],
  )
  for (const row of rows) {
    if (!hasUnread(row, read, from)) takeBack(db, row, now)
  }
}

/** Whether any push waits for an ack at all: while none does, thousands of acks need not be looked at one by one. */
export const hasUnackedPush = (db: Database.Database): boolean =>
  getRow(
    db,
    // By itself SQLite would look through everything that was ever accepted.
    `SELECT 1 AS there FROM pushes INDEXED BY pushes_unacked WHERE accepted IS NOT NULL AND acked IS NULL LIMIT 1`,
  ) !== undefined

/** Notes on pushes that the device's app has acked what they were for, and how long after the push it did. */
export function noteLateAck(
  db: Database.Database,
  ack: { user: string; device: string; feed: string; epoch: string; seq: number; time: number },
): LateAck[] {
  const { user, device, feed, epoch, seq, time } = ack
  const rows = allRows<PushRow>(
    db,
    `SELECT ${PUSH_COLUMNS} FROM pushes WHERE user = ? AND device = ? AND accepted IS NOT NULL AND acked IS NULL
       AND feed = ? AND epoch = ? AND last <= ?`,
    ...[user, device, feed, epoch, seq],
  )
  return rows.map((row) => {
    runChange(
      db,
      `UPDATE pushes SET acked = ?, trail = ? WHERE ${KEY_CONDITION}`,
      ...[time, addStep(row.trail, { time, reason: 'acked_late' }), ...keyValues(row)],
    )
    return { provider: row.provider, afterMs: time - (row.accepted ?? time) }
  })
}
