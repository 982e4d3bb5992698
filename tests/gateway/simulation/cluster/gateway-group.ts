import type { Chance } from '../chance'
import { GatewayLife, type GatewayHost } from '../gateway-life'
import type { Trouble } from '../journal'
import type { GatewayEnd } from '../link'
import type { World } from '../world'
import type { Database } from './database'
import { Member, type Common } from './member'
import type { Processes } from './processes'
import { Wires } from './wires'

/** How long after a start a gateway that ended begins again, ms. */
const BACK = { least: 200, most: 9000 }

/** The others give up one that is silent for so long, and look for that so often, ms: as process/membership.ts. */
const GIVEN_UP_MS = 6000 + 2000

/** What a gateway that runs again still does by what it knew, ms. */
const AFTERMATH_MS = 2000

/** A balancer sends nobody to one that has not answered for so long, ms. */
const NOTICED_MS = 3000

/** Of all worlds so many have a machine whose clock is so far off, ms. */
const SKEWED = { share: 0.5, ms: 90_000 }

/** How long a gateway stands still: nobody notices, some do, it is given up, for long. */
const FREEZES_MS = [800, 4000, 7000, 12_000, 30_000]

/** How long hints go nowhere, ms. */
const CUT = { least: 500, most: 12_000 }

/** Where a gateway runs, one life after the other. */
interface Place {
  readonly name: string
  readonly aheadMs: number
  life: GatewayLife | null
  /** Names the process of that life. */
  id: string
  lives: number
  /** Since when it stands still, ms. */
  frozenAt: number | null
}

/** Who asks a push service. */
export interface Asker {
  readonly place: string
  readonly life: GatewayLife
  /** Whether its process lives still. */
  lives(): boolean
}

/** What the world tells the group's gateways, and what they tell the world. */
export interface GroupParts {
  readonly world: World
  readonly chance: Chance
  readonly processes: Processes
  readonly database: Database
  readonly host: Omit<GatewayHost, 'member'>
  /** A gateway has begun. */
  readonly observe: (life: GatewayLife) => void
  readonly fault: (error: unknown) => void
}

/** Several gateways on one store, with a balancer before them and a bus between them, each of which may fail on its own. */
export class GatewayGroup {
  readonly #parts: GroupParts
  readonly #common: Common
  readonly #places: Place[]
  readonly #byId = new Map<string, { place: Place; life: GatewayLife }>()
  #change: Promise<void> = Promise.resolve()

