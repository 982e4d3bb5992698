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
}

/**
 * Which devices are there, by their own word. Only what the app's JavaScript sends renews a lease: the system's
 * network stack answers pings for an app that is frozen, and a write to its socket succeeds.
 */
export class Presence {
  readonly #leaseMs: number
  readonly #now: () => number
  readonly #users = new Map<string, Map<string, Lease>>()

  /** @param leaseMs for how long one word of a device is believed; longer than its heartbeat. */
  constructor(leaseMs: number, now: () => number) {
    this.#leaseMs = leaseMs
    this.#now = now
  }

  /** A frame came from the device's app. */
  heard(user: string, device: string, state: AppState): void {
    this.#set(user, device, { state, until: this.#now() + this.#leaseMs })
  }

  /** The device's socket closed. */
  left(user: string, device: string): void {
    const lease = this.of(user, device)
    if (!lease) return
    this.#set(user, device, { state: 'returning', until: Math.min(lease.until, this.#now() + RETURN_MS) })
  }

  /** The gateway starts, and these had a socket when it ended. */
  expect(devices: readonly { user: string; device: string }[]): void {
    for (const { user, device } of devices)
      this.#set(user, device, { state: 'returning', until: this.#now() + RESTART_RETURN_MS })
  }

  /** The device was signed out. */
  forget(user: string, device: string): void {
    const devices = this.#users.get(user)
    devices?.delete(device)
    if (devices?.size === 0) this.#users.delete(user)
  }

  /** The lease of a device, when it still holds. */
  of(user: string, device: string): Lease | undefined {
    const lease = this.#users.get(user)?.get(device)
    return lease && lease.until > this.#now() ? lease : undefined
  }

  /** Other devices of the user whose app is in the foreground. */
  activeBeside(user: string, device: string): string[] {
    const now = this.#now()
    return [...(this.#users.get(user) ?? [])].flatMap(([id, { state, until }]) =>
      id !== device && state === 'foreground' && until > now ? [id] : [],
    )
  }

  /** The clock that leases were counted by was ahead: they end so much earlier or later. */
  shift(ms: number): void {
    for (const [user, devices] of this.#users)
      for (const [device, { state, until }] of devices) this.#set(user, device, { state, until: until + ms })
  }

  /** Drops leases that are over. */
  sweep(): void {
    const now = this.#now()
    for (const [user, devices] of this.#users) {
      for (const [device, { until }] of devices) if (until <= now) devices.delete(device)
      if (devices.size === 0) this.#users.delete(user)
    }
  }

  #set(user: string, device: string, lease: Lease): void {
    let devices = this.#users.get(user)
    if (!devices) this.#users.set(user, (devices = new Map<string, Lease>()))
    devices.set(device, lease)
  }
}
