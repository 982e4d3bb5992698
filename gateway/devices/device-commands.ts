import type { DeviceBody, PushRegistration } from '@herald/protocol'
import type Database from 'libsql'
import { allRows, getRow, runChange } from '../store/statements'

/** A registration names a place that a push service can reach; these five make it unique. */
export type RegistrationKey = Pick<PushRegistration, 'provider' | 'app' | 'environment' | 'kind' | 'token'>

interface PutDevice {
  readonly user: string
  readonly device: string
  /** Id and end of the token that the device stands on. */
  readonly session: string
  readonly expires: number | null
  readonly body: DeviceBody
  readonly now: number
}

interface KnownRegistration {
  readonly user: string
  readonly device: string
  readonly registered: number
}

function saveDevice(db: Database.Database, { user, device, session, expires, body, now }: PutDevice): void {
  runChange(
    db,
    `INSERT INTO devices (user, id, session, expires, platform, app, locale, time_zone, notifications, preview, sound,
       quiet_from, quiet_to, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (user, id) DO UPDATE SET session = excluded.session, expires = excluded.expires,
       platform = excluded.platform, app = excluded.app, locale = excluded.locale, time_zone = excluded.time_zone,
       notifications = excluded.notifications, preview = excluded.preview, sound = excluded.sound,
       quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, updated = excluded.updated, ended = NULL`,
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
  )
}

/** Takes a registration for a device, from whoever had it: a phone's token is its present owner's only. */
function saveRegistration(
  db: Database.Database,
  { user, device, now }: PutDevice,
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

function endDevices(db: Database.Database, where: string, now: number, ...values: string[]): number {
  const devices = allRows<{ user: string; id: string }>(
    db,
    `SELECT user, id FROM devices WHERE ${where} AND ended IS NULL`,
    ...values,
  )
  for (const { user, id } of devices) {
    runChange(db, 'DELETE FROM registrations WHERE user = ? AND device = ?', user, id)
    runChange(db, 'UPDATE devices SET ended = ?, live = 0 WHERE user = ? AND id = ?', now, user, id)
  }
  return devices.length
}

export const deviceCommands = {
  /** Replaces what is known of a device and of how to ring it. */
  putDevice(db: Database.Database, put: PutDevice): number {
    saveDevice(db, put)
    runChange(db, 'DELETE FROM registrations WHERE user = ? AND device = ?', put.user, put.device)
    put.body.push.forEach((registration, position) => {
      saveRegistration(db, put, registration, position)
    })
    return put.body.push.length
  },

  /** Signs one device out: nothing rings it any more. */
  endDevice(
    db: Database.Database,
    { user, device, now }: { user: string; device: string; now: number },
  ): number {
    return endDevices(db, 'user = ? AND id = ?', now, user, device)
  },

  /** Signs out every device that stands on a token, which was revoked. */
  endSession(db: Database.Database, { session, now }: { session: string; now: number }): number {
    return endDevices(db, 'session = ?', now, session)
  },

  /** Notes which devices have a socket, for the gateway's next life. */
  noteLive(
    db: Database.Database,
    devices: readonly { user: string; device: string; live: boolean }[],
  ): number {
    let changed = 0
    for (const { user, device, live } of devices)
      changed += runChange(
        db,
        'UPDATE devices SET live = ? WHERE user = ? AND id = ? AND live <> ?',
        Number(live),
        user,
        device,
        Number(live),
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

  /** Keeps a secret under a name, unless there is one: the first writer's stays. Answers the one that stays. */
  keepSecret(db: Database.Database, { name, value }: { name: string; value: string }): string {
    runChange(db, 'INSERT OR IGNORE INTO secrets (name, value) VALUES (?, ?)', name, value)
    return getRow<{ value: string }>(db, 'SELECT value FROM secrets WHERE name = ?', name)?.value ?? value
  },
}
