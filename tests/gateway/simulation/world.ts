import { HeraldError, type Message, type ProviderName } from '@herald/protocol'
import type { Span } from '../../../gateway/contracts/push-ledger'
import type { PushTarget } from '../../../gateway/providers/provider'
import { Chance } from './chance'
import { Database } from './cluster/database'
import { GatewayGroup, type Asker } from './cluster/gateway-group'
import { Processes } from './cluster/processes'
import { noteCommit } from './commits'
import { GatewayLife, type GatewayHost } from './gateway-life'
import { judge } from './invariants'
import { Journal, type Sending, type Stay, type Trouble } from './journal'
import type { GatewayEnd } from './link'
import { MachineClock } from './machine-clock'
import { Person } from './person'
import type { Phone } from './phone'
import { isPaused, PushService } from './push-service'
import { judgeSending } from './sending-rules'
import { SimClock } from './sim-clock'
import { planRestore, StoreCopy } from './store-copy'
import { planTrouble } from './trouble-plan'
import { verifyAtOnce } from './verify-at-once'

const realRandom = Math.random

const START = Date.UTC(2026, 5, 1, 12)
/** How far the world goes at once in the storm, ms. */
export const STEP_MS = 100
/** And when all is quiet again. */
const QUIET_STEP_MS = 500

/** Everybody signs in on a good network. */
const SETTLE_IN_MS = 12_000
export const STORM_MS = 120_000
/** How long messages are kept. */
const RETENTION_MS = 30 * 86_400_000

/** How long everything works again before the world is judged. */
const HEAL_MS = 120_000

/** Of that, for how long apps and services still catch up, which a coarse step would slow down. */
const CATCH_UP_MS = 40_000

/** A hint that was lost between gateways is found within this, ms: bus/shared.ts counts, and looks again every two seconds. */
const HINT_MS = 5000

const BROWSERS = 0.3
/** Of all people so many have the app as a part of another one, whose tokens soon end. */
const GUESTS = 0.2
const PEOPLE_PER_TOPIC = 20
const SERVICES: readonly ProviderName[] = ['apns', 'unipush', 'jpush', 'webpush']

/** What is left of a world that was cut down to what makes it fail (shrink.ts). */
export interface Cut {
  /** The people who live in it, by their index among all that there were. */
  readonly lives: readonly number[]
  /** What befalls them, by name; the rest does not happen. Undefined: everything does. */
  readonly events?: readonly string[] | undefined
  /** When the gateway was gone, ms from the beginning: a kill in the middle of a write hangs on what all people do. */
  readonly outages: readonly Trouble[]
}

export interface WorldOptions {
  readonly seed: string
  readonly people: number
  /** Of all people so many have a browser with two tabs beside their phones. */
  readonly browsers?: number
  /** Of all people so many have the app as a part of another one, which brings JWTs that soon end. */
  readonly guests?: number
  /** Of all worlds so many are restored from an older copy, and so many have a clock that jumps; a quarter when absent. */
  readonly upsets?: number
  /** How many gateways share the store; 1 when absent. */
  readonly gateways?: number
  readonly folder: string
  /** The user whose story is kept. */
  readonly only?: string
  readonly cut?: Cut | undefined
}

/** One store, one gateway or several, three push services and many people with their phones, on one clock. */
export class World {
  readonly clock: SimClock
  readonly journal: Journal
  readonly chance: Chance
  readonly services: readonly PushService[]
  /** When each handle was asked for that no push has had yet, ms: the push may go by another service then. */
  readonly handlesAsked = new Map<string, number>()
  healing = false
  /** When the gateway last ended or began, ms. */
  troubledAt = 0
  /** When no gateway ran. */
  readonly outages: (Trouble & { isRestore?: true })[] = []
  /** When the gateway's disk took nothing. */
  readonly fullDisks: Trouble[] = []
  #gateway: GatewayLife | null = null
  readonly #processes: Processes | undefined
  /** Several gateways in place of one. */
  #group: GatewayGroup | undefined
  readonly #options: WorldOptions
  readonly #people: Person[] = []
  readonly #recipients = new Map<string, string>()
  readonly #handed = new Map<string, Set<string>>()
  readonly #sendings = new Map<string, Sending[]>()
  /** Messages that retention keeps of a feed. */
  readonly #mostPerFeed: number
  readonly #machine: MachineClock
  readonly #copy: StoreCopy
  #change: Promise<void> = Promise.resolve()

