import {
  HeraldError,
  type DeviceBody,
  type Platform,
  type PushRegistration,
  type TokenInfo,
} from '@herald/protocol'
import { allRows, getRow } from './statements'
import type { Store } from './engine'
import { NO_LIMITS, type UserLimits } from '../../contracts/user-limits'
import type { RegistrationKey } from './device-commands'

/** A device as its last registration left it. */
export interface DeviceRecord {
  readonly user: string
  readonly id: string
  /** When the session that it stands on ends, ms; null is never. */
  readonly expires: number | null
  readonly platform: Platform
  readonly locale: string | undefined
  readonly timeZone: string | undefined
  readonly notifications: boolean
  readonly preview: boolean
  readonly sound: boolean
  readonly quietHours: { readonly from: string; readonly to: string } | undefined
  /** When it was signed out, ms. */
  readonly ended: number | undefined
}

/** A registration with the moment at which the device last gave it, ms. */
export type KnownRegistration = PushRegistration & { readonly registered: number }

export interface DeviceRow {
  readonly user: string
  readonly id: string
  readonly expires: number | null
  readonly platform: string
  readonly locale: string | null
  readonly time_zone: string | null
  readonly notifications: number
  readonly preview: number
  readonly sound: number
  readonly quiet_from: string | null
  readonly quiet_to: string | null
  readonly ended: number | null
}

/** The columns of a DeviceRow, of a table that is called `devices` in the query. */
export const DEVICE_COLUMNS = `devices.user, devices.id, devices.expires, devices.platform, devices.locale,
  devices.time_zone, devices.notifications, devices.preview, devices.sound, devices.quiet_from, devices.quiet_to,
  devices.ended`

/** The devices that users have registered, and how each can be rung. */
export class DeviceDirectory {
  readonly #store: Store
  readonly #now: () => number
  readonly #limits: Pick<UserLimits, 'devices'>
  readonly #endListeners: ((user: string, device: string) => void)[] = []

  constructor(store: Store, now: () => number = Date.now, limits: Pick<UserLimits, 'devices'> = NO_LIMITS) {
    this.#store = store
    this.#now = now
    this.#limits = limits
  }

  /**
   * Registers a device of a user, or renews it. `session`: the token that it signed in with.
   * Throws `device_limit`, `user_disabled`, `token_revoked`.
   */
  async put(user: string, device: string, session: TokenInfo, body: DeviceBody): Promise<void> {
    requireTimeZone(body.timeZone)
    const result = await this.#store.write('putDevice', {
      ...{ user, device, body },
      session: session.id,
      expires: session.expires,
      now: this.#now(),
      limit: this.#limits.devices,
    })
    if (result !== 'kept') throw new HeraldError(refusals[result])
  }

  /** Signs a device out and tells the `onEnd` listeners, after it is durable. One that is unknown may be live all the same. */
  async end(user: string, device: string): Promise<void> {
    await this.#store.write('endDevice', { user, device, now: this.#now() })
    for (const listener of this.#endListeners) listener(user, device)
  }

  onEnd(listener: (user: string, device: string) => void): void {
    this.#endListeners.push(listener)
  }

  /** The devices of a user that are not signed out. */
  listOf(user: string): ListedDevice[] {
    return allRows<ListedDeviceRow>(
      this.#store.reader,
      `SELECT id, session, platform, app, created, seen, updated, expires,
         EXISTS (SELECT 1 FROM registrations AS r WHERE r.user = devices.user AND r.device = devices.id) AS push
       FROM devices WHERE user = ? AND ended IS NULL ORDER BY id`,
      user,
    ).map(({ id, session, platform, app, created, seen, updated, expires, push }) => ({
      ...{ id, session, created, expires },
      platform: platform as Platform,
      app: app ?? undefined,
      lastSeen: Math.max(seen ?? 0, updated),
      push: push === 1,
    }))
  }

  get(user: string, device: string): DeviceRecord | undefined {
    const row = getRow<DeviceRow>(
      this.#store.reader,
      `SELECT ${DEVICE_COLUMNS} FROM devices WHERE user = ? AND id = ?`,
      user,
      device,
    )
    return row && toDevice(row)
  }

  /** How to ring a device, in its order of preference. */
  registrationsOf(user: string, device: string): KnownRegistration[] {
    return allRows<Omit<KnownRegistration, 'keys'> & { keys: string | null }>(
      this.#store.reader,
      `SELECT provider, app, environment, kind, token, keys, registered FROM registrations
       WHERE user = ? AND device = ? ORDER BY position`,
      user,
      device,
    ).map(({ provider, app, environment, kind, token, keys, registered }) => ({
      ...{ provider, app, environment, kind, token, registered },
      ...(keys !== null && { keys: JSON.parse(keys) as NonNullable<PushRegistration['keys']> }),
    }))
  }

  /** Drops a registration on proof; see the command. */
  drop(key: RegistrationKey, since: number | undefined): Promise<boolean> {
    const { provider, app, environment, kind, token } = key
    return this.#store.write('dropRegistration', { key: { provider, app, environment, kind, token }, since })
  }

  /** Devices that had a socket when this store's last gateway ended. */
  leftLive(): { user: string; device: string }[] {
    return allRows<{ user: string; device: string }>(
      this.#store.reader,
      'SELECT user, id AS device FROM devices WHERE live = 1',
    ).map(({ user, device }) => ({ user, device }))
  }
}

/** A device as lists show it. */
export interface ListedDevice {
  readonly id: string
  /** The id of the token that it signed in with. */
  readonly session: string
  readonly platform: Platform
  readonly app: string | undefined
  readonly created: number | null
  /** To some minutes, ms. */
  readonly lastSeen: number
  readonly expires: number | null
  /** Whether a push service can reach it. */
  readonly push: boolean
}

interface ListedDeviceRow extends Omit<ListedDevice, 'app' | 'lastSeen' | 'push' | 'platform'> {
  readonly platform: string
  readonly app: string | null
  readonly seen: number | null
  readonly updated: number
  readonly push: number
}

const refusals = { full: 'device_limit', disabled: 'user_disabled', revoked: 'token_revoked' } as const

export function toDevice(row: DeviceRow): DeviceRecord {
  const { user, id, expires, quiet_from: from, quiet_to: to } = row
  return {
    ...{ user, id, expires },
    platform: row.platform as Platform,
    locale: row.locale ?? undefined,
    timeZone: row.time_zone ?? undefined,
    notifications: row.notifications === 1,
    preview: row.preview === 1,
    sound: row.sound === 1,
    quietHours: from !== null && to !== null ? { from, to } : undefined,
    ended: row.ended ?? undefined,
  }
}

/** Quiet hours in a zone that nobody knows would never hold, or always. */
function requireTimeZone(timeZone: string | undefined): void {
  if (timeZone === undefined) return
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch {
    throw new HeraldError('invalid_body', 'timeZone: is no IANA time zone')
  }
}
