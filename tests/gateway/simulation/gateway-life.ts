import { errors, HeraldError, parseClientFrame, type ProviderName } from '@herald/protocol'
import { AckBuffer } from '../../../gateway/presence/ack-buffer'
import { LiveNotes } from '../../../gateway/presence/live-notes'
import { Presence } from '../../../gateway/presence/presence'
import { ClockKeeper } from '../../../gateway/clock/clock-keeper'
import { GatewayClock } from '../../../gateway/clock/gateway-clock'
import { followMoves } from '../../../gateway/escalation/clock-moves'
import { steadyClock } from '../../../gateway/escalation/steady-clock'
import { openLog } from '../../../gateway/process/log'
import { keepUp } from '../../../gateway/process/upkeep'
import { openRecipients, type RecipientOf } from '../../../gateway/escalation/recipients'
import { openEscalation, type OpenedEscalation } from '../../../gateway/escalation/open-escalation'
import type { LateAck } from '../../../gateway/contracts/acks'
import type { Principal } from '../../../gateway/contracts/directory'
import { LocalBus } from '../../../gateway/bus/local'
import type { Span } from '../../../gateway/contracts/push-ledger'
import { Receipts } from '../../../gateway/escalation/receipts'
import type { Provider } from '../../../gateway/providers/provider'
import { ProviderRegistry } from '../../../gateway/providers/registry'
import type { Retention } from '../../../gateway/stores/feed-rules'
import { openStore, type OpenedStore } from '../../../gateway/stores/sqlite/open'
import type { SqliteEngine } from '../../../gateway/stores/sqlite/engine'
import { Connection } from '../../../gateway/ws/connection'
import { JoinQueue } from '../../../gateway/ws/join-queue'
import { clock as socketClock, type SocketContext } from '../../../gateway/ws/context'
import { Hub } from '../../../gateway/ws/hub'
import { verifyJwt, type VerifyJwt } from '../../../gateway/users/jwt'
import { JWT } from './business-backend'
import { SETTINGS } from '../escalation/push-settings'
import type { Bus } from '../../../gateway/contracts/bus'
import type { Everywhere } from '../../../gateway/presence/everywhere'
import type { Member } from './cluster/member'
import type { GatewayEnd } from './link'
import { writerInTurn } from './writer-in-turn'

const HEARTBEAT_MS = 25_000

const logger = openLog('silent')

/** As gateway/main.ts has them. */
const LEASE_HEARTBEATS = 1.5
const RETURN_SPREAD_MS = 5000
const DEADLINES_MS = 1000
const SHARED_ACKS_MS = 200

/** What a dead process answers. */
const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

export interface GatewayHost {
  readonly folder: string
  readonly providers: readonly Provider[]
  readonly retention: Retention
  readonly isDiskFull: () => boolean
  /** For how long it has run before the world began, ms. */
  readonly ranForMs: number
  /** Called when a push was accepted and that is on disk. */
  readonly onPushed: (user: string, device: string, spans: readonly Span[]) => void
  readonly onAck: (user: string, device: string, feed: string, seq: number) => void
  readonly onLate: (late: readonly LateAck[]) => void
  readonly onFault: (error: unknown) => void
  /** What it has beside others on one store; absent: it is alone. */
  readonly member?: Member
}

/** One life of the gateway's process on the world's store, put together as gateway/main.ts does it. */
export class GatewayLife {
  readonly opened: OpenedStore
  /** What this gateway tells of what the store has committed. */
  readonly told: Pick<Bus, 'on'>
  readonly escalation: OpenedEscalation
  readonly recipientOf: RecipientOf
  readonly presence: Presence
  readonly acks: AckBuffer
  readonly receipts: Receipts
  /** What feeds are stamped by. */
  readonly time: GatewayClock
  /** What deadlines are counted by. */
  readonly now: () => number
  readonly #keeper: ClockKeeper
  readonly #stopUpkeep: () => void
  readonly #live: LiveNotes
  readonly #hub: Hub
  /** Real time is none of a simulation's: no join takes any. */
  readonly #joins = new JoinQueue({ elapsed: () => 0, next: () => Promise.resolve() })
  readonly #providers: ProviderRegistry
  readonly #host: GatewayHost
  readonly #writes: Writes
  readonly #verifyJwt: VerifyJwt
  readonly #connections = new Map<Connection, GatewayEnd>()
  readonly #everywhere: Everywhere | undefined
  readonly #sweep: NodeJS.Timeout