  constructor(options: WorldOptions) {
    const isGroup = (options.gateways ?? 1) > 1
    // Copies that are put back and clocks that jump are of worlds with one gateway.
    this.#options = isGroup ? { ...options, upsets: 0 } : options
    this.#processes = isGroup ? new Processes() : undefined
    this.clock = new SimClock(START, this.#processes)
    this.journal = new Journal(() => this.clock.now, options.only)
    this.chance = new Chance(options.seed, 'world')
    this.#mostPerFeed = this.chance.hits(0.35) ? this.chance.between(5, 12) : Number.MAX_SAFE_INTEGER
    this.#machine = new MachineClock(new Chance(options.seed, 'machine'), STORM_MS, this.#options.upsets)
    this.#copy = new StoreCopy(options.folder)
    this.services = SERVICES.map((name) => new PushService(this, options.seed, name))
    // Whoever asks in one moment gets the same: the order of promises must not change a run.
    Math.random = () => new Chance(options.seed, this.clock.now).next()
  }

  /** Lives the whole story, and judges it. */
  static async run(options: WorldOptions): Promise<Journal> {
    const world = new World(options)
    const restoreCrypto = verifyAtOnce()
    try {
      await world.#begin()
      await world.#live(SETTLE_IN_MS, STEP_MS)
      world.#storm()
      await world.#live(STORM_MS, STEP_MS)
      world.#heal()
      await world.#live(CATCH_UP_MS, STEP_MS)
      await world.#live(HEAL_MS - CATCH_UP_MS, QUIET_STEP_MS)
      await world.#judge()
      world.journal.outages = world.outages
        .filter(({ isRestore }) => isRestore !== true)
        .map(({ from, to }) => ({ from: from - START, to: to - START }))
      return world.journal
    } finally {
      await (world.#group ?? world.#gateway)?.stop()
      world.#processes?.close()
      Math.random = realRandom
      world.clock.end()
      restoreCrypto()
    }
  }

  /** One that the world may ask. */
  get gateway(): GatewayLife | null {
    return this.#group ? this.#group.any : this.#gateway
  }

  /** The one that answers who comes now. */
  get reached(): GatewayLife | null {
    return this.#group ? this.#group.reached : this.#gateway
  }

  /** The gateway that is at work now. */
  get asker(): Asker | undefined {
    if (this.#group) return this.#group.asker
    const life = this.#gateway
    return life ? { place: '', life, lives: () => this.#gateway === life } : undefined
  }

  /** How long it may take until a gateway knows what another one did, ms: what was lost between them is found by then. */
  get hintMs(): number {
    return this.#group ? HINT_MS : 0
  }

  set gateway(gateway: GatewayLife | null) {
    const { now } = this.clock
    if (gateway) for (const outage of this.outages) outage.to = Math.min(outage.to, now)
    else this.outages.push({ from: now, to: Infinity })
    this.journal.tellAll(gateway ? 'the gateway runs' : 'the gateway is gone')
    this.#gateway = gateway
  }

  /** The gateway's disk takes nothing now. */
  get isDiskFull(): boolean {
    return this.fullDisks.at(-1)?.to === Infinity
  }

  fillDisk(): void {
    if (this.isDiskFull || this.healing) return
    this.journal.count('full disks')
    this.journal.tellAll('the disk is full')
    this.fullDisks.push({ from: this.clock.now, to: Infinity })
  }

  freeDisk(): void {
    for (const full of this.fullDisks) full.to = Math.min(full.to, this.clock.now)
    this.journal.tellAll('the disk has room')
  }

  /** Retention looks at every feed. */
  trim(): void {
    this.#attempt((gateway) => gateway.trim())
  }

  /** As after a restore: every feed has another epoch. */
  renewEpochs(): void {
    if (!this.gateway || this.isDiskFull) return
    this.journal.count('renewals of all epochs')
    this.journal.tellAll('all epochs are renewed')
    this.journal.renewals.push(this.clock.now)
    this.#attempt(({ opened }) => opened.log.renewEpochs())
  }

  #attempt(work: (gateway: GatewayLife) => Promise<unknown>): void {
    const { gateway } = this
    if (!gateway) return
    gateway
      .within(() => work(gateway))
      .catch((error: unknown) => {
        if (this.gateway === gateway) this.#fault(error)
      })
  }

  /** A copy of the store is made, at the end of this step: then nothing is on its way to the disk. */
  copyStore(): void {
    if (!this.gateway || this.isDiskFull) return
    this.journal.tellAll('the store is copied')
    this.#afterStep(() => {
      this.#copy.make(this.clock.now)
      return Promise.resolve()
    })
  }

  /** The gateway ends, and begins again on the copy. @param offMs how long it is away */
  putStoreBack(wasKilled: boolean, offMs: number): void {
    const { gateway } = this
    const { madeAt } = this.#copy
    if (!gateway || madeAt === null || this.isDiskFull || this.healing) return
    this.journal.count('restores of an older copy')
    gateway.spare()
    if (wasKilled) gateway.killAtWrite(0, false, () => undefined)
    this.gateway = null
    Object.assign(this.outages.at(-1) ?? {}, { isRestore: true })
    this.#afterStep(async () => {
      await (wasKilled ? gateway.bury() : gateway.stop())
      this.clock.dropTimers()
      await this.#copy.putBack()
      this.journal.putBack(madeAt, this.#copy.messages)
      for (const { phones } of this.#people) for (const phone of phones) phone.putBack(madeAt)
      this.journal.tellAll('the store is as it was')
      this.clock.after(offMs, () => {
        this.#afterStep(() => this.#start())
      })
    })
  }

  #afterStep(work: () => Promise<void>): void {
    this.#change = this.#change.then(work)
  }

