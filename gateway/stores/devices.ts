import {
  HeraldError,
  type DeviceBody,
  type Platform,
  type PushRegistration,
  type TokenInfo,
} from '@herald/protocol'
import type { Bus } from '../contracts/bus'
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
} from '../contracts/devices'
import { NO_LIMITS, type UserLimits } from '../contracts/user-limits'
import type { DeviceRow, StoreEngine } from './rows'
import { toFollow } from './subscriptions'

const refusals = { full: 'device_limit', disabled: 'user_disabled', revoked: 'token_revoked' } as const

/** Devices and their registrations. */
export class StoredDevices implements Devices {
  readonly #engine: StoreEngine
  readonly #bus: Pick<Bus, 'tell'>
  readonly #now: () => number
  readonly #limits: Pick<UserLimits, 'devices'>

  constructor(
    engine: StoreEngine,
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
    const at = this.#now()
    await this.#engine.write('endDevice', { user, device, now: at })
    this.#bus.tell('device_ended', { user, device, at })
  }

  async listOf(user: string): Promise<ListedDevice[]> {
    const rows = await this.#engine.read('listedDevices', user)
    return rows.map(({ id, session, platform, app, created, seen, updated, expires, push }) => ({
      ...{ id, session, created, expires },
      platform: platform as Platform,
      app: app ?? undefined,
      lastSeen: Math.max(seen ?? 0, updated),
      push: push === 1,
    }))
  }

  async get(user: string, device: string): Promise<DeviceRecord | undefined> {
    const row = await this.#engine.read('device', user, device)
    return row && toDevice(row)
  }

  async registrationsOf(user: string, device: string): Promise<KnownRegistration[]> {
    const rows = await this.#engine.read('registrations', user, device)
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

  leftLive(): Promise<DeviceKey[]> {
    return this.#engine.read('liveDevices')
  }

  async followersOf(feed: string, epoch: string, after: DeviceKey, limit: number): Promise<Follower[]> {
    const rows = await this.#engine.read('followers', feed, after, limit)
    return rows.map((row) => ({ device: toDevice(row), follow: toFollow(row, epoch) }))
  }

  async devicesOf(page: DevicePage): Promise<DeviceRecord[]> {
    return (await this.#engine.read('devices', page)).map(toDevice)
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
