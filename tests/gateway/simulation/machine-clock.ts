import { SETTINGS } from '../escalation/push-settings'
import type { Chance } from './chance'
import type { Trouble } from './journal'
import { STEP_MS, type World } from './world'

const MINUTE = 60_000
const YEAR = 365 * 86_400_000

/** Of all worlds so many have a gateway on a machine whose clock somebody sets. */
const SHARE = 0.25

/** How long a gateway has run that has proven its clock, ms; one that has just started follows at once where that is plausible. */
const RAN_MS = 2 * 60 * MINUTE

/** How the clock jumps, and for how long it stays there, ms. */
const JUMPS = { minutes: { least: 2, most: 40 }, years: { least: 1, most: 3 } }
const STAYS = { least: 3000, most: 60_000 }

interface Jump {
  readonly at: number
  readonly by: number
  readonly stayMs: number
}

/** What befalls the clock of the gateway's machine, and what the gateway's own time makes of it. */
export class MachineClock {
  /** For how long the gateway has run when the world begins, ms. */
  readonly ranForMs: number
  /** From which moment on the gateway's time was ahead of real time by so much, ms. */
  readonly #ahead: { readonly at: number; readonly ms: number }[] = []
  /** Time that deadlines came later by, since a gateway that started took up an older time than the last had, ms. */
  readonly losses: Trouble[] = []
  /** When a gateway that had started under a clock so far ahead held back whatever had seemed too old. */
  readonly doubts: Trouble[] = []
  readonly #jumps: readonly Jump[]

  /** @param stormMs how long jumps may happen @param share of worlds that have jumps */
  constructor(chance: Chance, stormMs: number, share = SHARE) {
    const isSet = chance.hits(share)
    this.ranForMs = isSet && chance.hits(0.6) ? RAN_MS : 0
    this.#jumps = isSet ? Array.from({ length: chance.between(1, 2) }, () => drawJump(chance, stormMs)) : []
  }

  get jumps(): boolean {
    return this.#jumps.length > 0
  }

  plan(world: World): void {
    for (const [index, { at, by, stayMs }] of this.#jumps.entries())
      world.plan(nameOf(index), at, () => {
        world.setMachine(by)
        world.clock.after(stayMs, () => {
          world.setMachine(0)
        })
      })
  }

  /** Whether one of these events is a jump. */
  static isAmong(events: readonly string[]): boolean {
    return events.includes(nameOf(0)) || events.includes(nameOf(1))
  }

  /** @param ms how far the gateway's time is ahead now  @param isNew its process has just begun */
  note(now: number, ms: number, isNew: boolean): void {
    const before = this.#ahead.at(-1)?.ms ?? 0
    const doubt = this.doubts.findLast(({ to }) => to === Infinity)
    if (doubt && ms !== before) doubt.to = now
    else if (!doubt && isNew && ms > SETTINGS.lifeMs) this.doubts.push({ from: now, to: Infinity })
    if (ms === before) return
    this.#ahead.push({ at: now, ms })
    if (isNew && ms < before) this.losses.push({ from: now, to: now + before - ms })
  }

  /** How far it was ahead at most, from then to then, ms; 0 when it never was. */
  aheadWithin(from: number, to: number): number {
    const within = this.#ahead.filter(
      ({ at }, index) => at - STEP_MS <= to && (this.#ahead[index + 1]?.at ?? Infinity) > from,
    )
    return Math.max(0, ...within.map(({ ms }) => ms))
  }

  /** It is noted at the end of each step. */
  movedWithin(from: number, to: number): boolean {
    return this.#ahead.some(({ at }) => from <= at && at - STEP_MS <= to)
  }
}

const nameOf = (index: number): string => `clock of the gateway ${String(index)}`

function drawJump(chance: Chance, stormMs: number): Jump {
  const size = chance.hits(0.5)
    ? chance.between(JUMPS.minutes.least, JUMPS.minutes.most) * MINUTE
    : chance.between(JUMPS.years.least, JUMPS.years.most) * YEAR
  return {
    at: chance.between(0, stormMs),
    by: chance.hits(0.5) ? size : -size,
    stayMs: chance.between(STAYS.least, STAYS.most),
  }
}
