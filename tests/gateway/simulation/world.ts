import type { Message, ProviderName } from '@herald/protocol'
import { rangesHold } from '@herald/protocol'
import type { PushRow } from '../../../gateway/escalation/push-rows'
import type { Call, CommandArgs } from '../../../gateway/store/commands'
import type { MarkReadResult } from '../../../gateway/users/subscription-commands'
import { SETTINGS } from '../escalation/push-settings'
import { Chance } from './chance'
import { GatewayLife } from './gateway-life'
import { judgeClear } from './clears'
import { judge } from './invariants'
import { Journal, type Sending, type Stay, type Trouble } from './journal'
import type { GatewayEnd } from './link'
import { Person } from './person'
import type { Phone } from './phone'
import { PushService } from './push-service'
import { SimClock } from './sim-clock'

const realRandom = Math.random

const START = Date.UTC(2026, 5, 1, 12)
/** How far the world goes at once in the storm, ms. */
export const STEP_MS = 100
/** And when all is quiet again. */
const QUIET_STEP_MS = 500

/** Everybody signs in on a good network. */
const SETTLE_IN_MS = 12_000
export const STORM_MS = 120_000
/** How long everything works again before the world is judged. */
const HEAL_MS = 120_000

/** Of that, for how long apps and services still catch up, which a coarse step would slow down. */
const CATCH_UP_MS = 40_000

/** No device that is there is pushed to sooner after a message, ms. */
const LEAST_DEADLINE_MS = SETTINGS.deadlines.backgroundMs

/** A socket that has been whole for so long has told the gateway of its app, ms. */
const LEASE_SURE_MS = 2000

const PEOPLE_PER_TOPIC = 20
const SERVICES: readonly ProviderName[] = ['apns', 'unipush', 'jpush']

export interface WorldOptions {
  readonly seed: string
  readonly people: number
  readonly folder: string
  /** The store's bundled writer. */
  readonly writer: URL
  /** The user whose story is kept. */
  readonly only?: string
}

