import type { AppState } from '@herald/protocol'

/** A socket that closed comes back within this, when the app is there at all (ms). */
export const RETURN_MS = 3_000

/** After a start of the gateway, how long devices that had a socket before have to come back (ms). */
const RESTART_RETURN_MS = 10_000

/**
 * What the gateway believes of a device. `returning`: its socket closed a moment ago, by the network or by the
 * gateway's own restart, and it may be back before anybody misses it.
 */
export interface Lease {
  readonly state: AppState | 'returning'
  /** Until when it may be believed, ms. */
  readonly until: number
  /** Another gateway says so: what the device acks there is known here a moment later. */
  readonly isElsewhere?: true
}

/** A lease as it is kept: `ends` by the clock that never jumps, ms. */
interface Kept {
  readonly state: Lease['state']
  readonly ends: number
}

/** What is believed of some users' devices. */
export interface KnownPresence {
  /** The lease of a device, when it still holds. */
  of(user: string, device: string): Lease | undefined
  /** Other devices of the user whose app is in the foreground. */
  activeBeside(user: string, device: string): string[]
}

/** What is believed of devices, wherever their sockets are. */
export interface PresenceView {
  of(user: string, device: string): Lease | undefined | Promise<Lease | undefined>
  activeBeside(user: string, device: string): string[] | Promise<string[]>
  /** The same of many users at once: other gateways' words are one question then, and not one for each. */
  among(users: readonly string[]): KnownPresence | Promise<KnownPresence>
}

/** Told when something else is believed of a device: nothing, when it was signed out or is at another gateway. */
export type PresenceListener = (user: string, device: string, lease: Lease | undefined) => void

/**
 * Which devices are there, by their own word. Only what the app's JavaScript sends renews a lease: the system's
 * network stack answers pings for an app that is frozen, and a write to its socket succeeds. Leases are counted by time
 * that passes: a time server that sets the gateway's clock ahead takes nobody away, and one that sets it back keeps nobody.
 */
export class Presence implements PresenceView {
  readonly #leaseMs: number
  readonly #now: () => number
  readonly #elapsed: () => number
  readonly #users = new Map<string, Map<string, Kept>>()
  readonly #listeners: PresenceListener[] = []

  /**
   * @param leaseMs for how long one word of a device is believed; longer than its heartbeat
   * @param now what `Lease.until` is told by, ms
   * @param elapsed ms of a clock that never jumps; `now` where that never does
   */
  constructor(leaseMs: number, now: () => number, elapsed: () => number = now) {
    this.#leaseMs = leaseMs
    this.#now = now
    this.#elapsed = elapsed
  }

  onChange(listener: PresenceListener): void {
    this.#listeners.push(listener)
  }

  /** A frame came from the device's app. */
  heard(user: string, device: string, state: AppState): void {
    this.#set(user, device, { state, ends: this.#elapsed() + this.#leaseMs })
  }

  /** The device's socket closed. */
  left(user: string, device: string): void {
    const kept = this.#keptOf(user, device)
    if (!kept) return
    const ends = Math.min(kept.ends, this.#elapsed() + RETURN_MS)
    this.#set(user, device, { state: 'returning', ends })
  }

  /** The gateway starts, and these had a socket when it ended. */
  expect(devices: readonly { user: string; device: string }[]): void {
    for (const { user, device } of devices)
      this.#set(user, device, { state: 'returning', ends: this.#elapsed() + RESTART_RETURN_MS })
  }

  /** The device was signed out. */
  forget(user: string, device: string): void {
    const devices = this.#users.get(user)
    devices?.delete(device)
    if (devices?.size === 0) this.#users.delete(user)
    for (const listener of this.#listeners) listener(user, device, undefined)
  }

  /** The lease of a device, when it still holds. */
  of(user: string, device: string): Lease | undefined {
    const kept = this.#keptOf(user, device)
    return kept && { state: kept.state, until: this.#now() + kept.ends - this.#elapsed() }
  }

  /** Other devices of the user whose app is in the foreground. */
  activeBeside(user: string, device: string): string[] {
    const elapsed = this.#elapsed()
    return [...(this.#users.get(user) ?? [])].flatMap(([id, { state, ends }]) =>
      id !== device && state === 'foreground' && ends > elapsed ? [id] : [],
    )
  }

  among(): KnownPresence {
    return this
  }

  /** Drops leases that are over. */
  sweep(): void {
    const elapsed = this.#elapsed()
    for (const [user, devices] of this.#users) {
      for (const [device, { ends }] of devices) if (ends <= elapsed) devices.delete(device)
      if (devices.size === 0) this.#users.delete(user)
    }
  }

  #keptOf(user: string, device: string): Kept | undefined {
    const kept = this.#users.get(user)?.get(device)
    return kept && kept.ends > this.#elapsed() ? kept : undefined
  }

  #set(user: string, device: string, kept: Kept): void {
    let devices = this.#users.get(user)
    if (!devices) this.#users.set(user, (devices = new Map<string, Kept>()))
    const before = devices.get(device)
    devices.set(device, kept)
    if (before?.state === kept.state && before.ends > this.#elapsed()) return
    const lease = this.of(user, device)
    for (const listener of this.#listeners) listener(user, device, lease)
  }
}
