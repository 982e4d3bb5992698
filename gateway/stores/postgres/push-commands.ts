import type { DeliveryEvent, ProviderName, ReadRanges } from '@herald/protocol'
import type { DeviceKey } from '../../contracts/devices'
import {
  hasUnread,
  type Claim,
  type PushKey,
  type PushRow,
  type Settlement,
} from '../../contracts/push-ledger'
import {
  goesAlong,
  isMeant,
  mayLie,
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
import {
  keyColumns,
  KEYS,
  ON_KEY,
  PUSH_COLUMNS,
  recordsOf,
  recordsWhere,
  saveRecords,
  type Change,
} from './push-rows'
import { columns, type Sql } from './sql'
import { lockUsers } from './user-rows'

const usersOf = (keys: readonly { readonly user: string }[]): string[] => keys.map(({ user }) => user)

/** What is known of the feeds of rows: the present epoch, and what each user has read. By user and feed. */
async function readStates(sql: Sql, rows: readonly PushKey[]): Promise<ReadonlyMap<string, ReadState>> {
  const found = await sql.rows<
    Omit<ReadState, 'ranges'> & { user: string; feed: string; ranges: string | null }
  >(
    `SELECT DISTINCT k.u AS "user", k.f AS feed, feeds.epoch AS present, reads.epoch, reads.ranges, feeds.first AS "from"
     FROM unnest($1::text[], $2::text[]) AS k (u, f) JOIN feeds ON feeds.name = k.f
       LEFT JOIN reads ON reads."user" = k.u AND reads.feed = k.f`,
    ...columns(rows, 'user', 'feed'),
  )
  return new Map(
    found.map(({ user, feed, ranges, ...state }) => [
      `${user} ${feed}`,
      { ...state, ranges: readRanges(ranges ?? '[]') },
    ]),
  )
}

/** Devices whose rows nobody has in hand any more are free for every gateway. */
async function freeDevices(sql: Sql, keys: readonly DeviceKey[]): Promise<void> {
  await sql.change(
    `DELETE FROM device_claims AS c USING unnest($1::text[], $2::text[]) AS k (u, d)
     WHERE c."user" = k.u AND c.device = k.d AND NOT EXISTS (
       SELECT 1 FROM pushes AS p WHERE p."user" = c."user" AND p.device = c.device AND p.due IS NOT NULL
         AND p.claimed_until > 1)`,
    ...columns(keys, 'user', 'device'),
  )
}

/**
 * Takes devices for which something is due. A device is with one gateway at a time, so that what comes for it in bursts, or
 * more often than it may, is counted by one; its rows are looked at in a statement of their own, because this one sees them
 * as they were before it had the device.
 */
async function claimDevices(
  sql: Sql,
  { owner, now, until, limit }: Claim & { limit: number },
): Promise<DeviceKey[]> {
  return sql.rows<DeviceKey>(
    `INSERT INTO device_claims AS c ("user", device, owner, until)
     SELECT "user", device, $1, $2 FROM (
       SELECT p."user", p.device FROM pushes AS p
       WHERE p.due <= $3 AND p.claimed_until <= $3 AND NOT EXISTS (
         SELECT 1 FROM device_claims AS o WHERE o."user" = p."user" AND o.device = p.device AND o.owner <> $1 AND o.until > $3)
       GROUP BY p."user", p.device ORDER BY min(p.due) LIMIT $4) AS found
     ORDER BY "user", device
     ON CONFLICT ("user", device) DO UPDATE SET owner = excluded.owner, until = excluded.until
       WHERE c.until <= $3 OR c.owner = excluded.owner
     RETURNING c."user", c.device`,
    ...[owner, until, now, limit],
  )
}

/** Devices' rows that are due, and those that go along. */
async function takeDue(sql: Sql, devices: readonly DeviceKey[], now: number): Promise<ClaimedRow[][]> {
  const rows = await sql.rows<WithText<ClaimedRow>>(
    `SELECT ${PUSH_COLUMNS}, p.claimed_until FROM unnest($1::text[], $2::text[]) AS k (u, d)
       JOIN pushes AS p ON p."user" = k.u AND p.device = k.d
     WHERE p.due IS NOT NULL AND p.claimed_until <= $3
     ORDER BY p.created, p.feed, p.first, p."user", p.device FOR NO KEY UPDATE OF p`,
    ...[...columns(devices, 'user', 'device'), now],
  )
  const byDevice = new Map<string, ClaimedRow[]>()
  for (const row of rows.map(readShown)) {
    const key = `${row.user} ${row.device}`
    byDevice.set(key, [...(byDevice.get(key) ?? []), row])
  }
  return [...byDevice.values()].map((all) => {
    const due = all.filter((row) => (row.due ?? Infinity) <= now)
    return [...due, ...all.filter((row) => (row.due ?? 0) > now).filter(goesAlong(due))]
  })
}

export const pushCommands = {
  async claimPushes(sql: Sql, claim: Claim & { limit: number }): Promise<PushRow[][]> {
    const devices = await claimDevices(sql, claim)
    if (devices.length === 0) return []
    const taken = (await takeDue(sql, devices, claim.now))
      .filter((rows) => rows.length > 0)
      .map(nameForSending)
    const rows = taken.flat()
    await sql.change(
      `UPDATE pushes AS p SET owner = $10, claimed_until = $11, push = n.push, collapse = n.collapse, handle = n.handle,
         unknown = n.unknown
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[],
         $9::bigint[]) AS n (u, d, f, e, s, push, collapse, handle, unknown)
       WHERE p."user" = n.u AND p.device = n.d AND p.feed = n.f AND p.epoch = n.e AND p.first = n.s`,
      ...[...keyColumns(rows), ...columns(rows, 'push', 'collapse', 'handle', 'unknown')],
      ...[claim.owner, claim.until],
    )
    return taken
  },

  async settlePushes(sql: Sql, settlements: readonly Settlement[]): Promise<number> {
    const keys = settlements.flatMap((settlement) => settlement.keys)
    await lockUsers(sql, usersOf(keys))
    const found = await recordsOf(sql, keys)
    const states = await readStates(sql, found)
    const changes = new Map(found.map((row) => [keyText(row), { before: row, after: row }]))
    let count = 0
    for (const settlement of settlements)
      for (const key of settlement.keys) {
        const change = changes.get(keyText(key))
        if (!change) continue
        change.after = settled(change.after, settlement, states.get(`${key.user} ${key.feed}`))
        count += 1
      }
    await saveRecords(sql, [...changes.values()], true)
    await freeDevices(sql, keys)
    return count
  },

  async keepHandle(sql: Sql, { keys, handle }: { keys: readonly PushKey[]; handle: string }): Promise<void> {
    await sql.change(
      `UPDATE pushes AS p SET handle = $6 FROM ${KEYS} WHERE ${ON_KEY}`,
      ...keyColumns(keys),
      handle,
    )
  },

  async joinPushes(
    sql: Sql,
    { keys, collapse }: { keys: readonly PushKey[]; collapse: string },
  ): Promise<void> {
    await sql.change(
      `UPDATE pushes AS p SET collapse = $6 FROM ${KEYS} WHERE ${ON_KEY}`,
      ...[...keyColumns(keys), collapse],
    )
  },

  async noteReceipt(
    sql: Sql,
    { provider, ref, step }: { provider: ProviderName; ref: string; step: DeliveryEvent },
  ): Promise<boolean> {
    const find = () => recordsWhere(sql, 'p.provider = $1 AND p.ref = $2', provider, ref)
    await lockUsers(sql, usersOf(await find()))
    const rows = await find()
    const changes = rows.map((row) => ({ before: row, after: withReceipt(row, step) }))
    await saveRecords(sql, changes, false)
    return rows.length > 0
  },

  async replayPushes(sql: Sql, args: ReplayArgs): Promise<number> {
    const dead = await recordsWhere(
      sql,
      `p.state = 'dead' ORDER BY p.created DESC LIMIT $1 FOR NO KEY UPDATE OF p`,
      args.limit,
    )
    const rows = dead.filter((row) => isMeant(row, args))
    const changes = rows.map((row) => ({ before: row, after: replayed(row, args.now) }))
    await saveRecords(sql, changes, true)
    return rows.length
  },

  forgetPushes: (sql: Sql, { before, limit }: { before: number; limit: number }): Promise<number> =>
    sql.change(
      `DELETE FROM pushes WHERE ("user", device, feed, epoch, first) IN (
         SELECT "user", device, feed, epoch, first FROM pushes AS p
         WHERE p.created < $1 AND p.due IS NULL AND p.created + ${correctionOf('p.created')} < $1 LIMIT $2)`,
      ...[before, limit],
    ),
}

const keyText = ({ user, device, feed, epoch, first }: PushKey): string =>
  `${user} ${device} ${feed} ${epoch} ${String(first)}`

/**
 * Takes back what was pushed and has now been read, in the transaction of the read itself.
 * @param from where the log begins
 * @param read everything that the user has read of the feed
 * @param added what became read by this
 */
export async function clearRead(
  sql: Sql,
  { user, feed, epoch }: { user: string; feed: string; epoch: string },
  { from, read, added, now }: { from: number; read: ReadRanges; added: ReadRanges; now: number },
): Promise<void> {
  const [lowest] = added[0] ?? [0]
  const highest = added.at(-1)?.[1] ?? 0
  const rows = await recordsWhere(
    sql,
    `p."user" = $1 AND p.feed = $2 AND p.epoch = $3 AND p.first <= $4 AND p.last >= $5
       AND (p.state = 'pushed' OR (p.unknown = 1 AND p.state IN ('cancelled', 'dead')))`,
    ...[user, feed, epoch, highest, lowest],
  )
  const changes: Change[] = rows
    .filter((row) => mayLie(row) && !hasUnread(row, read, from))
    .map((row) => ({ before: row, after: takenBack(row, now) }))
  await saveRecords(sql, changes, true)
}
