import { Registry } from 'prom-client'
import { SharedBus } from '../../../../gateway/bus/shared'
import { LocalBus } from '../../../../gateway/bus/local'
import { openSharing, type Sharing } from '../../../../gateway/cluster/open-cluster'
import type { Bus, BusEventName, BusEvents, BusListener } from '../../../../gateway/contracts/bus'
import type { Standing } from '../../../../gateway/contracts/cluster'
import { Everywhere } from '../../../../gateway/presence/everywhere'
import type { Presence } from '../../../../gateway/presence/presence'
import { openLog } from '../../../../gateway/process/log'
import type { Retention } from '../../../../gateway/stores/feed-rules'
import type { OpenedStore } from '../../../../gateway/stores/sqlite/open'
import type { Connection } from '../../../../gateway/ws/connection'
import { endedSince } from '../../../../gateway/ws/ended-since'
import type { Hub } from '../../../../gateway/ws/hub'
import type { Database } from './database'
import type { Processes } from './processes'
import type { Wires } from './wires'

const logger = openLog('silent')

/** What all gateways of a world have together. */
export interface Common {
  readonly database: Database
  readonly processes: Processes
  readonly wires: Wires
}

interface Listening {
  readonly presence: Presence
  readonly connections: () => Iterable<Connection>
  readonly leaseMs: number
  readonly now: () => number
  readonly onFault: (error: unknown) => void
}

/** What one life of a gateway has beside the others, put together as gateway/main.ts does it. */
export class Member {
  /** Names this life, and its process. */
  readonly id: string
  readonly bus: OwnBus
  readonly #common: Common
  readonly #shared: SharedBus
  #isDead: () => boolean = () => false
  #parts: { everywhere: Everywhere; sharing: Sharing; endpoint: Sockets } | undefined

  constructor(id: string, common: Common, onFault: (error: unknown) => void) {
    this.id = id
    this.#common = common
    this.#shared = new SharedBus({ gateway: id, onFault })
    this.bus = new OwnBus(this.#shared, onFault)
  }

  run<Result>(work: () => Result): Result {
    return this.#common.processes.run(this.id, work)
  }

  /** Something comes from outside. */
  reach(work: () => void): void {
    this.#common.processes.reach(this.id, work)
  }

  /** Resolves when its process runs. */
  running(): Promise<void> {
    return this.#common.processes.running(this.id)
  }

  open(
    retention: Retention,
    clockOf: (known: number | undefined, wall: () => number) => () => number,
  ): Promise<OpenedStore> {
    const { database, wires } = this.#common
    const client = {
      run: <Result>(work: () => Result): Result => this.run(work),
      isDead: () => this.#isDead(),
      notifications: wires.of(this.id),
    }
    return database.connect({ bus: this.bus, client, retention, clockOf })
  }

  /** What the parts need that are put together next. */
  begin(opened: OpenedStore, isDead: () => boolean, listening: Listening): Everywhere {
    this.#isDead = isDead
    const { presence, connections, leaseMs, now, onFault } = listening
    if (!opened.cluster) throw new Error('a store of one gateway')
    const everywhere = new Everywhere({
      ...{ gateway: this.id, local: presence, shared: opened.cluster.presence, leaseMs, now, onFault },
    })
    const endpoint = new Sockets(connections, this.bus)
    this.bus.on('device_ended', ({ user, device }) => {
      presence.forget(user, device)
    })
    const note = () => ({ id: this.id, name: this.id, version: '0', connections: endpoint.live.length })
    const metrics = { registry: new Registry() }
    const sharing = openSharing(opened, { bus: this.#shared, wire: undefined, note, logger, metrics })
    this.#parts = { everywhere, sharing, endpoint }
    return everywhere
  }

  readonly mayWork = (): boolean => this.#parts?.sharing.mayWork() ?? false
  readonly isFirst = (): boolean => this.#parts?.sharing.isFirst() ?? false

  async join(
    hub: Hub,
    { subscriptions, pushes }: Pick<OpenedStore, 'subscriptions' | 'pushes'>,
  ): Promise<void> {
    if (!this.#parts) throw new Error('it has not begun')
    const { everywhere, sharing, endpoint } = this.#parts
    await sharing.join({ everywhere, hub, endpoint, subscriptions, pushes })
  }

  async leave(): Promise<void> {
    await this.#parts?.everywhere.stop()
    await this.#parts?.sharing.leave()
  }
}

/** The bus as one gateway has it. What the gateway itself tells is also told by `own`, and what comes from others is not. */
export class OwnBus implements Bus {
  readonly own: LocalBus
  readonly #shared: SharedBus

  constructor(shared: SharedBus, onFault: (error: unknown) => void) {
    this.#shared = shared
    this.own = new LocalBus(onFault)
  }

  tell<Name extends BusEventName>(name: Name, event: BusEvents[Name]): void {
    this.own.tell(name, event)
    this.#shared.tell(name, event)
  }

  on<Name extends BusEventName>(name: Name, listener: BusListener<Name>): () => void {
    return this.#shared.on(name, listener)
  }
}

/** The live sockets of a gateway, as ws/endpoint.ts has them. */
class Sockets {
  readonly #connections: () => Iterable<Connection>

  constructor(connections: () => Iterable<Connection>, bus: Pick<Bus, 'on'>) {
    this.#connections = connections
    const none: Standing = { tokens: [], users: [], devices: [] }
    bus.on('renewed', () => {
      this.renew()
    })
    bus.on('device_ended', ({ at = Infinity, ...device }) => {
      this.end(endedSince(this.live, { ...none, devices: [{ ...device, at }] }))
    })
  }

  get live() {
    return [...this.#connections()].flatMap(({ who }) => who ?? [])
  }

  renew(): void {
    for (const connection of this.#connections()) connection.close('feeds_changed')
  }

  end({ tokens, users, devices }: Standing): void {
    for (const connection of this.#connections()) {
      const { who } = connection
      if (!who) continue
      const isEnded = devices.some(({ user, device }) => user === who.user && device === who.device)
      if (isEnded || tokens.includes(who.tokenId) || users.includes(who.user))
        connection.close('token_revoked')
    }
  }
}
