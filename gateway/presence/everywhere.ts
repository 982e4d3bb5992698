import type { AppState } from '@herald/protocol'
import type { SharedLease, SharedPresence, SharedSocket } from '../contracts/cluster'
import type { KnownPresence, Lease, Presence, PresenceView } from './presence'

/** Comings and goings of so long become one write, ms. */
const FLUSH_MS = 200

/** How often it is looked whose lease is over, ms. */
const LOOK_MS = 1000

/** A device whose socket is here, and what others were told of it. */
interface Held {
  readonly socket: SharedSocket
  place: number
  state: AppState
  /** Its app has been silent for too long, and others know. */
  isOver: boolean
}

export interface EverywhereOptions {
  /** Names this gateway in this life. */
  readonly gateway: string
  readonly local: Presence
  readonly shared: SharedPresence
  /** For how long a device at another gateway is believed at a time, ms. */
  readonly leaseMs: number
  readonly now: () => number
  readonly onFault: (error: unknown) => void
}

/**
 * Who is there, at whichever gateway. Each gateway goes by its own leases and tells the others what changes: that a device
 * came, went to the background, left, or has been silent for too long. Heartbeats are told to nobody.
 */
export class Everywhere implements PresenceView {
  readonly #options: EverywhereOptions
  readonly #held = new Map<string, Held>()
  #pending = new Map<string, SharedLease>()
  #timer: NodeJS.Timeout | undefined
  readonly #look: NodeJS.Timeout
  #flushing: Promise<void> = Promise.resolve()

  constructor(options: EverywhereOptions) {
    this.#options = options
    options.local.onChange((user, device, lease) => {
      this.#onChange(keyOf(user, device), lease)
    })
    this.#look = setInterval(() => {
      this.#endOver()
    }, LOOK_MS)
  }

  /** A socket takes its device's place; resolves to the place, or undefined when a later one has it. */
  readonly enter = async (socket: SharedSocket, state: AppState): Promise<number | undefined> => {
    const { gateway, shared } = this.#options
    const place = await shared.enter(gateway, socket, state)
    if (place === undefined) return undefined
    const key = keyOf(socket.user, socket.device)
    const before = this.#held.get(key)?.place ?? 0
    this.#held.set(key, { socket, state, place: Math.max(before, place), isOver: false })
    return place
  }

  async of(user: string, device: string): Promise<Lease | undefined> {
    const mine = this.#options.local.of(user, device)
    // What is here is known without a question.
    if (mine && mine.state !== 'returning') return mine
    return (await this.among([user])).of(user, device)
  }

  async activeBeside(user: string, device: string): Promise<string[]> {
    return (await this.among([user])).activeBeside(user, device)
  }

  async among(users: readonly string[]): Promise<KnownPresence> {
    const elsewhere = new Map<string, SharedLease[]>()
    for (const lease of await this.#elsewhere(users))
      elsewhere.set(lease.user, [...(elsewhere.get(lease.user) ?? []), lease])
    return {
      of: (user, device) => {
        const theirs = elsewhere.get(user)?.find((lease) => lease.device === device)
        return this.#later(this.#options.local.of(user, device), theirs)
      },
      activeBeside: (user, device) => {
        const others = (elsewhere.get(user) ?? []).filter(
          (lease) => lease.device !== device && lease.state === 'foreground',
        )
        const here = this.#options.local.activeBeside(user, device)
        return [...new Set([...here, ...others.map((lease) => lease.device)])]
      },
    }
  }

  /** The sockets that a user has at other gateways. */
  async socketsElsewhere(user: string): Promise<readonly SharedSocket[]> {
    return (await this.#elsewhere([user])).filter(({ state }) => state !== 'returning')
  }

  /** Devices whose sockets are here as far as is known here. */
  get held(): SharedSocket[] {
    return [...this.#held.values()].map(({ socket }) => socket)
  }

  /** Tells all of it again: the others may have forgotten. */
  repeat(): void {
    for (const [key, held] of this.#held) if (!held.isOver) this.#tell(key, held, held.state, null)
  }

  /** Writes what is pending, behind what is being written. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flushing = this.#flushing.then(() => this.#write())
    return this.#flushing
  }

  async stop(): Promise<void> {
    clearInterval(this.#look)
    await this.flush()
  }

  #onChange(key: string, lease: Lease | undefined): void {
    const held = this.#held.get(key)
    if (!held) return
    if (lease === undefined || lease.state === 'returning') {
      this.#held.delete(key)
      const forMs = lease === undefined ? 0 : Math.max(0, lease.until - this.#options.now())
      this.#tell(key, held, 'returning', forMs)
    } else if (held.isOver || held.state !== lease.state) {
      held.isOver = false
      held.state = lease.state
      this.#tell(key, held, lease.state, null)
    }
  }

  #endOver(): void {
    for (const [key, held] of this.#held) {
      const { user, device } = held.socket
      if (held.isOver || this.#options.local.of(user, device)) continue
      held.isOver = true
      this.#tell(key, held, held.state, 0)
    }
  }

  #tell(key: string, { socket, place }: Held, state: SharedLease['state'], forMs: number | null): void {
    this.#pending.set(key, { ...socket, place, state, forMs })
    this.#arm(FLUSH_MS)
  }

  #arm(ms: number): void {
    this.#timer ??= setTimeout(() => {
      void this.flush()
    }, ms).unref()
  }

  async #write(): Promise<void> {
    if (this.#pending.size === 0) return
    const leases = this.#pending
    this.#pending = new Map()
    const { gateway, shared, onFault } = this.#options
    try {
      await shared.save(gateway, [...leases.values()])
    } catch (error) {
      onFault(error)
      // What is newer stays.
      for (const [key, lease] of leases) if (!this.#pending.has(key)) this.#pending.set(key, lease)
      this.#arm(LOOK_MS)
    }
  }

  async #elsewhere(users: readonly string[]) {
    const { gateway, shared } = this.#options
    return (await shared.of(users)).filter((lease) => lease.gateway !== gateway)
  }

  /** A device that has a socket here is here; else whoever expects it for longer is believed. */
  #later(mine: Lease | undefined, theirs: SharedLease | undefined): Lease | undefined {
    if (!theirs || (mine && mine.state !== 'returning')) return mine
    const lease = this.#leaseOf(theirs)
    return mine && lease.state === 'returning' && mine.until > lease.until ? mine : lease
  }

  #leaseOf({ state, forMs }: SharedLease): Lease {
    const { now, leaseMs } = this.#options
    return { state, until: now() + (forMs ?? leaseMs), isElsewhere: true }
  }
}

/** Ids hold no blank, so the key is unambiguous. */
const keyOf = (user: string, device: string): string => `${user} ${device}`
