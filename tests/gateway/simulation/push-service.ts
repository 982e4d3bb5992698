import { parsePushPayload, type ProviderName } from '@herald/protocol'
import type { Alert, Outcome, Provider, PushTarget } from '../../../gateway/providers/provider'
import { Chance } from './chance'
import { CircuitWatch } from './circuit-watch'
import type { GatewayLife } from './gateway-life'
import type { Sending, Trouble } from './journal'
import type { Phone } from './phone'
import type { World } from './world'

/** As escalation's own patience: what has not answered by then is an unknown outcome. */
const HANG_MS = 15_000

/** What a service can make of one push. `taken`: it rings, whatever the answer says. */
const FATES = {
  accepted: 62,
  slow: 10,
  twice: 6,
  lost: 4,
  unknownTaken: 4,
  unknown: 3,
  hangsTaken: 2,
  hangs: 2,
  failed: 3,
  refused: 1,
  gone: 2,
  quota: 0.3,
} as const

/** These say later what became of a push, as often as they like. */
const CALLS_BACK: readonly ProviderName[] = ['unipush', 'jpush']
const RECEIPTS = { none: 4, one: 4, two: 2 } as const

export type Fate = keyof typeof FATES
export type Weather = 'fair' | 'down' | 'hanging'

/** A push service with its moods; what it takes it brings to the phone late, twice, out of order, or never. */
export class PushService implements Provider {
  readonly app = undefined
  readonly clears = true
  weather: Weather = 'fair'
  readonly prepare?: () => Promise<string>
  readonly #world: World
  readonly #seed: string
  readonly #sends = new Map<string, number>()
  readonly #circuits = new Map<string, CircuitWatch>()
  #handles = 0

  constructor(
    world: World,
    seed: string,
    readonly name: ProviderName,
  ) {
    this.#world = world
    this.#seed = seed
    // JPush gives out ids that make a repeat safe.
    if (name === 'jpush') this.prepare = () => this.#prepare()
  }

  /** When a gateway leaves it alone: each of several by what it knows itself. @param gateway its place; '' is the only one */
  circuitOf(gateway: string): CircuitWatch {
    const known = this.#circuits.get(gateway)
    if (known) return known
    const circuit = new CircuitWatch()
    this.#circuits.set(gateway, circuit)
    return circuit
  }

