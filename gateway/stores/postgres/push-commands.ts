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
  addStep,
  isToBeTakenBack,
  mayHaveGone,
  nameForSending,
  settledRow,
  takenBack,
  type ClaimedRow,
  type ReadState,
} from '../push-rules'
import type { ReplayArgs } from '../rows'
import { correctionOf } from './clock-commands'
import { keyColumns, KEYS, ON_KEY, pushColumns, rowsOf, saveRows, type Change } from './push-rows'
import { columns, type Sql } from './sql'
import { lockUsers } from './user-rows'

const usersOf = (keys: readonly { readonly user: string }[]): string[] => keys.map(({ user }) => user)

/** What is known of the feeds of rows: the present epoch, and what each user has read. By user and feed. */
async function readStates(
  sql: Sql,
  rows: readonly PushKey[],
): Promise<ReadonlyMap<string, ReadState & { present: string }>> {
  const found = await sql.rows<{
    user: string
    feed: string
    present: string
    epoch: string | null
    ranges: string | null
    from: number
  }>(
    `SELECT DISTINCT k.u AS "user", k.f AS feed, feeds.epoch AS present, reads.epoch, reads.ranges, feeds.first AS "from"
     FROM unnest($1::text[], $2::text[]) AS k (u, f) JOIN feeds ON feeds.name = k.f
       LEFT JOIN reads ON reads."user" = k.u AND reads.feed = k.f`,
    ...columns(rows, 'user', 'feed'),
  )
  return new Map(
    found.map(({ user, feed, present, epoch, ranges, from }) => [
      `${user} ${feed}`,
      { present, epoch: epoch ?? '', ranges: JSON.parse(ranges ?? '[]') as ReadRanges, from },
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

/**
 * Devices' rows that are due, and those that are not but may have gone with one of them: such a push goes again whole. Of
 * two parts under one id a service that knows repeats would drop the second, unseen.
 */
async function takeDue(sql: Sql, devices: readonly DeviceKey[], now: number): Promise<ClaimedRow[][]> {
  const rows = await sql.rows<ClaimedRow>(
    `SELECT ${pushColumns('p')}, p.claimed_until FROM unnest($1::text[], $2::text[]) AS k (u, d)
       JOIN pushes AS p ON p."user" = k.u AND p.device = k.d
     WHERE p.due IS NOT NULL AND p.claimed_until <= $3
     ORDER BY p.created, p.feed, p.first, p."user", p.device FOR NO KEY UPDATE OF p`,
    ...[...columns(devices, 'user', 'device'), now],
  )
  const byDevice = new Map<string, ClaimedRow[]>()
  for (const row of rows) {
    const key = `${row.user} ${row.device}`
    byDevice.set(key, [...(byDevice.get(key) ?? []), row])
  }
  return [...byDevice.values()].map((all) => {
    const due = all.filter((row) => (row.due ?? Infinity) <= now)
    const repeated = new Set(due.filter(mayHaveGone).map(({ push }) => push))
    const later = all.filter((row) => (row.due ?? 0) > now && mayHaveGone(row) && repeated.has(row.push))
    return [...due, ...later]
  })
}

function settleOne(
  found: PushRow,
  settlement: Settlement,
  state: (ReadState & { present: string }) | undefined,
): PushRow {
  // The log began anew while the push was under way: it stands for the same messages there.
  const isRenewed = settlement.accepted !== undefined && state !== undefined && state.present !== found.epoch
  const before = isRenewed ? { ...found, epoch: state.present } : found
  const after = settledRow(before, settlement)
  return isToBeTakenBack(before, after, settlement, state) ? takenBack(after, settlement.step.time) : after
}

export const pushCommands = {
  async claimPushes(sql: Sql, claim: Claim & { limit: number }): Promise<PushRow[][]> {
    const devices = await claimDevices(sql, claim)
    if (devices.length === 0) return []
    const taken = (await takeDue(sql, devices, claim.now))
      .filter((rows) => rows.length > 0)
      .map(nameForSending)
    const rows = taken.flat()
    await saveRows(
      sql,
      rows.map((row) => ({ before: row, after: row })),
      false,
    )
    await sql.change(
      `UPDATE pushes AS p SET owner = $6, claimed_until = $7 FROM ${KEYS} WHERE ${ON_KEY}`,
      ...[...keyColumns(rows), claim.owner, claim.until],
    )
    return taken
  },

  async settlePushes(sql: Sql, settlements: readonly Settlement[]): Promise<number> {
    const keys = settlements.flatMap((settlement) => settlement.keys)
    await lockUsers(sql, usersOf(keys))
    const found = await rowsOf(sql, keys)
    const states = await readStates(sql, found)
    const rows = new Map(found.map((row) => [keyText(row), { before: row, after: row }]))
    let settled = 0
    for (const settlement of settlements)
      for (const key of settlement.keys) {
        const change = rows.get(keyText(key))
        if (!change) continue
        change.after = settleOne(change.after, settlement, states.get(`${key.user} ${key.feed}`))
        settled += 1
      }
    await saveRows(sql, [...rows.values()], true)
    await freeDevices(sql, keys)
    return settled
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
    const select = `SELECT ${pushColumns('p')} FROM pushes AS p WHERE p.provider = $1 AND p.ref = $2`
    await lockUsers(sql, usersOf(await sql.rows<PushRow>(select, provider, ref)))
    const rows = await sql.rows<PushRow>(select, provider, ref)
    // It is no settlement: what is being taken back just now stays claimed, and says so.
    await saveRows(
      sql,
      rows.map((row) => ({
        before: row,
        after: {
          ...row,
          reason: row.state === 'pushed' ? step.reason : row.reason,
          trail: addStep(row.trail, step),
        },
      })),
      false,
    )
    return rows.length > 0
  },

  async replayPushes(sql: Sql, { feed, seq, now, limit }: ReplayArgs): Promise<number> {
    const rows = await sql.rows<PushRow>(
      `SELECT ${pushColumns('p')} FROM pushes AS p WHERE p.state = 'dead' ORDER BY p.created DESC LIMIT $1
       FOR NO KEY UPDATE OF p`,
      limit,
    )
    const chosen = rows.filter(
      (row) => feed === undefined || (row.feed === feed && row.first <= (seq ?? 0) && row.last >= (seq ?? 0)),
    )
    const replayed = (row: PushRow): PushRow => ({
      ...settledRow(row, {
        ...{
          keys: [],
          state: 'waiting',
          reason: 'replayed',
          due: now,
          step: { time: now, reason: 'replayed' },
        },
        ...{ attempts: 0, position: 0, unknown: false },
      }),
      // A person's word begins the push's life anew.
      created: now,
    })
    await saveRows(
      sql,
      chosen.map((row) => ({ before: row, after: replayed(row) })),
      true,
    )
    return chosen.length
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
  const rows = await sql.rows<PushRow>(
    `SELECT ${pushColumns('p')} FROM pushes AS p
     WHERE p."user" = $1 AND p.feed = $2 AND p.epoch = $3 AND p.first <= $4 AND p.last >= $5 AND p.state = 'pushed'`,
    ...[user, feed, epoch, highest, lowest],
  )
  const changes: Change[] = rows
    .filter((row) => !hasUnread(row, read, from))
    .map((row) => ({ before: row, after: takenBack(row, now) }))
  await saveRows(sql, changes, true)
}
