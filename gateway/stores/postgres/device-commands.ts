import type { LiveNote, RegistrationKey } from '../../contracts/devices'
import { hasRoom } from '../../contracts/user-limits'
import { KEPT_ENDED_DEVICES, SEEN_GRAIN_MS } from '../kept'
import type { PutDeviceArgs } from '../rows'
import { columns, type Sql } from './sql'
import { isShut, lockUser, lockUsers } from './user-rows'

async function saveDevice(
  sql: Sql,
  { user, device, session, expires, body, now }: PutDeviceArgs,
): Promise<void> {
  await sql.change(
    `INSERT INTO devices ("user", id, session, expires, platform, app, locale, time_zone, notifications, preview, sound,
       quiet_from, quiet_to, updated, created, seen)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $14)
     ON CONFLICT ("user", id) DO UPDATE SET session = excluded.session, expires = excluded.expires,
       platform = excluded.platform, app = excluded.app, locale = excluded.locale, time_zone = excluded.time_zone,
       notifications = excluded.notifications, preview = excluded.preview, sound = excluded.sound,
       quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, updated = excluded.updated, ended = NULL,
       seen = excluded.seen`,
    ...[user, device, session, expires, body.platform, body.app ?? null, body.locale ?? null],
    ...[body.timeZone ?? null, Number(body.notifications), Number(body.preview), Number(body.sound)],
    ...[body.quietHours?.from ?? null, body.quietHours?.to ?? null, now],
  )
}

/** Takes registrations for a device, from whoever had them: a phone's token is its present owner's only. */
async function saveRegistrations(sql: Sql, { user, device, body, now }: PutDeviceArgs): Promise<void> {
  await sql.change('DELETE FROM registrations WHERE "user" = $1 AND device = $2', user, device)
  const rows = body.push.map((registration, position) => ({
    ...registration,
    position,
    keys: registration.keys === undefined ? null : JSON.stringify(registration.keys),
  }))
  const keyOf = ({ provider, app, environment, kind, token }: (typeof rows)[number]): string =>
    [provider, app, environment, kind, token].join('\n')
  // The last of two that are the same; in order, so that two devices that change tokens do not wait in a circle.
  const distinct = [...new Map(rows.map((row) => [keyOf(row), row]))].sort(([a], [b]) => (a < b ? -1 : 1))
  if (distinct.length === 0) return
  await sql.change(
    `INSERT INTO registrations (provider, app, environment, kind, token, keys, position, "user", device, registered)
     SELECT n.*, $8, $9, $10
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[]) AS n
     ON CONFLICT (provider, app, environment, kind, token) DO UPDATE SET keys = excluded.keys, "user" = excluded."user",
       device = excluded.device, position = excluded.position, registered = excluded.registered`,
    ...columns(
      distinct.map(([, row]) => row),
      ...(['provider', 'app', 'environment', 'kind', 'token', 'keys', 'position'] as const),
    ),
    ...[user, device, now],
  )
}

/** Whether the device may be put: somebody may still act as its user, and its token was not revoked on the way here. */
async function refusalOf(sql: Sql, { user, device, session, now, limit }: PutDeviceArgs) {
  if (await isShut(sql, user)) return 'disabled'
  const token = await sql.row<{ revoked: number | null }>('SELECT revoked FROM tokens WHERE id = $1', session)
  if (token && token.revoked !== null) return 'revoked'
  const row = await sql.row<{ count: number }>(
    `SELECT count(*) AS count FROM devices
     WHERE "user" = $1 AND id <> $2 AND ended IS NULL AND (expires IS NULL OR expires > $3)`,
    ...[user, device, now],
  )
  return hasRoom(row?.count ?? 0, limit) ? undefined : 'full'
}

/** Keeps the newest few of a user's devices that are over: otherwise one could make and end them without end. */
async function forgetEnded(sql: Sql, user: string): Promise<void> {
  const old = await sql.rows<{ id: string }>(
    `DELETE FROM devices WHERE "user" = $1 AND id IN (
       SELECT id FROM devices WHERE "user" = $1 AND ended IS NOT NULL ORDER BY ended DESC, id OFFSET $2)
     RETURNING id`,
    ...[user, KEPT_ENDED_DEVICES],
  )
  await sql.change(
    'DELETE FROM acks WHERE "user" = $1 AND device = ANY ($2::text[])',
    user,
    old.map(({ id }) => id),
  )
}