  /** When no push went to it from some gateway that may have had it to send. */
  get blocked(): Trouble[] {
    return [...this.#circuits.values()].flatMap(({ blocked }) => blocked)
  }

  async send(target: PushTarget, alert: Alert): Promise<Outcome> {
    const phone = this.#world.phoneOf(this.name, target.token)
    if (!phone) return { type: 'gone', why: 'unknown token' }
    const count = (this.#sends.get(phone.name) ?? 0) + 1
    this.#sends.set(phone.name, count)
    // Of the phone's own chance, so that what befalls one phone hangs on no other.
    const chance = new Chance(this.#seed, this.name, phone.name, count)
    const fate = this.#fateOf(chance)
    const payload = parsePushPayload(alert.payload)
    if (!payload) throw new Error(`a push with a payload that no client reads: ${alert.payload}`)
    const sending: Sending = {
      ...{ begun: this.#world.clock.now, asked: this.#takeAsked(alert) },
      ...{ phone: phone.name, provider: this.name, payload, fate },
      ...{ collapseId: alert.collapseId, recorded: null, answered: false, arrived: 0, forgotten: false },
    }
    await this.#world.onSend(phone, target, sending)
    if (alert.type === 'message' && CALLS_BACK.includes(this.name))
      this.#callBack(sending, refOf(fate, sending) ?? alert.pushId, count)
    const { asker } = this.#world
    const circuit = this.circuitOf(asker?.place ?? '')
    circuit.begun(sending.begun, isPaused(asker?.life, this.name))
    return this.#meet(fate, phone, alert, sending, chance).then((outcome) => {
      if (!asker?.lives()) return outcome
      sending.answered = true
      circuit.answered(sending.begun, outcome, this.#world.clock.now)
      return outcome
    })
  }

  check() {
    return Promise.resolve({ ok: true, detail: 'simulated' })
  }

  close() {
    return Promise.resolve()
  }

  #fateOf(chance: Chance): Fate {
    if (this.#world.healing) return 'accepted'
    if (this.weather === 'down') return 'failed'
    if (this.weather === 'hanging') return chance.hits(0.5) ? 'hangs' : 'hangsTaken'
    return chance.weighted(FATES)
  }

  #meet(fate: Fate, phone: Phone, alert: Alert, sending: Sending, chance: Chance): Promise<Outcome> {
    const ring = (copy = false): void => {
      // Late ones overtake nothing and are overtaken: pushes come in no order.
      const after = this.#world.healing ? chance.between(50, 800) : chance.delay(50, 40_000)
      this.#world.clock.after(after, () => {
        phone.deliver(alert, sending, copy)
      })
    }
    const provider = chance.hits(0.5)
    switch (fate) {
      case 'accepted':
        ring()
        return Promise.resolve({ type: 'accepted', ref: refOf(fate, sending) })
      case 'slow':
        ring()
        return this.#after(chance.between(300, 6000), { type: 'accepted' })
      case 'twice':
        ring()
        ring(true)
        return Promise.resolve({ type: 'accepted' })
      case 'lost':
        return Promise.resolve({ type: 'accepted' })
      case 'unknownTaken':
        ring()
        return this.#after(200, { type: 'retry', why: 'connection lost', unknown: true, provider })
      case 'unknown':
        return this.#after(200, { type: 'retry', why: 'connection lost', unknown: true, provider })
      case 'hangsTaken':
        ring()
        return this.#after(HANG_MS, { type: 'retry', why: 'no answer', unknown: true, provider: true })
      case 'hangs':
        return this.#after(HANG_MS, { type: 'retry', why: 'no answer', unknown: true, provider: true })
      case 'failed':
        return Promise.resolve({ type: 'retry', why: 'unavailable', unknown: false, provider: true })
      case 'refused':
        return Promise.resolve({ type: 'refused', why: 'bad topic', blame: 'push' })
      case 'gone':
        phone.renewTokens()
        return Promise.resolve({ type: 'gone', why: 'unregistered' })
      case 'quota':
        return Promise.resolve({
          type: 'quota',
          why: 'too many',
          until: (this.#world.asker?.life.now() ?? this.#world.clock.now) + 5000,
        })
    }
  }

  /** Says that a push arrived: before its own answer or long after it, never, or twice. */
  #callBack({ phone }: Sending, ref: string, count: number): void {
    const { clock } = this.#world
    // By a chance of its own: what befalls the push itself hangs on no word about it.
    const chance = new Chance(this.#seed, 'receipts', this.name, phone, count)
    const times = { none: 0, one: 1, two: 2 }[chance.weighted(RECEIPTS)]
    for (let time = 0; time < times; time += 1)
      clock.after(chance.delay(50, 60_000), () => {
        this.#world.journal.count('receipts')
        const receipt = { ref, what: 'arrived', time: clock.now, detail: '' } as const
        const { gateway } = this.#world
        gateway?.within(() => {
          gateway.receipts.take(this.name, [receipt])
        })
      })
  }

  #prepare(): Promise<string> {
    const handle = `cid-${String((this.#handles += 1))}`
    this.#world.handlesAsked.set(handle, this.#world.clock.now)
    // Of the moment: who asks first within it must not matter.
    const chance = new Chance(this.#seed, 'handle', this.#world.clock.now)
    if (this.#world.healing || chance.hits(0.7)) return Promise.resolve(handle)
    return this.#after(chance.between(100, 4000), handle)
  }

  /** The time that a service takes to give a handle is its own, as is the time that it takes to answer. */
  #takeAsked(alert: Alert): number {
    const { handlesAsked, clock } = this.#world
    const { handle = '' } = alert
    const asked = handlesAsked.get(handle)
    handlesAsked.delete(handle)
    return asked ?? clock.now
  }

  #after<T>(ms: number, answer: T): Promise<T> {
    return new Promise((resolve) => {
      this.#world.clock.after(ms, () => {
        resolve(answer)
      })
    })
  }
}

/** A gateway leaves a service alone. */
export const isPaused = (gateway: GatewayLife | undefined, name: ProviderName): boolean =>
  gateway?.escalation.sender.circuits.open(gateway.now()).some(({ provider }) => provider === name) ?? false

/** How an answer names the push, where it does; else it goes by the id that it was sent under. */
const refOf = (fate: Fate, { phone, begun }: Sending): string | undefined =>
  fate === 'accepted' ? `${phone}-${String(begun)}` : undefined
