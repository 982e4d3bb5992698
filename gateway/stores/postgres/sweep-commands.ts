import type { Claim, NewPush, Sweep } from '../../contracts/push-ledger'
import { KNOWN_IN_MEMORY, MAX_SPAN } from '../push-rules'
import { insertPushes } from './push-rows'
import { columns, type Sql } from './sql'

interface SweepRow extends Omit<Sweep, 'after'> {
  readonly after_user: string
  readonly after_device: string
}

/** Messages of a feed that were committed together, from when. */
export type NewSweep = Pick<Sweep, 'feed' | 'epoch' | 'first' | 'last'> & { readonly now: number }

/** Whether any device of anybody could be rung. While none could, no sweep is noted. */
const canRing = async (sql: Sql): Promise<boolean> =>
  (await sql.row('SELECT 1 AS there FROM registrations LIMIT 1')) !== undefined

/**
 * Notes in the messages' own transaction that their followers' devices are to be looked at: one row, however many devices
 * there are. Messages that come before the pass has begun share it, as far as its span goes; a gateway that claims it at
 * this moment has it as it was, or waits.
 */
export async function openSweeps(sql: Sql, sweeps: readonly NewSweep[]): Promise<void> {
  if (sweeps.length === 0 || !(await canRing(sql))) return
  const extended = await sql.rows<{ feed: string }>(
    `UPDATE sweeps AS s SET last = n.last FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
       AS n (feed, epoch, first, last)
     WHERE s.feed = n.feed AND s.first > n.last - $5 AND s.epoch = n.epoch AND s.last = n.first - 1 AND s.stage = 'absent'
       AND s.claimed_until = 0 RETURNING s.feed`,
    ...[...columns(sweeps, 'feed', 'epoch', 'first', 'last'), MAX_SPAN],
  )
  const done = new Set(extended.map(({ feed }) => feed))
  const rows = sweeps.filter(({ feed }) => !done.has(feed)).flatMap(spans)
  if (rows.length > 0)
    await sql.change(
      `INSERT INTO sweeps (feed, epoch, first, last, stage, created, due)
       SELECT feed, epoch, first, last, 'absent', now, now
       FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) AS n (feed, epoch, first, last, now)`,
      ...columns(rows, 'feed', 'epoch', 'first', 'last', 'now'),
    )
}

function spans(sweep: NewSweep): NewSweep[] {
  const { first, last } = sweep
  return Array.from({ length: Math.ceil((last - first + 1) / MAX_SPAN) }, (_, index) => {
    const from = first + index * MAX_SPAN
    return { ...sweep, first: from, last: Math.min(last, from + MAX_SPAN - 1) }
  })
}

/** Work of a gateway that is no more. One that is silent is ended by whoever knows that it is not the database that was. */
const IS_GONE = `(owner IS NULL OR owner NOT IN (SELECT id FROM gateways))`

/** Tables of what is due at a time, and was noted at one. */
const WORK = ['pushes', 'sweeps', 'nudges'] as const

/** Tables of what was accepted at a time, and may wait for a service. */
const SENT = ['pushes', 'nudges'] as const

const KNOWN = KNOWN_IN_MEMORY.map((reason) => `'${reason}'`).join(', ')

export const sweepCommands = {
  async claimSweep(sql: Sql, { owner, now, until }: Claim): Promise<Sweep | undefined> {
    const row = await sql.row<SweepRow>(
      `UPDATE sweeps SET owner = $1, claimed_until = $2 WHERE id = (
         SELECT id FROM sweeps WHERE due <= $3 AND claimed_until <= $3 ORDER BY due LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING id, feed, epoch, first, last, stage, created, after_user, after_device`,
      ...[owner, until, now],
    )
    if (!row) return undefined
    const { after_user: user, after_device: device, ...sweep } = row
    return { ...sweep, after: { user, device } }
  },

  async advanceSweep(
    sql: Sql,
    step: { id: number; after: Sweep['after']; until: number; pushes: readonly NewPush[] },
  ): Promise<number> {
    const { id, after, until, pushes } = step
    await sql.change(
      'UPDATE sweeps SET after_user = $1, after_device = $2, claimed_until = $3 WHERE id = $4',
      ...[after.user, after.device, until, id],
    )
    return insertPushes(sql, pushes)
  },

  async finishSweep(sql: Sql, { id, next }: { id: number; next: number | null }): Promise<void> {
    if (next === null) await sql.change('DELETE FROM sweeps WHERE id = $1', id)
    else
      await sql.change(
        `UPDATE sweeps SET stage = 'present', due = $1, after_user = '', after_device = '', claimed_until = 0
         WHERE id = $2`,
        ...[next, id],
      )
  },

  async shiftDues(sql: Sql, { by, to, now }: { by: number; to: number; now: number }): Promise<void> {
    if (by > 0) {
      for (const table of WORK)
        await sql.change(
          `UPDATE ${table} SET created = created + $1 WHERE due IS NOT NULL AND created <= $2`,
          ...[by, to],
        )
      return
    }
    for (const table of SENT)
      await sql.change(`UPDATE ${table} SET due = $1 WHERE due > $1 AND reason = 'clock_doubted'`, now)
    for (const table of WORK)
      await sql.change(
        `UPDATE ${table} SET due = due + $1, created = CASE WHEN created > $2 THEN created + $1 ELSE created END,
           claimed_until = CASE WHEN claimed_until > $2 THEN greatest(1, claimed_until + $1) ELSE claimed_until END
         WHERE due IS NOT NULL AND (created > $2 OR due > $3)`,
        ...[by, now, to],
      )
    for (const table of SENT)
      await sql.change(`UPDATE ${table} SET accepted = accepted + $1 WHERE accepted > $2`, by, now)
  },

  /**
   * After a start. What a gateway had taken that is no more is free again; over, and not forgotten: what was claimed may have
   * been sent, and goes again as it was.
   */
  async resumeEscalation(sql: Sql, { now, latest }: { now: number; latest: number }): Promise<void> {
    await sql.change(`UPDATE sweeps SET claimed_until = 0 WHERE claimed_until > 0 AND ${IS_GONE}`)
    await sql.change('UPDATE sweeps SET due = $1 WHERE due > $2', now, latest)
    await sql.change(`DELETE FROM device_claims WHERE ${IS_GONE}`)
    for (const table of SENT) {
      await sql.change(
        `UPDATE ${table} SET claimed_until = 1 WHERE due IS NOT NULL AND claimed_until > 0 AND ${IS_GONE}`,
      )
      await sql.change(`UPDATE ${table} SET due = $1 WHERE due > $2`, now, latest)
      // Which services were left alone was in the memory of the last life: what waited for them need not any more.
      await sql.change(
        `UPDATE ${table} SET due = $1 WHERE due > $1 AND (state = 'clearing' OR (state = 'waiting'
           AND reason IN (${KNOWN})))`,
        now,
      )
    }
  },
}
