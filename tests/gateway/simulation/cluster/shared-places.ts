import type { SharedLease, SharedSocket } from '../../../../gateway/contracts/cluster'
import type { DeviceKey } from '../../../../gateway/contracts/devices'

/** How long the devices of a gateway that ended have to come back, ms: as stores/postgres/gateways.ts. */
const RETURN_MS = 10_000

/** A gateway that leaves has sent its devices away no longer ago than this, ms. */
const LEFT_MS = 5000

interface Place {
  readonly lease: SharedLease
  readonly gateway: string
  /** ms. */
  readonly until: number
}

/** Where devices are, as stores/postgres/shared-presence.ts has it in a table. */
export class SharedPlaces {
  readonly #now: () => number
  readonly #places = new Map<string, Map<string, Place>>()
  #last = 0

  constructor(now: () => number) {
    this.#now = now
  }

  enter(gateway: string, socket: SharedSocket, state: 'foreground' | 'background'): number {
    const place = (this.#last += 1)
    this.#put(gateway, { ...socket, state, place, forMs: null })
    return place
  }

  /** Whoever came later has the place. */
  save(gateway: string, leases: readonly SharedLease[]): void {
    for (const lease of leases) {
      const before = this.#places.get(lease.user)?.get(lease.device)
      if (!before || before.lease.place <= lease.place) this.#put(gateway, lease)
    }
  }

  of(user: string): (SharedLease & { readonly gateway: string })[] {
    const now = this.#now()
    return [...(this.#places.get(user)?.values() ?? [])].flatMap(({ lease, gateway, until }) =>
      until > now ? { ...lease, gateway, forMs: until === Infinity ? null : until - now } : [],
    )
  }

  elsewhere(gateway: string, devices: readonly DeviceKey[]): DeviceKey[] {
    return devices.filter(({ user, device }) => {
      const place = this.#places.get(user)?.get(device)
      return place !== undefined && place.gateway !== gateway
    })
  }

  /** A gateway is no more: its devices may be back before anybody misses them. */
  end(gateway: string): void {
    const now = this.#now()
    for (const devices of this.#places.values())
      for (const [device, place] of devices)
        if (place.gateway === gateway && place.until > now - LEFT_MS)
          devices.set(device, {
            ...place,
            lease: { ...place.lease, state: 'returning' },
            until: now + RETURN_MS,
          })
  }

  #put(gateway: string, lease: SharedLease): void {
    const until = lease.forMs === null ? Infinity : this.#now() + lease.forMs
    let devices = this.#places.get(lease.user)
    if (!devices) this.#places.set(lease.user, (devices = new Map<string, Place>()))
    devices.set(lease.device, { lease, gateway, until })
  }
}
