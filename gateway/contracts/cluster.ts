import type { Platform } from '@herald/protocol'
import type { DeviceKey } from './devices'
import type { FeedHead } from './feed-log'

/** What a gateway says of itself to the others. */
export interface GatewayNote {
  /** Random, of this life alone. */
  readonly id: string
  /** What its operator calls it: the machine and the port. */
  readonly name: string
  readonly version: string
  /** Sockets of devices. */
  readonly connections: number
  /** Whether it hears the others at once, or finds what they did by looking. */
  readonly bus: 'ok' | 'polling'
}

/** A gateway that is believed to live. */
export interface KnownGateway extends GatewayNote {
  /** When it joined, ms. */
  readonly started: number
  /** How long ago it said that it lives, ms. */
  readonly silentMs: number
}

/** What a renewal found. */
export interface Renewal {
  /** Every gateway that lives, the oldest first. */
  readonly gateways: readonly KnownGateway[]
  /** Gateways that have not renewed in time, and whose work and devices were given back by this call. */
  readonly ended: readonly string[]
  /** Whether the gateway was not there before: it has just come, or the others had given it up. */
  readonly isNew: boolean
}

/** Which gateways share the store, each for as long as it says so. All times are the store's own. */
export interface Gateways {
  /**
   * Joins, or goes on, for the next seconds; and gives back what those had in hand who did not.
   * @param mayEnd whether the silence of others is believed: a store that was away has heard nobody
   */
  renew(note: GatewayNote, mayEnd: boolean): Promise<Renewal>
  /** Gives back what the gateway had in hand, and leaves. */
  leave(id: string): Promise<void>
}

/** Where a device's socket is, and on what it stands. */
export interface SharedSocket extends DeviceKey {
  readonly platform: Platform
  readonly app: string | undefined
  /** The token that it signed in with. */
  readonly tokenId: string
}

/** What is believed of a device, by the word of the gateway that has or had its socket. */
export interface SharedLease extends SharedSocket {
  readonly state: 'foreground' | 'background' | 'returning'
  /** The order in which sockets took the device's place. */
  readonly place: number
  /** For how long it may still be believed, ms; null: until the gateway says otherwise or is no more. */
  readonly forMs: number | null
}

/** Where devices are. It need not outlive the store's power cut: whoever has a socket says so again. */
export interface SharedPresence {
  /** A socket takes a device's place; resolves to the place, or undefined when a later one has it already. */
  enter(
    gateway: string,
    socket: SharedSocket,
    state: 'foreground' | 'background',
  ): Promise<number | undefined>
  /** What a gateway believes of devices whose place none has taken after; `forMs` 0 forgets. */
  save(gateway: string, leases: readonly SharedLease[]): Promise<void>
  /** What is believed of some users' devices, each with the gateway that says it: one question, however many they are. */
  of(users: readonly string[]): Promise<readonly (SharedLease & { readonly gateway: string })[]>
  /** Which of these devices have their place at another gateway than this one. */
  elsewhere(gateway: string, devices: readonly DeviceKey[]): Promise<readonly DeviceKey[]>
  /** Drops what is over, of what gateways tell each other too. */
  sweep(): Promise<void>
}

/** Whom live sockets stand on. */
export interface Standing {
  readonly tokens: readonly string[]
  readonly users: readonly string[]
  readonly devices: readonly DeviceKey[]
}

/** Who of those is no more. A device has signed out at a time, in ms, and may have signed in again since. */
export interface Ended extends Standing {
  readonly devices: readonly (DeviceKey & { readonly at: number })[]
}

/** What may have been lost on the bus, asked for among what a gateway has live. */
export interface Missed {
  /** The present heads of feeds; those that are no more are left out. */
  heads(feeds: readonly string[]): Promise<readonly FeedHead[]>
  /** Which of these users have followed, left or read something in the last `withinMs`, and somewhat before. */
  changed(users: readonly string[], withinMs: number): Promise<readonly string[]>
  /** Which of these devices push services took something for in the last `withinMs`, and somewhat before. */
  pushed(devices: readonly DeviceKey[], withinMs: number): Promise<readonly DeviceKey[]>
  /** Which of these are no more: revoked, disabled, removed, signed out. */
  ended(standing: Standing): Promise<Ended>
}

/** One connection to the store that hears notifications and sends them. */
export interface NotificationSession {
  /** Resolves when they are on their way, in their order. */
  notify(channel: string, texts: readonly string[]): Promise<void>
  end(): void
}

/** The store's own way to tell its gateways something. */
export interface Notifications {
  /** @param onEnd the session is over, by whatever */
  listen(channel: string, onText: (text: string) => void, onEnd: () => void): Promise<NotificationSession>
  /** Called when the store's connections are lost, and another server may be the one now. */
  onLost(listener: () => void): void
}

/** What a store has beside its contracts when several gateways may share it. */
export interface Cluster {
  readonly gateways: Gateways
  readonly presence: SharedPresence
  readonly missed: Missed
  readonly notifications: Notifications
}