  private constructor(
    host: GatewayHost,
    { opened, time }: OpenedWithClock,
    bus: Bus,
    writes: Writes,
    recipientOf: RecipientOf,
  ) {
    const { member } = host
    const owner = member?.id ?? 'local'
    this.told = member?.bus.own ?? bus
    this.#host = host
    this.time = time
    const now = (this.now = steadyClock(time))
    this.#writes = writes
    this.opened = opened
    this.recipientOf = recipientOf
    this.#verifyJwt = verifyJwt(JWT, opened.directory, time.now)
    const { log, devices } = opened
    bus.on('renewed', () => {
      for (const connection of this.#connections.keys()) connection.close('feeds_changed')
    })
    const fault = (error: unknown): void => {
      if (!writes.dead) host.onFault(error)
    }
    this.presence = new Presence(LEASE_HEARTBEATS * HEARTBEAT_MS, now, () => performance.now())
    this.#everywhere = member?.begin(opened, () => writes.dead, {
      ...{ presence: this.presence, leaseMs: LEASE_HEARTBEATS * HEARTBEAT_MS, now, onFault: fault },
      connections: () => this.#connections.keys(),
    })
    this.acks = new AckBuffer(opened.acks, fault, member && SHARED_ACKS_MS)
    this.acks.onLate(host.onLate)
    this.receipts = new Receipts(opened.pushes, fault)
    this.#live = new LiveNotes(devices, fault, now)
    this.#hub = new Hub({
      ...{ log, bus, gateway: owner, onDelivered: () => undefined, takePlace: this.#everywhere?.enter },
    })
    this.#providers = new ProviderRegistry(
      host.providers.map((provider) => whileAlive(provider, writes, member)),
    )
    this.escalation = openEscalation({
      ...{ store: opened, bus, acks: this.acks, presence: this.#everywhere ?? this.presence, recipientOf },
      ...{ now, owner },
      ...(member && { mayWork: member.mayWork }),
      doubtsClock: () => time.doubt !== undefined,
      settings: SETTINGS,
      findProvider: (name, app) => this.#providers.find(name, app),
      observer: {
        outcome: () => undefined,
        fault,
      },
    })
    this.told.on('pushed', ({ user, device, spans }) => {
      host.onPushed(user, device, spans)
    })
    const { escalation, sender } = this.escalation
    followMoves(time, { pushes: opened.pushes, circuits: sender.circuits, escalation }, fault)
    this.#keeper = new ClockKeeper(time, opened.clock, logger)
    const upkeep = { clock: time, keeper: this.#keeper, ...(member && { isFirst: member.isFirst }) }
    this.#stopUpkeep = keepUp(opened, host.retention.maxAgeMs, logger, upkeep)
    this.#sweep = setInterval(() => {
      for (const connection of this.#connections.keys())
        connection.checkDeadlines(socketClock.elapsed(), time.now())
    }, DEADLINES_MS)
  }

  static async start(host: GatewayHost): Promise<GatewayLife> {
    const { isDiskFull, member } = host
    const bus = member?.bus ?? new LocalBus(host.onFault)
    const withClock = await openWithClock(host, bus)
    const { opened } = withClock
    const writes = new Writes(opened.store, isDiskFull)
    // A process that cannot write when it starts ends with that.
    const recipientOf = await openRecipients(opened.secrets).catch(async (error: unknown) => {
      writes.dead = true
      await opened.store.close()
      throw error
    })
    const life = new GatewayLife(host, withClock, bus, writes, recipientOf)
    life.presence.expect(await opened.devices.leftLive())
    if (member) await member.join(life.#hub, opened)
    await life.escalation.escalation.start()
    return life
  }

  get dead(): boolean {
    return this.#writes.dead
  }

  /** What is on its way to the disk; null: nothing. */
  get busy(): Promise<unknown> | null {
    const { waiting, died } = this.#writes
    return waiting.size === 0 ? null : Promise.race([Promise.all(waiting), died])
  }

  /** Waits until nothing is on its way to the disk and nothing follows from what came back. */
  async idle(): Promise<void> {
    for (let calm = 0; calm < 2;) {
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#writes.waiting.size === 0) calm += 1
      else {
        calm = 0
        await Promise.race([Promise.all(this.#writes.waiting), this.#writes.died])
      }
    }
  }

  /** Answers what is asked from outside, when its process runs. */
  ask<Result>(work: () => Promise<Result>): Promise<Result> {
    const { member } = this.#host
    return member ? member.running().then(() => member.run(work)) : work()
  }

  /** Lets the gateway do something in its own process. */
  within<Result>(work: () => Result): Result {
    const { member } = this.#host
    return member ? member.run(work) : work()
  }

  /** Whom a secret speaks for, as gateway/main.ts has it. */
  authenticate(secret: string): Promise<Principal> {
    const found = this.#verifyJwt(secret).then(
      (principal) => principal ?? this.opened.directory.authenticate(secret),
    )
    return this.#writes.waitFor(found)
  }

  /** A socket comes in; to a process that is frozen all of it comes when it runs again. */
  accept(end: GatewayEnd): void {
    const { member } = this.#host
    const reach = (work: () => void): void => {
      if (member) member.reach(work)
      else work()
    }
    let connection: Connection | undefined
    reach(() => {
      connection = this.#open(end)
    })
    end.onClosed = (code) => {
      reach(() => {
        if (!connection) return
        this.#connections.delete(connection)
        if (!this.dead) connection.onSocketClosed(code)
      })
    }
    end.onText = (text) => {
      reach(() => {
        const parsed = parseClientFrame(text)
        if (parsed.ok && parsed.frame.type === 'ack' && end.joined)
          this.#host.onAck(end.joined.user, end.joined.device, parsed.frame.feed, parsed.frame.seq)
        connection?.onText(Buffer.from(text))
      })
    }
  }

  #open(end: GatewayEnd): Connection {
    const { log, subscriptions, pushes } = this.opened
    const context: SocketContext = {
      ...{ log, subscriptions, pushes, acks: this.acks },
      ...{ presence: this.presence, live: this.#live, hub: this.#hub },
      heartbeatMs: HEARTBEAT_MS,
      now: this.time.now,
      observer: {
        opened: () => undefined,
        answered: () => undefined,
        joined: ({ user, device }) => {
          end.joined = { user, device }
        },
        received: () => undefined,
        delivered: () => undefined,
        acked: () => undefined,
        closed: () => undefined,
        fault: this.#host.onFault,
      },
      authenticate: (token) => this.authenticate(token),
    }
    const connection = new Connection(end.websocket, end.socket, context, {
      joins: this.#joins,
      joined: () => undefined,
      forget: () => undefined,
    })
    this.#connections.set(connection, end)
    return connection
  }

  /** kill -9 when the `count`th write from now is asked for; with 0 now. That write may or may not reach the disk. */
  killAtWrite(count: number, committed: boolean, onDead: () => void): void {
    this.#writes.endAt(count, committed, onDead)
  }

  /** Nobody kills it any more. */
  spare(): void {
    this.#writes.endAt(Infinity, false, () => undefined)
  }

  /** Retention looks at every feed; nothing goes for its age while the clock is not believed. */
  async trim(): Promise<void> {
    await this.opened.log.trim((await this.#keeper.look()) ? this.time.now() : undefined)
  }

  /** The process is gone: whoever had a socket hears it from the operating system. */
  async bury(): Promise<void> {
    clearInterval(this.#sweep)
    for (const end of this.#connections.values()) end.die()
    if (!this.#host.member) await this.opened.store.close()
  }

  /** SIGTERM, in the order of gateway/main.ts. */
  async stop(): Promise<void> {
    clearInterval(this.#sweep)
    this.#stopUpkeep()
    await this.#live.stop()
    for (const connection of [...this.#connections.keys()])
      connection.close('going_away', `going_away retry=${RETURN_SPREAD_MS}`)
    await new Promise((resolve) => setImmediate(resolve))
    this.receipts.stop()
    await Promise.race([this.escalation.escalation.stop(0), this.idle()])
    await this.acks.flush()
    if (this.#host.member) await this.#host.member.leave()
    this.#writes.dead = true
    if (!this.#host.member) await this.opened.store.close()
  }

  isOn(provider: ProviderName, app: string): boolean {
    return this.#providers.find(provider, app) !== undefined
  }

  providerList() {
    return this.#providers.list()
  }
}

interface OpenedWithClock {
  readonly opened: OpenedStore
  readonly time: GatewayClock
}

/** Opens the store and the gateway's clock, as gateway/main.ts does; the machine slept never. */
async function openWithClock(host: GatewayHost, bus: Bus): Promise<OpenedWithClock> {
  const { retention, folder, ranForMs, member } = host
  let time: GatewayClock | undefined
  // What it ran before the world began lies behind it at once, and evenly.
  let aheadOfIt = ranForMs
  const elapsed = (): number => performance.now() + ranForMs - aheadOfIt
  const clockOf = (known: number | undefined, wall = () => Date.now()): (() => number) => {
    const clocks = { wall: () => wall() - aheadOfIt, elapsed, uptime: elapsed }
    return (time = new GatewayClock({ built: 0, known }, clocks)).now
  }
  const opened = member
    ? await member.open(retention, clockOf)
    : await openStore({ writer: writerInTurn, retention, folder, bus, clockOf })
  if (!time) throw new Error('the store was opened without a clock')
  aheadOfIt = 0
  time.look()
  return { opened, time }
}

/** The way to the disk of one process: counts, and ends with it. */
class Writes {
  readonly waiting = new Set<Promise<unknown>>()
  readonly died: Promise<void>
  dead = false
  #left = Infinity
  #committed = false
  #onDead: () => void = () => undefined
  readonly #resolveDied: () => void

  constructor(store: SqliteEngine, isDiskFull: () => boolean) {
    let resolveDied = (): void => undefined
    this.died = new Promise((resolve) => (resolveDied = resolve))
    this.#resolveDied = resolveDied
    const write = store.write.bind(store)
    store.write = (name, args) => {
      if (this.dead) return never()
      if (isDiskFull()) return Promise.reject(new HeraldError('storage_unavailable'))
      if ((this.#left -= 1) <= 0) return this.#end(() => write(name, args))
      return this.waitFor(write(name, args))
    }
  }

  /** Nothing else happens before this is done; a process that died meanwhile does not hear of it. */
  waitFor<T>(done: Promise<T>): Promise<T> {
    const settled = done.then(
      () => undefined,
      () => undefined,
    )
    this.waiting.add(settled)
    void settled.then(() => this.waiting.delete(settled))
    return done.then((result) => (this.dead ? never() : result))
  }

  endAt(count: number, committed: boolean, onDead: () => void): void {
    this.#left = count
    this.#committed = committed
    this.#onDead = onDead
    if (count === 0) void this.#end(() => Promise.resolve())
  }

  #end<T>(write: () => Promise<T>): Promise<T> {
    if (this.#committed) write().catch(() => undefined)
    this.dead = true
    this.#resolveDied()
    this.#onDead()
    return never()
  }
}

/** A provider that a dead process cannot use any more, and whose answers it does not hear. */
function whileAlive(provider: Provider, writes: Writes, member: Member | undefined): Provider {
  const { name, app, clears } = provider
  const prepare = provider.prepare?.bind(provider)
  const isDead = (): boolean => writes.dead
  return {
    ...{ name, app, clears },
    ...(prepare && {
      prepare: async (signal: AbortSignal) => {
        const handle = await prepare(signal)
        if (member) await member.running()
        return isDead() ? never<string>() : handle
      },
    }),
    async send(target, alert, signal) {
      if (isDead()) return never()
      const outcome = await provider.send(target, alert, signal)
      if (member) await member.running()
      return isDead() ? never() : outcome
    },
    check: (signal) => provider.check(signal),
    close: () => provider.close(),
  }
}

/** An error as HTTP tells it. */
export function toAnswer(error: unknown): { status: number; text: string } {
  const known = error instanceof HeraldError ? error : new HeraldError('internal')
  return { status: errors[known.code].status, text: JSON.stringify(known.toBody()) }
}
