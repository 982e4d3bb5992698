import type { PushRegistration } from '@herald/protocol'
import type Database from 'libsql'
import { allRows, getRow, runChange } from './statements'
import { isShut } from './user-rows'
import type { LiveNote, RegistrationKey } from '../../contracts/devices'
import { hasRoom } from '../../contracts/user-limits'
import { KEPT_ENDED_DEVICES, SEEN_GRAIN_MS } from '../kept'
import type { PutDeviceArgs } from '../rows'
import { forgetAcks } from './ack-commands'

interface KnownRegistration {
  readonly user: string
  readonly device: string
  readonly registered: number
}

function saveDevice(
  db: Database.Database,
  { user, device, session, expires, body, now }: PutDeviceArgs,
): void {
  runChange(
    db,
    `INSERT INTO devices (user, id, session, expires, platform, app, locale, time_zone, notifications, preview, sound,
       quiet_from, quiet_to, updated, created, seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (user, id) DO UPDATE SET session = excluded.session, expires = excluded.expires,
       platform = excluded.platform, app = excluded.app, locale = excluded.locale, time_zone = excluded.time_zone,
       notifications = excluded.notifications, preview = excluded.preview, sound = excluded.sound,
       quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, updated = excluded.updated, ended = NULL,
       seen = excluded.seen`,
    user,
    device,
    session,
    expires,
    body.platform,
    body.app ?? null,
    body.locale ?? null,
    body.timeZone ?? null,
    Number(body.notifications),
    Number(body.preview),
    Number(body.sound),
    body.quietHours?.from ?? null,
    body.quietHours?.to ?? null,
    now,
    now,
    now,
  )
}

/** Takes a registration for a device, from whoever had it: a phone's token is its present owner's only. */
function saveRegistration(
  db: Database.Database,
  { user, device, now }: PutDeviceArgs,
  registration: PushRegistration,
  position: number,
): void {
  const { provider, app, environment, kind, token, keys } = registration
  runChange(
    db,
    `INSERT INTO registrations (provider, app, environment, kind, token, keys, user, device, position, registered)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (provider, app, environment, kind, token) DO UPDATE SET keys = excluded.keys, user = excluded.user,
       device = excluded.device, position = excluded.position, registered = excluded.registered`,
    provider,
    app,
    environment,
    kind,
    token,
    keys === undefined ? null : JSON.stringify(keys),
    user,
    device,
    position,
    now,
  )
}

/** Whether the device may be put: somebody may still act as its user, and its token was not revoked on the way here. */
function refusalOf(db: Database.Database, { user, device, session, now, limit }: PutDeviceArgs) {
  if (isShut(db, user)) return 'disabled'
  if (getRow(db, 'SELECT 1 AS over FROM tokens WHERE id = ? AND revoked IS NOT NULL', session))
    return 'revoked'
  const row = getRow<{ count: number }>(
    db,
    `SELECT count(*) AS count FROM devices
     WHERE user = ? AND id <> ? AND ended IS NULL AND (expires IS NULL OR expires > ?)`,
    ...[user, device, now],
  )
  return hasRoom(row?.count ?? 0, limit) ? undefined : 'full'
}

/** Keeps the newest few of a user's devices that are over: otherwise one could make and end them without end. */
function forgetEnded(db: Database.Database, user: string): void {
  const old = allRows<{ id: string }>(
    db,
    'SELECT id FROM devices WHERE user = ? AND ended IS NOT NULL ORDER BY ended DESC, id LIMIT -1 OFFSET ?',
    user,
    KEPT_ENDED_DEVICES,
  )
  for (const { id } of old) {
    runChange(db, 'DELETE FROM devices WHERE user = ? AND id = ?', user, id)
    forgetAcks(db, user, id)
  }
}

/** Devices whose session is over do not count; the oldest of them are signed out for good when there are too many. */
function endExpired(db: Database.Database, { user, device, now, limit }: PutDeviceArgs): void {
  if (limit === 0) return
  const over = allRows<{ id: string }>(
    db,
    `SELECT id FROM devices WHERE user = ? AND id <> ? AND ended IS NULL AND expires <= ?
     ORDER BY expires DESC, id LIMIT -1 OFFSET ?`,
    ...[user, device, now, limit],
  )
  for (const { id } of over) endDevices(db, 'user = ? AND id = ?', now, user, id)
}

function endDevices(db: Database.Database, where: string, now: number, ...values: string[]): number {
  const devices = allRows<{ user: string; id: string }>(
    db,
    `SELECT user, id FROM devices WHERE ${where} AND ended IS NULL`,
    ...values,
  )
  for (const { user, id } of devices) {
    for (const table of ['registrations', 'chat_nodes'])
      runChange(db, `DELETE FROM ${table} WHERE user = ? AND device = ?`, user, id)
    runChange(db, 'UPDATE devices SET ended = ?, live = 0 WHERE user = ? AND id = ?', now, user, id)
  }
  for (const user of new Set(devices.map((device) => device.user))) forgetEnded(db, user)
  return devices.length
}

export const deviceCommands = {
  /** Replaces what is known of a device and of how to ring it. */
  putDevice(db: Database.Database, put: PutDeviceArgs): 'kept' | 'disabled' | 'revoked' | 'full' {
    const refusal = refusalOf(db, put)
    if (refusal) return refusal
    endExpired(db, put)
    saveDevice(db, put)
    runChange(db, 'DELETE FROM registrations WHERE user = ? AND device = ?', put.user, put.device)
    put.body.push.forEach((registration, position) => {
      saveRegistration(db, put, registration, position)
    })
    return 'kept'
  },

  /** Signs one device out: nothing rings it any more. */
  endDevice(
    db: Database.Database,
    { user, device, now }: { user: string; device: string; now: number },
  ): number {
    return endDevices(db, 'user = ? AND id = ?', now, user, device)
  },

  /** Signs out every device of a user. */
  endDevices(db: Database.Database, { user, now }: { user: string; now: number }): number {
    return endDevices(db, 'user = ?', now, user)
  },

  /** Signs out every device that stands on a token, which was revoked. */
  endSession(db: Database.Database, { session, now }: { session: string; now: number }): number {
    return endDevices(db, 'session = ?', now, session)
  },

  /** Notes which devices have a socket, for the gateway's next life, and when each was last there. */
  noteLive(db: Database.Database, devices: readonly LiveNote[]): number {
    let changed = 0
    for (const { user, device, live, at } of devices)
      changed += runChange(
        db,
        `UPDATE devices SET live = ?, seen = max(coalesce(seen, 0), ?)
         WHERE user = ? AND id = ? AND (live <> ? OR coalesce(seen, 0) < ?)`,
        ...[Number(live), at, user, device, Number(live), at - SEEN_GRAIN_MS],
      )
    return changed
  },

  /**
   * Drops a registration that its service calls dead. A token that was registered anew after `since` is alive again
   * (APNs: only if the last registration is older than the answer's timestamp). True when it was dropped.
   */
  dropRegistration(
    db: Database.Database,
    { key, since }: { key: RegistrationKey; since: number | undefined },
  ): boolean {
    const values = [key.provider, key.app, key.environment, key.kind, key.token]
    const where = 'provider = ? AND app = ? AND environment = ? AND kind = ? AND token = ?'
    const known = getRow<KnownRegistration>(
      db,
      `SELECT user, device, registered FROM registrations WHERE ${where}`,
      ...values,
    )
    if (!known || (since !== undefined && known.registered >= since)) return false
    return runChange(db, `DELETE FROM registrations WHERE ${where}`, ...values) > 0
  },
}