/** One store, one gateway, three push services and many people with their phones, on one clock. */
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
  readonly outages: Trouble[] = []
  #gateway: GatewayLife | null = null
  readonly #options: WorldOptions
  readonly #people: Person[] = []
  readonly #recipients = new Map<string, string>()
  readonly #handed = new Map<string, Set<string>>()
  readonly #sendings = new Map<string, Sending[]>()
  #change: Promise<void> = Promise.resolve()

  constructor(options: WorldOptions) {
    this.#options = options
    this.clock = new SimClock(START)
    this.journal = new Journal(() => this.clock.now, options.only)
    this.chance = new Chance(options.seed, 'world')
    this.services = SERVICES.map((name) => new PushService(this, options.seed, name))
    // Whoever asks in one moment gets the same: the order of promises must not change a run.
    Math.random = () => new Chance(options.seed, this.clock.now).next()
  }

  /** Lives the whole story, and judges it. */
  static async run(options: WorldOptions): Promise<Journal> {
    const world = new World(options)
    try {
      await world.#begin()
      await world.#live(SETTLE_IN_MS, STEP_MS)
      world.#storm()
      await world.#live(STORM_MS, STEP_MS)
      world.#heal()
      await world.#live(CATCH_UP_MS, STEP_MS)
      await world.#live(HEAL_MS - CATCH_UP_MS, QUIET_STEP_MS)
      await world.#judge()
      return world.journal
    } finally {
      await world.gateway?.stop()
      Math.random = realRandom
      world.clock.end()
    }
  }

  get gateway(): GatewayLife | null {
    return this.#gateway
  }

  set gateway(gateway: GatewayLife | null) {
    const { now } = this.clock
    if (gateway) for (const outage of this.outages) outage.to = Math.min(outage.to, now)
    else this.outages.push({ from: now, to: Infinity })
    this.journal.tellAll(gateway ? 'the gateway runs' : 'the gateway is gone')
    this.#gateway = gateway
  }

  get startedAt(): number {
    return START
  }

  get people(): readonly Person[] {
    return this.#people
  }

  topicOf(index: number): string {
    return `topic:t${String(Math.floor(index / PEOPLE_PER_TOPIC))}`
  }

  phoneOf(provider: ProviderName, token: string): Phone | undefined {
    const name = provider === 'apns' ? Buffer.from(token, 'hex').toString() : token
    const person = this.#people[Number(/^p(\d+)/.exec(name)?.[1])]
    return person?.phones.find((phone) => phone.tokenOf(provider) === token)
  }

  accept(end: GatewayEnd): boolean {
    this.gateway?.accept(end)
    return this.gateway !== null
  }

  /** Nothing is published while nobody answers: a sender tries again. */
  publish(feed: string, content: { body: string; priority: number; expires?: number }): void {
    if (this.gateway === null) {
      this.clock.after(700, () => {
        this.publish(feed, content)
      })
      return
    }
    this.gateway.opened.log.append(feed, content).catch((error: unknown) => {
      if (this.gateway) this.#fault(error)
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

  /** A provider is asked: what is read, or acked by that very device, must not be among it. */
  onSend(phone: Phone, sending: Sending): void {
    const { payload } = sending
    const { gateway, journal } = this
    const sent = this.#sendings.get(phone.name)
    if (sent) sent.push(sending)
    else this.#sendings.set(phone.name, [sending])
    journal.sendings.push(sending)
    journal.count(payload.type === 'clear' ? 'clears' : 'pushes')
    const user = this.#recipients.get(payload.to)
    if (!gateway || user === undefined) throw new Error('a push for nobody')
    journal.tell(
      phone.owner,
      `push to ${phone.name} for ${user} by ${sending.provider}: ${sending.fate} ${this.#describe(payload)}`,
    )
    const feeds = gateway.opened.subscriptions.feedsOf(user)
    if (payload.type === 'clear') {
      const readOf = (feed: string) => feeds.find((state) => state.feed === feed)?.read ?? []
      judgeClear(this, phone, sending, ({ feed, seq }) => rangesHold(readOf(feed), seq))
      return
    }
    this.#judgeEarly(phone, user, sending)
    if (phone.app?.running && phone.app.visible && phone.network === 'good')
      journal.count('pushes to an app in front')
    for (const id of payload.type === 'summary' ? payload.ids : [payload.id]) {
      const message = journal.messages.get(id)
      const state = feeds.find(({ feed }) => feed === message?.feed)
      if (!message || !state) throw new Error('a push for a message that nobody published')
      const where = `${message.feed} ${message.seq} on ${phone.name}`
      if (rangesHold(state.read, message.seq)) journal.fail('pushed after it was read', phone.owner, where)
      const acked = gateway.acks.ackOf(user, phone.name, message.feed, state.epoch)?.seq ?? 0
      if (acked >= message.seq) journal.fail('pushed after its ack', phone.owner, where)
    }
  }

  /** An app that runs, and whose socket has been whole since before the message, has its time to ack. */
  #judgeEarly(phone: Phone, user: string, { begun, payload }: Sending): void {
    const { stay, app } = phone
    if (stay?.user !== user || app?.running !== true) return
    const ids = payload.type === 'message' ? [payload.id] : payload.ids
    const time = Math.min(...ids.map((id) => this.journal.messages.get(id)?.time ?? Infinity))
    const { whole, joined, calm } = phone.known(undefined)
    const since = Math.max(joined, stay.since) + LEASE_SURE_MS
    if (whole && joined > calm && since < time && begun - time < LEAST_DEADLINE_MS)
      this.journal.fail(
        'pushed before its deadline',
        phone.owner,
        `${this.#describe(payload)} to ${phone.name}`,
      )
  }

  nameOf(payload: string): string {
    return this.#describe(JSON.parse(payload) as Sending['payload'])
  }

  /** Ends the gateway's process by force, now or in the middle of what it does next, and starts it again. */
  killGateway(): void {
    const { gateway } = this
    if (!gateway) return
    this.journal.count('gateway kills')
    const writes = this.chance.hits(0.3) ? 0 : this.chance.between(1, 40)
    gateway.killAtWrite(writes, this.chance.hits(0.5), () => {
      this.gateway = null
      this.#change = this.#after(() => gateway.bury())
    })
  }

  restartGateway(): void {
    const { gateway } = this
    if (!gateway) return
    this.journal.count('gateway restarts')
    this.gateway = null
    this.#change = this.#after(() => gateway.stop())
  }

  async #after(end: () => Promise<void>): Promise<void> {
    await end()
    this.clock.dropTimers()
    this.clock.after(this.chance.between(200, 9000), () => {
      this.#change = this.#start()
    })
  }

  async #start(): Promise<void> {
    const { journal } = this
    const gateway = await GatewayLife.start({
      folder: this.#options.folder,
      writer: this.#options.writer,
      providers: this.services,
      onPushed: (_user, device, rows) => {
        this.#onPushed(device, rows)
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
    })
    gateway.opened.log.onAppend((_head, messages) => {
      for (const message of messages) journal.messages.set(message.id, message)
    })
    gateway.opened.store.onCommit((committed) => {
      for (const { call, result } of committed) this.#noteCommit(call, result)
    })
    for (const { circuit } of this.services) circuit.reset(this.clock.now)
    this.gateway = gateway
    this.troubledAt = this.clock.now
  }

  #noteCommit({ name, args }: Call, result: unknown): void {
    if (name === 'markRead' && result) {
      const { user, feed } = args as CommandArgs<'markRead'>
      this.journal.noteRead(user, feed, (result as MarkReadResult).added)
    }
    if (name !== 'follow') return
    const { user, feed, muted } = args as CommandArgs<'follow'>
    if (muted !== undefined) this.journal.noteMute(user, feed, muted)
  }

  #onPushed(device: string, rows: readonly PushRow[]): void {
    const covers = ({ feed, seq }: Message): boolean =>
      rows.some((row) => row.feed === feed && row.first <= seq && seq <= row.last)
    const sending = this.#sendings.get(device)?.findLast(({ payload, recorded }) => {
      if (payload.type === 'clear' || recorded !== null) return false
      const first = this.journal.messages.get(
        payload.type === 'summary' ? (payload.ids[0] ?? '') : payload.id,
      )
      return first !== undefined && covers(first)
    })
    if (sending) sending.recorded = this.clock.now
  }

  #fault(error: unknown): void {
    this.journal.fail(
      'fault in the gateway',
      '',
      error instanceof Error ? (error.stack ?? '') : String(error),
    )
  }

  #describe(payload: Sending['payload']): string {
    const ids = payload.type === 'message' ? [payload.id] : payload.ids
    const names = ids.map((id) => {
      const { feed, seq } = this.journal.messages.get(id) ?? { feed: id, seq: 0 }
      return `${feed} ${seq}`
    })
    return `${payload.type} [${names.join(', ')}]`
  }

  async #begin(): Promise<void> {
    await this.#start()
    const { gateway } = this
    if (!gateway) throw new Error('the gateway did not start')
    const indices = Array.from({ length: this.#options.people }, (_, index) => index)
    const made = await Promise.all(
      indices.map((index) => Person.make(this, gateway, index, this.#options.seed)),
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
    for (let topic = 0; topic * PEOPLE_PER_TOPIC < this.#people.length; topic += 1)
      for (let count = this.chance.between(2, 5); count > 0; count -= 1)
        this.clock.after(at(), () => {
          this.publish(`topic:t${String(topic)}`, Person.content(this.chance, this.clock.now))
        })
    for (let kills = this.chance.between(0, 2); kills > 0; kills -= 1)
      this.clock.after(at(), () => {
        this.killGateway()
      })
    if (this.chance.hits(0.5))
      this.clock.after(at(), () => {
        this.restartGateway()
      })
    for (const service of this.services)
      for (let moods = this.chance.hits(0.4) ? this.chance.between(1, 3) : 0; moods > 0; moods -= 1)
        this.clock.after(at(), () => {
          service.weather = this.chance.hits(0.6) ? 'down' : 'hanging'
          this.clock.after(this.chance.between(2000, 20_000), () => {
            service.weather = 'fair'
          })
        })
  }

  #heal(): void {
    this.healing = true
    for (const service of this.services) service.weather = 'fair'
    for (const person of this.#people) person.heal()
  }

  async #live(ms: number, stepMs: number): Promise<void> {
    const end = this.clock.now + ms
    while (this.clock.now < end) {
      this.clock.pass(stepMs)
      for (const person of this.#people) person.flushStorage()
      await this.gateway?.idle()
      this.#notePauses(stepMs)
      await this.#change
      if (!this.gateway) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** The gateway leaves a service alone. */
  isPaused(name: ProviderName): boolean {
    const open = this.gateway?.escalation.sender.circuits.open(this.clock.now) ?? []
    return open.some(({ provider }) => provider === name)
  }

  #notePauses(stepMs: number): void {
    if (!this.gateway) return
    for (const { name, circuit } of this.services) {
      const wrong = circuit.look(this.clock.now, stepMs, this.isPaused(name))
      if (wrong !== undefined) this.journal.fail('a service was paused', '', `${name}: ${wrong}`)
    }
  }

  async #judge(): Promise<void> {
    // What a killed gateway may have been busy with is over by now.
    if (!this.gateway) throw new Error('the gateway did not come back')
    await this.gateway.acks.flush()
    await judge(this, this.gateway)
  }
}

export const stayKey = ({ phone, number }: Stay): string => `${phone} ${number}`