  constructor(count: number, parts: GroupParts) {
    this.#parts = parts
    const { world, chance, processes, database } = parts
    const wires = new Wires(world.clock, chance, processes, (what) => {
      world.journal.count(what)
    })
    this.#common = { database, processes, wires }
    const isSkewed = chance.hits(SKEWED.share)
    this.#places = Array.from({ length: count }, (_, index) => ({
      name: `g${String(index)}`,
      aheadMs: isSkewed && index === 0 ? SKEWED.ms * (chance.hits(0.5) ? 1 : -1) : 0,
      ...{ life: null, id: '', lives: 0, frozenAt: null },
    }))
  }

  async start(): Promise<void> {
    for (const place of this.#places) await this.#begin(place)
  }

  /** One that works, else one that stands still; null when none lives. */
  get any(): GatewayLife | null {
    const alive = this.#places.filter(({ life }) => life !== null)
    return (alive.find(({ frozenAt }) => frozenAt === null) ?? alive[0])?.life ?? null
  }

  /** Those that work, with their places. */
  get working(): { readonly name: string; readonly life: GatewayLife }[] {
    return this.#places.flatMap(({ name, life, frozenAt }) =>
      life && frozenAt === null ? [{ name, life }] : [],
    )
  }

  /** Where the balancer sends whoever comes: to none that it knows to be down. */
  get reached(): GatewayLife | null {
    const { chance, world } = this.#parts
    const believed = this.#places.filter(
      ({ life, frozenAt }) => life && (frozenAt === null || frozenAt > world.clock.now - NOTICED_MS),
    )
    return chance.of(believed)?.life ?? null
  }

  /** Whose work runs now. */
  get asker(): Asker | undefined {
    const { processes } = this.#parts
    const id = processes.current
    const known = id === undefined ? undefined : this.#byId.get(id)
    if (!known || id === undefined) return undefined
    const { place, life } = known
    return { place: place.name, life, lives: () => !life.dead && processes.has(id) }
  }

  accept(end: GatewayEnd): boolean {
    const { reached } = this
    reached?.accept(end)
    return reached !== null
  }

  /** Waits for what changes, and until nothing is on its way to the store and nothing follows from what came back. */
  async idle(): Promise<void> {
    await this.#change
    for (let calm = 0; calm < 3;) {
      await new Promise((resolve) => setImmediate(resolve))
      const busy = this.#places.flatMap(({ life }) => life?.busy ?? [])
      calm = busy.length === 0 ? calm + 1 : 0
      await Promise.all(busy)
    }
  }

  /** kill -9 of one of them, now or in the middle of what it does next; it begins again. */
  kill(): void {
    const place = this.#draw()
    const { chance, world, processes } = this.#parts
    const [writes, committed] = [chance.hits(0.3) ? 0 : chance.between(1, 40), chance.hits(0.5)]
    const [{ life, id } = { life: null, id: '' }] = place ? [place] : []
    if (!place || !life) return
    world.journal.count('gateway kills')
    life.killAtWrite(writes, committed, () => {
      place.life = null
      place.frozenAt = null
      processes.end(id)
      this.#common.wires.drop(id)
      this.#trouble(`${id} is killed`, GIVEN_UP_MS)
      this.#then(async () => {
        await life.bury()
        // What it had asked for may have been done.
        await this.#common.database.settle()
        this.#comeBack(place)
      })
    })
  }

  /** SIGTERM to one of them, which begins again. */
  restart(): void {
    const place = this.#draw()
    const { world, processes } = this.#parts
    if (!place?.life || place.frozenAt !== null) return
    const { life, id } = place
    world.journal.count('gateway restarts')
    life.spare()
    place.life = null
    this.#trouble(`${id} is stopped`, 0)
    this.#then(async () => {
      await life.within(() => life.stop())
      processes.end(id)
      this.#common.wires.drop(id)
      this.#comeBack(place)
    })
  }

  /** SIGSTOP of one of them, and SIGCONT. */
  freeze(): void {
    const place = this.#draw()
    const { world, chance, processes } = this.#parts
    const ms = chance.of(FREEZES_MS) ?? 0
    if (!place?.life || place.frozenAt !== null || world.healing) return
    const { id } = place
    world.journal.count('gateway freezes')
    processes.freeze(id)
    place.frozenAt = world.clock.now
    this.#trouble(`${id} stands still`, GIVEN_UP_MS)
    world.clock.after(ms, () => {
      if (place.id === id) this.#thaw(place)
    })
  }

  /** Hints go nowhere for a while. */
  cut(): void {
    const { world, chance } = this.#parts
    const ms = chance.between(CUT.least, CUT.most)
    if (world.healing) return
    world.journal.count('bus cuts')
    world.journal.tellAll('the bus is cut')
    this.#common.wires.cut()
    world.clock.after(ms, () => {
      this.#common.wires.mend()
      world.journal.tellAll('the bus works')
    })
  }

  breakWires(): void {
    this.#parts.world.journal.count('broken connections of the bus')
    this.#common.wires.break()
  }

  /** What befalls a group beside what befalls any gateway. @param at draws a moment, ms from now */
  plan(at: () => number): void {
    const { world, chance } = this.#parts
    const plan = (what: string, most: number, act: () => void): void => {
      for (let count = chance.between(1, most); count > 0; count -= 1)
        world.plan(`${what} ${String(count)}`, at(), act)
    }
    const acts = [
      ['group kill', 2, () => this.kill()],
      ['group restart', 2, () => this.restart()],
      ['group freeze', 3, () => this.freeze()],
      ['bus cut', 2, () => this.cut()],
      ['bus break', 2, () => this.breakWires()],
    ] as const
    for (const [what, most, act] of acts) plan(what, most, act)
  }

  heal(): void {
    this.#common.wires.mend()
    for (const place of this.#places) if (place.frozenAt !== null) this.#thaw(place)
  }

  async flushAcks(): Promise<void> {
    for (const { life } of this.#places) await life?.within(() => life.acks.flush())
  }

  async stop(): Promise<void> {
    await this.#change
    for (const { life } of this.#places) await life?.within(() => life.stop())
    await this.#common.database.close()
  }

  #draw(): Place | undefined {
    return this.#parts.chance.of(this.#places.filter(({ life }) => life !== null))
  }

  #thaw(place: Place): void {
    if (place.frozenAt === null || !place.life) return
    place.frozenAt = null
    this.#trouble(`${place.id} goes on`, AFTERMATH_MS)
    this.#parts.processes.thaw(place.id)
  }

  #comeBack(place: Place): void {
    const { world, chance } = this.#parts
    world.clock.after(chance.between(BACK.least, BACK.most), () => {
      this.#then(() => this.#begin(place))
    })
  }

  /** One change after the other: each is over before time goes on. */
  #then(change: () => Promise<void>): void {
    this.#change = this.#change.then(change)
  }

  /** For so long things may be late. */
  #trouble(what: string, ms: number): void {
    const { world } = this.#parts
    const { now } = world.clock
    world.journal.tellAll(what)
    world.troubledAt = now
    const trouble: Trouble = { from: now, to: now + ms }
    world.outages.push(trouble)
  }

  async #begin(place: Place): Promise<void> {
    const { processes, host, observe, fault, world } = this.#parts
    const id = `${place.name}.${String((place.lives += 1))}`
    processes.begin(id, place.aheadMs)
    const member = new Member(id, this.#common, fault)
    const life = await member
      .run(() => GatewayLife.start({ ...host, member }))
      .catch((error: unknown) => {
        processes.end(id)
        this.#common.wires.drop(id)
        // A process that cannot write when it starts ends with that, and is started again.
        if (!host.isDiskFull()) throw error
        return null
      })
    if (!life) {
      this.#comeBack(place)
      return
    }
    this.#byId.set(id, { place, life })
    Object.assign(place, { life, id, frozenAt: null })
    for (const service of world.services) service.circuitOf(place.name).reset(world.clock.now)
    this.#trouble(`${id} runs`, 0)
    observe(life)
  }
}
