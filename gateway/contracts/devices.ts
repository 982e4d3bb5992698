import type { DeviceBody, Platform, PushRegistration, TokenInfo } from '@herald/protocol'
import type { Follow } from './subscriptions'

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

/** A registration names a place that a push service can reach; these five make it unique. */
export type RegistrationKey = Pick<PushRegistration, 'provider' | 'app' | 'environment' | 'kind' | 'token'>

/** A registration with the moment at which the device last gave it, ms. */
export type KnownRegistration = PushRegistration & { readonly registered: number }

/** A device that follows a feed and can be rung. */
export interface Follower {
  readonly device: DeviceRecord
  readonly follow: Follow
}

/** A device came or went, at a moment in ms. */
export interface LiveNote {
  readonly user: string
  readonly device: string
  readonly live: boolean
  readonly at: number
}

/** Names a device, and a place in lists that go by user and device. */
export interface DeviceKey {
  readonly user: string
  readonly device: string
}

/** Which devices a page of `devicesOf` is of. */
export interface DevicePage {
  readonly feed: string
  /** The user whose devices alone are listed; undefined: everybody's. */
  readonly only: string | undefined
  /** Devices that were signed out before this are left out, ms. */
  readonly since: number
  readonly after: DeviceKey
  readonly limit: number
}

/** The devices that users have registered, and how each can be rung. */
export interface Devices {
  /**
   * Registers a device of a user, or renews it, and replaces what is known of how to ring it; a registration that was
   * another device's is this one's from here on. `session`: the token that it signed in with.
   * Throws `device_limit`, `user_disabled`, `token_revoked`.
   */
  put(user: string, device: string, session: TokenInfo, body: DeviceBody): Promise<void>
  /**
   * Signs a device out, so that nothing rings it any more, and tells `device_ended`: one that is unknown may be live all
   * the same.
   */
  end(user: string, device: string): Promise<void>
  /** The devices of a user that are not signed out. */
  listOf(user: string): Promise<ListedDevice[]>
  get(user: string, device: string): Promise<DeviceRecord | undefined>
  /** How to ring a device, in its order of preference. */
  registrationsOf(user: string, device: string): Promise<KnownRegistration[]>
  /**
   * Drops a registration that its service calls dead. A token that was registered anew after `since` is alive again
   * (APNs: only if the last registration is older than the answer's timestamp). True when it was dropped.
   */
  drop(key: RegistrationKey, since: number | undefined): Promise<boolean>
  /** Notes which devices have a socket, for the gateway's next life, and when each was last there. */
  noteLive(notes: readonly LiveNote[]): Promise<void>
  /** Devices that had a socket when this store's last gateway ended. */
  leftLive(): Promise<DeviceKey[]>
  /** A page of the devices that follow a feed and can be rung, by user and device, after one of them. */
  followersOf(feed: string, epoch: string, after: DeviceKey, limit: number): Promise<Follower[]>
  /** A page of the devices of a feed's followers, by user and device. */
  devicesOf(page: DevicePage): Promise<DeviceRecord[]>
}
