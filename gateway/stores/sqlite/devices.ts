import {
  HeraldError,
  type DeviceBody,
  type Platform,
  type PushRegistration,
  type TokenInfo,
} from '@herald/protocol'
import type { Bus } from '../../contracts/bus'
import type {
  DeviceKey,
  DevicePage,
  DeviceRecord,
  Devices,
  Follower,
  KnownRegistration,
  ListedDevice,
  LiveNote,
  RegistrationKey,
} from '../../contracts/devices'
import { NO_LIMITS, type UserLimits } from '../../contracts/user-limits'
import type { SqliteEngine } from './engine'
import { allRows, getRow } from './statements'
import { toFollow, type FollowRow } from './subscriptions'

interface DeviceRow {
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
const DEVICE_COLUMNS = `devices.user, devices.id, devices.expires, devices.platform, devices.locale,
  devices.time_zone, devices.notifications, devices.preview, devices.sound, devices.quiet_from, devices.quiet_to,
  devices.ended`

interface ListedDeviceRow extends Omit<ListedDevice, 'app' | 'lastSeen' | 'push' | 'platform'> {
  readonly platform: string
  readonly app: string | null
  readonly seen: number | null
  readonly updated: number
  readonly push: number
}

const refusals = { full: 'device_limit', disabled: 'user_disabled', revoked: 'token_revoked' } as const

/** Devices and their registrations in the embedded store. */
export class SqliteDevices implements Devices {
  readonly #engine: SqliteEngine
  readonly #bus: Pick<Bus, 'tell'>
  readonly #now: () => number
  readonly #limits: Pick<UserLimits, 'devices'>

  constructor(
    engine: SqliteEngine,
    bus: Pick<Bus, 'tell'>,
    now: () => number = Date.now,
    limits: Pick<UserLimits, 'devices'> = NO_LIMITS,
  ) {
    this.#engine = engine
    this.#bus = bus
    this.#now = now
    this.#limits = limits
  }

  async put(user: string, device: string, session: TokenInfo, body: DeviceBody): Promise<void> {
    const result = await this.#engine.write('putDevice', {
      ...{ user, device, body },
      session: session.id,
      expires: session.expires,
      now: this.#now(),
      limit: this.#limits.devices,
    })
    if (result !== 'kept') throw new HeraldError(refusals[result])
  }

  async end(user: string, device: string): Promise<void> {
    await this.#engine.write('endDevice', { user, device, now: this.#now() })
    this.#bus.tell('device_ended', { user, device })
  }

  async listOf(user: string): Promise<ListedDevice[]> {
    const rows = await this.#engine.read((db) =>
      allRows<ListedDeviceRow>(
        db,
        `SELECT id, session, platform, app, created, seen, updated, expires,
           EXISTS (SELECT 1 FROM registrations AS r WHERE r.user = devices.user AND r.device = devices.id) AS push
         FROM devices WHERE user = ? AND ended IS NULL ORDER BY id`,
        user,
      ),
    )
    return rows.map(({ id, session, platform, app, created, seen, updated, expires, push }) => ({
      ...{ id, session, created, expires },
      platform: platform as Platform,
      app: app ?? undefined,
      lastSeen: Math.max(seen ?? 0, updated),
      push: push === 1,
    }))
  }

  async get(user: string, device: string): Promise<DeviceRecord | undefined> {
    const row = await this.#engine.read((db) =>
      getRow<DeviceRow>(db, `SELECT ${DEVICE_COLUMNS} FROM devices WHERE user = ? AND id = ?`, user, device),
    )
    return row && toDevice(row)
  }

  async registrationsOf(user: string, device: string): Promise<KnownRegistration[]> {
    const rows = await this.#engine.read((db) =>
      allRows<Omit<KnownRegistration, 'keys'> & { keys: string | null }>(
        db,
        `SELECT provider, app, environment, kind, token, keys, registered FROM registrations
         WHERE user = ? AND device = ? ORDER BY position`,
        user,
        device,
      ),
    )
    return rows.map(({ provider, app, environment, kind, token, keys, registered }) => ({
      ...{ provider, app, environment, kind, token, registered },
      ...(keys !== null && { keys: JSON.parse(keys) as NonNullable<PushRegistration['keys']> }),
    }))
  }

  drop(key: RegistrationKey, since: number | undefined): Promise<boolean> {
    const { provider, app, environment, kind, token } = key
    return this.#engine.write('dropRegistration', { key: { provider, app, environment, kind, token }, since })
  }

  async noteLive(notes: readonly LiveNote[]): Promise<void> {
    await this.#engine.write('noteLive', notes)
  }

  async leftLive(): Promise<DeviceKey[]> {
    const rows = await this.#engine.read((db) =>
      allRows<DeviceKey>(db, 'SELECT user, id AS device FROM devices WHERE live = 1'),
    )
    return rows.map(({ user, device }) => ({ user, device }))
  }

  async followersOf(feed: string, epoch: string, after: DeviceKey, limit: number): Promise<Follower[]> {
    const rows = await this.#engine.read((db) =>
      allRows<DeviceRow & FollowRow>(
        db,
        `SELECT ${DEVICE_COLUMNS}, follows.muted, reads.epoch, reads.ranges
         FROM follows JOIN devices ON devices.user = follows.user
           LEFT JOIN reads ON reads.user = follows.user AND reads.feed = follows.feed
         WHERE follows.feed = ? AND follows.user >= ? AND (follows.user > ? OR devices.id > ?) AND devices.ended IS NULL
           AND EXISTS (SELECT 1 FROM registrations AS r WHERE r.user = devices.user AND r.device = devices.id)
         ORDER BY follows.user, devices.id LIMIT ?`,
        ...[feed, after.user, after.user, after.device, limit],
      ),
    )
    return rows.map((row) => ({ device: toDevice(row), follow: toFollow(row, epoch) }))
  }

  async devicesOf({ feed, only, since, after, limit }: DevicePage): Promise<DeviceRecord[]> {
    const rows = await this.#engine.read((db) =>
      allRows<DeviceRow>(
        db,
        `SELECT ${DEVICE_COLUMNS} FROM follows JOIN devices ON devices.user = follows.user
         WHERE follows.feed = ? AND follows.user >= ? AND (follows.user > ? OR devices.id > ?)
           AND (? IS NULL OR follows.user = ?) AND (devices.ended IS NULL OR devices.ended > ?)
         ORDER BY follows.user, devices.id LIMIT ?`,
        ...[feed, after.user, after.user, after.device, only ?? null, only ?? null, since, limit],
      ),
    )
    return rows.map(toDevice)
  }
}

function toDevice(row: DeviceRow): DeviceRecord {
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
