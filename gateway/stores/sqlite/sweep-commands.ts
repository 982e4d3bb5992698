import type Database from 'libsql'
import type { Claim, NewPush, Sweep } from '../../contracts/push-ledger'
import { KNOWN_IN_MEMORY, MAX_SPAN } from '../push-rules'
import { getRow, runChange } from './statements'
import { insertPush } from './push-rows'

interface SweepRow extends Omit<Sweep, 'after'> {
  readonly after_user: string
  readonly after_device: string
}

/** Whether any device of anybody could be rung. While none could, no sweep is noted. */
export const canRing = (db: Database.Database): boolean =>
  getRow(db, 'SELECT 1 AS there FROM registrations LIMIT 1') !== undefined

/**
 * Notes in the messages' own transaction that their followers' devices are to be looked at: one row, however many
 * devices there are. Messages that come before the pass has begun share it, as far as its span goes.
 */
export function openSweep(
  db: Database.Database,
  { feed, epoch, first, last, now }: Pick<Sweep, 'feed' | 'epoch' | 'first' | 'last'> & { now: number },
): void {
  const extended = runChange(
    db,
    `UPDATE sweeps SET last = ? WHERE feed = ? AND first > ? AND epoch = ? AND last = ? AND stage = 'absent'
       AND claimed_until = 0`,
    ...[last, feed, last - MAX_SPAN, epoch, first - 1],
  )
  if (extended > 0) return
  for (let from = first; from <= last; from += MAX_SPAN) {
    runChange(
      db,
      `INSERT INTO sweeps (feed, epoch, first, last, stage, created, due) VALUES (?, ?, ?, ?, 'absent', ?, ?)`,
      ...[feed, epoch, from, Math.min(last, from + MAX_SPAN - 1), now, now],
    )
  }
}

/** Tables of what is due at a time, and was noted at one. */
const WORK = ['pushes', 'sweeps', 'nudges'] as const

/** Tables of what was accepted at a time, and may wait for a service. */
const SENT = ['pushes', 'nudges'] as const

const KNOWN = KNOWN_IN_MEMORY.map((reason) => `'${reason}'`).join(', ')

export const sweepCommands = {
  /** Takes the sweep that is due the longest, so that nobody else works on it. */
  claimSweep(db: Database.Database, { owner, now, until }: Claim): Sweep | undefined {
    const row = getRow<SweepRow>(
      db,
      `SELECT id, feed, epoch, first, last, stage, created, after_user, after_device FROM sweeps
       WHERE due <= ? AND claimed_until <= ? ORDER BY due LIMIT 1`,
      now,
      now,
    )
    if (!row) return undefined
    runChange(db, 'UPDATE sweeps SET owner = ?, claimed_until = ? WHERE id = ?', owner, until, row.id)
    const { id, feed, epoch, first, last, stage, created, after_user, after_device } = row
    return {
      ...{ id, feed, epoch, first, last, stage, created },
      after: { user: after_user, device: after_device },
    }
  },

  /**
   * Stores what a page of a sweep has found, and how far the sweep is, in one step: a kill between two pages
   * neither forgets a device nor looks at one twice.
   */
  advanceSweep(
    db: Database.Database,
    {
      id,
      after,
      until,
      pushes,
    }: { id: number; after: Sweep['after']; until: number; pushes: readonly NewPush[] },
  ): number {
    runChange(
      db,
      'UPDATE sweeps SET after_user = ?, after_device = ?, claimed_until = ? WHERE id = ?',
      ...[after.user, after.device, until, id],
    )
    return pushes.reduce((made, push) => made + insertPush(db, push), 0)
  },

  /** Ends a pass: the next stage is due at `next`, or with null there is none. */
  finishSweep(db: Database.Database, { id, next }: { id: number; next: number | null }): void {
    if (next === null) runChange(db, 'DELETE FROM sweeps WHERE id = ?', id)
    else
      runChange(
        db,
        `UPDATE sweeps SET stage = 'present', due = ?, after_user = '', after_device = '', claimed_until = 0
         WHERE id = ?`,
        next,
        id,
      )
  },

  /**
   * The gateway's time moved by `by` from `to`. Back: what was made since the clock was ahead, or would
   * only be due after all that, was counted by that clock. Else it would come as late as the clock was ahead. So would
   * what follows: a device that got its share by that clock would have it for as long. When the time went ahead, nothing
   * is older than it was: else what waits would have had its life. What only seemed too old waits no longer.
   */
  shiftDues(db: Database.Database, { by, to, now }: { by: number; to: number; now: number }): void {
    if (by > 0) {
      for (const table of WORK)
        runChange(
          db,
          `UPDATE ${table} SET created = created + ? WHERE due IS NOT NULL AND created <= ?`,
          by,
          to,
        )
      return
    }
    for (const table of SENT)
      runChange(db, `UPDATE ${table} SET due = ? WHERE due > ? AND reason = 'clock_doubted'`, now, now)
    for (const table of WORK)
      runChange(
        db,
        `UPDATE ${table} SET due = due + ?, created = CASE WHEN created > ? THEN created + ? ELSE created END,
           claimed_until = CASE WHEN claimed_until > ? THEN max(1, claimed_until + ?) ELSE claimed_until END
         WHERE due IS NOT NULL AND (created > ? OR due > ?)`,
        ...[by, now, by, now, by, now, to],
      )
    for (const table of SENT)
      runChange(db, `UPDATE ${table} SET accepted = accepted + ? WHERE accepted > ?`, by, now)
  },

  /**
   * After a start: what is claimed is free again, since this store has one gateway at a time and so it was taken in an
   * earlier life. Nothing waits longer than it could have to, whatever the clock did meanwhile, and nothing waits for a
   * service that only an earlier life knew to be down.
   */
  resumeEscalation(db: Database.Database, { now, latest }: { now: number; latest: number }): void {
    runChange(db, 'UPDATE sweeps SET claimed_until = 0')
    runChange(db, 'UPDATE sweeps SET due = ? WHERE due > ?', now, latest)
    // Over, and not forgotten: what was claimed may have been sent, and goes again as it was.
    for (const table of SENT) {
      runChange(db, `UPDATE ${table} SET claimed_until = 1 WHERE due IS NOT NULL AND claimed_until > 0`)
      runChange(db, `UPDATE ${table} SET due = ? WHERE due > ?`, now, latest)
      // Which services were left alone was in the memory of the last life: what waited for them need not any more.
      runChange(
        db,
        `UPDATE ${table} SET due = ? WHERE due > ? AND (state = 'clearing' OR (state = 'waiting'
           AND reason IN (${KNOWN})))`,
        ...[now, now],
      )
    }
  },
}
