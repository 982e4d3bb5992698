import type { Ack, LateAck } from '../../contracts/acks'
import { ACKING_DEVICES } from '../kept'
import { ackedLate, lateAckOf } from '../push-rules'
import { readRecord, type RecordText } from '../push-text'
import { RECORD_COLUMNS, saveRecords } from './push-rows'
import { columns, type Sql } from './sql'
import { lockUsers } from './user-rows'

export const forgetAcks = (sql: Sql, user: string, device: string): Promise<number> =>
  sql.change('DELETE FROM acks WHERE "user" = $1 AND device = $2', user, device)

/** The furthest ack of each device and feed, in the order of their keys, so that nobody waits in a circle. */
function furthest(acks: readonly Ack[]): Ack[] {
  const kept = new Map<string, Ack>()
  for (const ack of acks) {
    const key = `${ack.user} ${ack.device} ${ack.feed}`
    const other = kept.get(key)
    if (other?.epoch !== ack.epoch || other.seq < ack.seq) kept.set(key, ack)
  }
  return [...kept].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ack]) => ack)
}

/** Makes room for the acks of devices that had none. */
async function makeRoom(sql: Sql, acks: readonly Ack[]): Promise<void> {
  const crowded = await sql.rows<{ user: string }>(
    `SELECT "user" FROM acks WHERE "user" IN (
       SELECT n.u FROM unnest($1::text[], $2::text[]) AS n (u, d)
       WHERE NOT EXISTS (SELECT 1 FROM acks AS a WHERE a."user" = n.u AND a.device = n.d))
     GROUP BY "user" HAVING count(DISTINCT device) >= $3 ORDER BY "user"`,
    ...columns(acks, 'user', 'device'),
    ACKING_DEVICES,
  )
  for (const { user } of crowded)
    await sql.change(
      `DELETE FROM acks WHERE "user" = $1 AND device IN (
         SELECT device FROM acks WHERE "user" = $1 GROUP BY device ORDER BY max(time) DESC OFFSET $2)`,
      ...[user, ACKING_DEVICES - 1],
    )
}

/** Users who have a push that waits for an ack; while nobody has, no ack needs a lock. */
async function lockAwaited(sql: Sql, acks: readonly Ack[]): Promise<boolean> {
  const rows = await sql.rows<{ user: string }>(
    `SELECT DISTINCT p."user" FROM pushes AS p
     WHERE p."user" = ANY ($1::text[]) AND p.accepted IS NOT NULL AND p.acked IS NULL`,
    acks.map(({ user }) => user),
  )
  if (rows.length === 0) return false
  await lockUsers(
    sql,
    rows.map(({ user }) => user),
  )
  return true
}

/** Notes on pushes that the device's app has acked what they were for, and how long after the push it did. */
async function noteLate(sql: Sql, acks: readonly Ack[]): Promise<LateAck[]> {
  const rows = await sql.rows<RecordText & { ackedAt: number }>(
    `SELECT ${RECORD_COLUMNS}, n.at AS "ackedAt"
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[]) AS n (u, d, f, e, s, at)
       JOIN pushes AS p ON p."user" = n.u AND p.device = n.d AND p.feed = n.f AND p.epoch = n.e AND p.last <= n.s
     WHERE p.accepted IS NOT NULL AND p.acked IS NULL`,
    ...columns(acks, 'user', 'device', 'feed', 'epoch', 'seq', 'time'),
  )
  const late = rows.map(({ ackedAt, ...row }) => ({ before: readRecord(row), ackedAt }))
  await saveRecords(
    sql,
    late.map(({ before, ackedAt }) => ({ before, after: ackedLate(before, ackedAt) })),
    false,
  )
  return late.map(({ before, ackedAt }) => lateAckOf(before, ackedAt))
}

export const ackCommands = {
  async saveAcks(sql: Sql, acks: readonly Ack[]): Promise<LateAck[]> {
    const kept = furthest(acks)
    const areAwaited = await lockAwaited(sql, kept)
    await makeRoom(sql, kept)
    const changed = await sql.rows<Pick<Ack, 'user' | 'device' | 'feed'>>(
      `INSERT INTO acks ("user", device, feed, epoch, seq, time)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
       ON CONFLICT ("user", device, feed) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, time = excluded.time
       WHERE acks.epoch <> excluded.epoch OR acks.seq < excluded.seq
       RETURNING "user", device, feed`,
      ...columns(kept, 'user', 'device', 'feed', 'epoch', 'seq', 'time'),
    )
    if (!areAwaited || changed.length === 0) return []
    const further = new Set(changed.map(({ user, device, feed }) => `${user} ${device} ${feed}`))
    return noteLate(
      sql,
      kept.filter(({ user, device, feed }) => further.has(`${user} ${device} ${feed}`)),
    )
  },
}