  /** Sets the clock of the gateway's machine. @param ms how far it is ahead */
  setMachine(ms: number): void {
    if (this.healing && ms !== 0) return
    if (ms !== 0) this.journal.count('jumps of the gateway’s clock')
    this.journal.tellAll(`the machine's clock is ${ms} ms ahead`)
    this.clock.setMachine(ms)
  }

  /** Time by which deadlines came later, since the gateway's time had gone back with no word of it. */
  get clockLosses(): readonly Trouble[] {
    return this.#machine.losses
  }

  /** When pushes that seemed too old waited for a clock that is believed. */
  get clockDoubts(): readonly Trouble[] {
    return this.#machine.doubts
  }

  clockMovedWithin(from: number, to: number): boolean {
    this.#noteTime(false)
    return this.#machine.movedWithin(from, to)
  }

  /** How far the gateway's time was ahead at most, from then to then, ms. */
  aheadWithin(from: number, to: number): number {
    return this.#machine.aheadWithin(from, to)
  }

  #noteTime(isNew: boolean): void {
    if (this.gateway && this.#isMachineSet)
      this.#machine.note(this.clock.now, this.gateway.now() - this.clock.now, isNew)
  }

  /** Something will happen, in so many ms, unless it was cut away. */
  plan(name: string, ms: number, run: () => void): void {
    this.journal.events.push(name)
    const { events } = this.#options.cut ?? {}
    if (!events || events.includes(name)) this.clock.after(ms, run)
  }

  get startedAt(): number {
    return START
  }

  get browsers(): number {
    return this.#options.browsers ?? BROWSERS
  }

  /** By a clock that is wrong tokens of others end at any time: who has them lives in other worlds. */
  get guests(): number {
    return this.#isMachineSet ? 0 : (this.#options.guests ?? GUESTS)
  }