/** Devices whose session is over do not count; the oldest of them are signed out for good when there are too many. */
async function endExpired(sql: Sql, { user, device, now, limit }: PutDeviceArgs): Promise<void> {
  if (limit === 0) return
  const over = await sql.rows<{ user: string; id: string }>(
    `SELECT "user", id FROM devices WHERE "user" = $1 AND id <> $2 AND ended IS NULL AND expires <= $3
     ORDER BY expires DESC, id OFFSET $4`,
    ...[user, device, now, limit],
  )
  await endAll(sql, over, now)
}

/** Signs devices out, whose users are locked. */
async function endAll(
  sql: Sql,
  devices: readonly { readonly user: string; readonly id: string }[],
  now: number,
): Promise<void> {
  if (devices.length === 0) return
  const keys = columns(devices, 'user', 'id')
  for (const table of ['registrations', 'chat_nodes'])
    await sql.change(
      `DELETE FROM ${table} AS r USING unnest($1::text[], $2::text[]) AS k (u, d)
       WHERE r."user" = k.u AND r.device = k.d`,
      ...keys,
    )
  await sql.change(
    `UPDATE devices AS d SET ended = $3, live = 0 FROM unnest($1::text[], $2::text[]) AS k (u, d)
     WHERE d."user" = k.u AND d.id = k.d AND d.ended IS NULL`,
    ...[...keys, now],
  )
  for (const user of new Set(devices.map((device) => device.user))) await forgetEnded(sql, user)
}

/** Signs out every device that stands on a token, which was revoked. */
export async function endSession(sql: Sql, session: string, now: number): Promise<void> {
  const select = 'SELECT "user", id FROM devices WHERE session = $1 AND ended IS NULL'
  const before = await sql.rows<{ user: string }>(select, session)
  await lockUsers(
    sql,
    before.map(({ user }) => user),
  )
  await endAll(sql, await sql.rows<{ user: string; id: string }>(select, session), now)
}

/** Signs out every device of a user, who is locked. */
export async function endDevicesOf(sql: Sql, user: string, now: number): Promise<void> {
  const devices = await sql.rows<{ user: string; id: string }>(
    'SELECT "user", id FROM devices WHERE "user" = $1 AND ended IS NULL',
    user,
  )
  await endAll(sql, devices, now)
}

export const deviceCommands = {
  async putDevice(sql: Sql, put: PutDeviceArgs): Promise<'kept' | 'disabled' | 'revoked' | 'full'> {
    await lockUser(sql, put.user)
    const refusal = await refusalOf(sql, put)
    if (refusal) return refusal
    await endExpired(sql, put)
    await saveDevice(sql, put)
    await saveRegistrations(sql, put)
    return 'kept'
  },

  async endDevice(
    sql: Sql,
    { user, device, now }: { user: string; device: string; now: number },
  ): Promise<number> {
    await lockUser(sql, user)
    const devices = await sql.rows<{ user: string; id: string }>(
      'SELECT "user", id FROM devices WHERE "user" = $1 AND id = $2 AND ended IS NULL',
      ...[user, device],
    )
    await endAll(sql, devices, now)
    return devices.length
  },

  noteLive: (sql: Sql, notes: readonly LiveNote[]): Promise<number> =>
    sql.change(
      `UPDATE devices AS d SET live = n.live, seen = greatest(coalesce(d.seen, 0), n.at)
       FROM (SELECT DISTINCT ON (u, d) * FROM unnest($1::text[], $2::text[], $3::smallint[], $4::bigint[])
         WITH ORDINALITY AS n (u, d, live, at, place) ORDER BY u, d, place DESC) AS n
       WHERE d."user" = n.u AND d.id = n.d AND (d.live <> n.live OR coalesce(d.seen, 0) < n.at - $5)`,
      ...columns(
        notes.map((note) => ({ ...note, isLive: Number(note.live) })),
        ...(['user', 'device', 'isLive', 'at'] as const),
      ),
      SEEN_GRAIN_MS,
    ),

  async dropRegistration(
    sql: Sql,
    { key, since }: { key: RegistrationKey; since: number | undefined },
  ): Promise<boolean> {
    const { provider, app, environment, kind, token } = key
    const dropped = await sql.change(
      `DELETE FROM registrations WHERE provider = $1 AND app = $2 AND environment = $3 AND kind = $4 AND token = $5
         AND ($6::bigint IS NULL OR registered < $6)`,
      ...[provider, app, environment, kind, token, since ?? null],
    )
    return dropped > 0
  },
}
