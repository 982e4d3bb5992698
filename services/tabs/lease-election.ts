import type { Clock, Timer } from '../clock'
import type { Election } from './tabs'

/** How long a leader that says nothing is believed to live. */
export const LEASE_MS = 6_000

/** How often the lease is renewed and looked at. */
export const LEASE_TICK_MS = 2_000

/** Browsers run the timers of a hidden tab once a minute: its lease is over long before its life. */
export const HIDDEN_PATIENCE_MS = 90_000

/** Two tabs may claim at once; the one that wrote last wins. */
export const CLAIM_SETTLE_MS = 100

export interface Lease {
  readonly id: string
  readonly until: number
}

/** A value that all tabs share: localStorage. */
export interface LeaseCell {
  read(): Lease | undefined
  write(lease: Lease): void
  remove(): void
}

export interface LeaseElectionPorts {
  readonly id: string
  readonly cell: LeaseCell
  readonly clock: Clock
  readonly isVisible: () => boolean
}

type Role = 'out' | 'follower' | 'claiming' | 'leader'

/**
 * The leader renews a lease in localStorage. For plain http on a LAN, where browsers have no Web Locks. Weaker
 * than a lock: for a moment two tabs may lead. They share the device id, so the gateway closes the older
 * socket with `replaced`, and the log has no double.
 */
export class LeaseElection implements Election {
  readonly #ports: LeaseElectionPorts
  #handlers: { won(): void; lost(): void } | null = null
  #role: Role = 'out'
  #timer: Timer = null

  constructor(ports: LeaseElectionPorts) {
    this.#ports = ports
  }

  stand(handlers: { won(): void; lost(): void }): void {
    this.#handlers = handlers
    this.#role = 'follower'
    this.#tick()
  }

  seize(): void {
    if (this.#role === 'follower') this.#claim()
  }

  withdraw(): void {
    if (this.#timer !== null) this.#ports.clock.clearTimeout(this.#timer)
    if (this.#role === 'leader' && this.#isMine()) this.#ports.cell.remove()
    this.#role = 'out'
    this.#handlers = null
  }

  #tick(): void {
    if (this.#role === 'leader' || this.#role === 'claiming') this.#keep()
    else if (this.#isFree()) this.#claim()
    else this.#later(LEASE_TICK_MS)
  }

  #keep(): void {
    const won = this.#role === 'claiming'
    if (this.#isMine()) {
      this.#role = 'leader'
      this.#write()
      this.#later(LEASE_TICK_MS)
      if (won) this.#handlers?.won()
      return
    }
    this.#role = 'follower'
    this.#later(LEASE_TICK_MS)
    if (!won) this.#handlers?.lost()
  }

  #claim(): void {
    this.#role = 'claiming'
    this.#write()
    this.#later(CLAIM_SETTLE_MS)
  }

  #isFree(): boolean {
    const lease = this.#ports.cell.read()
    if (!lease || lease.id === this.#ports.id) return true
    const now = this.#ports.clock.now()
    // A lease from the future was written before the clock was set back.
    if (lease.until - now > LEASE_MS) return true
    return now > lease.until + (this.#ports.isVisible() ? 0 : HIDDEN_PATIENCE_MS)
  }

  #isMine(): boolean {
    return this.#ports.cell.read()?.id === this.#ports.id
  }

  #write(): void {
    this.#ports.cell.write({ id: this.#ports.id, until: this.#ports.clock.now() + LEASE_MS })
  }

  #later(ms: number): void {
    if (this.#timer !== null) this.#ports.clock.clearTimeout(this.#timer)
    this.#timer = this.#ports.clock.setTimeout(() => {
      this.#timer = null
      this.#tick()
    }, ms)
  }
}