  get #isMachineSet(): boolean {
    const { events } = this.#options.cut ?? {}
    return this.#machine.jumps && (!events || MachineClock.isAmong(events))
  }

  get people(): readonly Person[] {
    return this.#people
  }

  topicOf(index: number): string {
    return `topic:t${String(Math.floor(index / PEOPLE_PER_TOPIC))}`
  }

  phoneOf(provider: ProviderName, token: string): Phone | undefined {
    const name = provider === 'apns' ? Buffer.from(token, 'hex').toString() : (token.split('/').at(-1) ?? '')
    const owner = `u${/^p(\d+)/.exec(name)?.[1] ?? ''}`
    const person = this.#people.find(({ users }) => users[0] === owner)
    return person?.phones.find((phone) => phone.tokenOf(provider) === token)
  }

  accept(end: GatewayEnd): boolean {
    if (this.#group) return this.#group.accept(end)
    this.gateway?.accept(end)
    return this.gateway !== null
  }

  /** Nothing is published while nobody answers: a sender tries again. */
  publish(feed: string, content: { body: string; priority: number; expires?: number }): void {
    const gateway = this.reached
    if (gateway === null) {
      this.clock.after(700, () => {
        this.publish(feed, content)
      })
      return
    }
    gateway
      .ask(() => gateway.opened.log.append(feed, { ...content, data: { asked: this.clock.now } }))
      .catch((error: unknown) => {
        if (isDiskFull(error))
          this.clock.after(700, () => {
            this.publish(feed, content)
          })
        else if (this.gateway) this.#fault(error)
      })
  }

  handed(stay: Stay | null): ReadonlySet<string> {
    return (stay && this.#handed.get(stayKey(stay))) ?? new Set()
  }

  sendingsTo(phone: string): readonly Sending[] {
    return this.#sendings.get(phone) ?? []
  }

  show(
    phone: Phone,
    stay: Stay,
    id: string,
    by: 'app' | 'tray',
    visible: boolean,
    copy: boolean,
    push: Sending | null,
  ): void {
    const known = phone.known(this.journal.messages.get(id))
    this.journal.showings.push({ at: this.clock.now, stay, id, by, visible, copy, push, known })
    this.journal.count(visible ? `presented by ${by}` : 'silent by the rules')
    if (by === 'tray') return
    const handed = this.#handed.get(stayKey(stay))
    if (handed) handed.add(id)
    else this.#handed.set(stayKey(stay), new Set([id]))
  }

  /** A provider is asked. */
  async onSend(phone: Phone, target: PushTarget, sending: Sending): Promise<void> {
    const { asker, journal } = this
    const sent = this.#sendings.get(phone.name)
    if (sent) sent.push(sending)
    else this.#sendings.set(phone.name, [sending])
    journal.sendings.push(sending)
    if (!asker) throw new Error('a push of nobody')
    await judgeSending(this, asker.life, { phone, target, sending })
  }

  /** Whom a push names; empty: nobody. */
  userOf(recipient: string): string {
    return this.#recipients.get(recipient) ?? ''
  }

  nameOf(payload: string): string {
    return this.describe(JSON.parse(payload) as Sending['payload'])
  }

  /** Ends the gateway's process by force, now or in the middle of what it does next, and starts it again. */
  killGateway(): void {
    if (this.#group) {
      this.#group.kill()
      return
    }
    const { gateway } = this
    if (!gateway) return
    this.journal.count('gateway kills')
    const writes = this.chance.hits(0.3) ? 0 : this.chance.between(1, 40)
    const committed = this.chance.hits(0.5)
    if (!this.#options.cut) this.#kill(gateway, writes, committed)
  }

  #kill(gateway: GatewayLife, writes: number, committed: boolean): void {
    gateway.killAtWrite(writes, committed, () => {
      this.gateway = null
      this.#change = this.#after(() => gateway.bury())
    })
  }

  /** The gateway goes and comes as it did before the world was cut down. */
  #planOutages(outages: readonly Trouble[]): void {
    for (const { from, to } of outages) {
      this.clock.after(from, () => {
        if (this.gateway) this.#kill(this.gateway, 0, false)
      })
      this.clock.after(to, () => {
        this.#change = this.#change.then(() => this.#start())
      })
    }
  }

  restartGateway(): void {
    if (this.#group) {
      this.#group.restart()
      return
    }
    const { gateway } = this
    if (!gateway || this.#options.cut) return
    this.journal.count('gateway restarts')
    gateway.spare()
    this.gateway = null
    this.#change = this.#after(() => gateway.stop())
  }

  async #after(end: () => Promise<void>): Promise<void> {
    await end()
    this.clock.dropTimers()
    const ms = this.chance.between(200, 9000)
    if (this.#options.cut) return
    this.clock.after(ms, () => {
      this.#change = this.#start()
    })
  }

  #hostOf(isFirst: boolean): GatewayHost {
    const { journal } = this
    return {
      folder: this.#copy.data,
      providers: this.services,
      retention: { maxAgeMs: RETENTION_MS, maxCount: this.#mostPerFeed },
      isDiskFull: () => this.isDiskFull,
      ranForMs: isFirst ? this.#machine.ranForMs : 0,
      onPushed: (_user, device, spans) => {
        this.#onPushed(device, spans)
      },
      onAck: () => {
        journal.count('acks')
      },
      onLate: (late) => {
        journal.count('acks after a push', late.length)
        journal.count('false escalations', late.filter(({ afterMs }) => afterMs <= 30_000).length)
      },
      onFault: (error) => {
        this.#fault(error)
      },
    }
  }

  async #open(isFirst: boolean): Promise<GatewayLife | null> {
    if (this.isDiskFull && !this.#options.cut) return null
    return GatewayLife.start(this.#hostOf(isFirst)).catch((error: unknown) => {
      // It filled while the store was being opened.
      if (this.isDiskFull && isDiskFull(error)) return null
      throw error
    })
  }

  async #startGroup(gateways: number, processes: Processes): Promise<void> {
    const { folder, seed } = this.#options
    const database = await Database.open(`${folder}/data`, () => this.clock.now)
    database.engine.onCommit((committed) => {
      for (const { call, result } of committed) noteCommit(this.journal, call, result)
    })
    this.#group = new GatewayGroup(gateways, {
      ...{ world: this, chance: new Chance(seed, 'group'), processes, database, host: this.#hostOf(false) },
      observe: (life) => {
        this.#observe(life)
      },
      fault: (error) => {
        this.#fault(error)
      },
    })
    await this.#group.start()
  }

  async #start(isFirst = false): Promise<void> {
    const gateway = await this.#open(isFirst)
    if (!gateway) {
      // It ended since the disk was full, and whoever supervises it starts it again.
      this.clock.after(1000, () => {
        this.#change = this.#start()
      })
      return
    }
    this.#observe(gateway)
    const { journal } = this
    gateway.opened.store.onCommit((committed) => {
      for (const { call, result } of committed) noteCommit(journal, call, result)
    })
    for (const service of this.services) service.circuitOf('').reset(this.clock.now)
    this.gateway = gateway
    this.troubledAt = this.clock.now
    this.#noteTime(true)
  }

  #observe({ told }: GatewayLife): void {
    const { journal } = this
    told.on('appended', ({ messages }) => {
      for (const message of messages) journal.notePublished(message)
    })
    told.on('trimmed', ({ head: { feed, from, head } }) => {
      journal.noteTrim(feed, from)
      // Nothing in this world is old, whatever its clocks say.
      if (from > Math.max(1, head - this.#mostPerFeed + 1))
        journal.fail('dropped for its age', '', `${feed} begins at ${from}, head ${head}`)
    })
  }

  #onPushed(device: string, spans: readonly Span[]): void {
    const covers = ({ feed, seq }: Message): boolean =>
      spans.some((span) => span.feed === feed && span.first <= seq && seq <= span.last)
    const sending = this.#sendings.get(device)?.findLast(({ payload, recorded }) => {
      if (payload.type === 'clear' || recorded !== null) return false
      const first = this.journal.messages.get(
        payload.type === 'summary' ? (payload.ids[0] ?? '') : payload.id,
      )
      return first !== undefined && !this.journal.lost.has(first.id) && covers(first)
    })
    if (sending) sending.recorded = this.clock.now
  }

  #fault(error: unknown): void {
    // Told by whoever could not write, and tried again.
    if (isDiskFull(error) && this.fullDisks.length > 0) return
    this.journal.fail(
      'fault in the gateway',
      '',
      error instanceof Error ? (error.stack ?? '') : String(error),
    )
  }

  /** A push in a few words. */
  describe(payload: Sending['payload']): string {
    const ids = payload.type === 'message' ? [payload.id] : payload.ids
    const names = ids.map((id) => {
      const { feed, seq } = this.journal.messages.get(id) ?? { feed: id, seq: 0 }
      return `${feed} ${seq}`
    })
    return `${payload.type} [${names.join(', ')}]`
  }

  async #begin(): Promise<void> {
    if (this.#processes) await this.#startGroup(this.#options.gateways ?? 1, this.#processes)
    else await this.#start(true)
    const { gateway } = this
    if (!gateway) throw new Error('the gateway did not start')
    const { people, cut } = this.#options
    this.#planOutages(cut?.outages ?? [])
    const indices = cut?.lives ?? Array.from({ length: people }, (_, index) => index)
    const made = await Promise.all(
      indices.map((index) => gateway.within(() => Person.make(this, gateway, index, this.#options.seed))),
    )
    for (const person of made) {
      this.#people.push(person)
      for (const user of person.users) this.#recipients.set(gateway.recipientOf(user), user)
      person.arrive()
    }
  }

  #storm(): void {
    for (const person of this.#people) person.plan(STORM_MS)
    const at = (): number => this.chance.between(0, STORM_MS - 15_000)
    for (let topic = 0; topic * PEOPLE_PER_TOPIC < this.#options.people; topic += 1)
      for (let count = this.chance.between(2, 5); count > 0; count -= 1)
        this.plan(`topic:t${String(topic)} publish ${String(count)}`, at(), () => {
          this.publish(`topic:t${String(topic)}`, Person.content(this.chance, this.clock.now))
        })
    planTrouble(this, at)
    // Each of its own chance, so that the rest of the world is as it was before there was such trouble.
    planRestore(this, new Chance(this.#options.seed, 'restore'), this.#options.upsets)
    this.#machine.plan(this)
    this.#group?.plan(() =>
      new Chance(this.#options.seed, 'group', this.journal.events.length).between(0, STORM_MS - 15_000),
    )
  }

  #heal(): void {
    this.healing = true
    this.freeDisk()
    this.setMachine(0)
    this.#group?.heal()
    for (const service of this.services) service.weather = 'fair'
    for (const person of this.#people) person.heal()
  }

  async #live(ms: number, stepMs: number): Promise<void> {
    const end = this.clock.now + ms
    while (this.clock.now < end) {
      this.clock.pass(stepMs)
      for (const person of this.#people) person.flushStorage()
      await (this.#group ?? this.#gateway)?.idle()
      this.#noteTime(false)
      this.#notePauses(stepMs)
      await this.#change
      if (!this.gateway) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #notePauses(stepMs: number): void {
    const alone = this.#gateway ? [{ name: '', life: this.#gateway }] : []
    for (const { name: place, life } of this.#group?.working ?? alone)
      for (const service of this.services) {
        const circuit = service.circuitOf(place)
        const wrong = circuit.look(this.clock.now, stepMs, isPaused(life, service.name))
        if (wrong !== undefined) this.journal.fail('a service was paused', '', `${service.name}: ${wrong}`)
      }
  }

  async #judge(): Promise<void> {
    // What a killed gateway may have been busy with is over by now.
    if (!this.gateway) throw new Error('the gateway did not come back')
    await (this.#group ? this.#group.flushAcks() : this.gateway.acks.flush())
    await judge(this, this.gateway)
  }
}

const isDiskFull = (error: unknown): boolean =>
  error instanceof HeraldError && error.code === 'storage_unavailable'

export const stayKey = ({ phone, number }: Stay): string => `${phone} ${number}`
