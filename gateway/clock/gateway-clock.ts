import { uptime } from 'node:os'
import type { ClockMove } from '../contracts/clock-marks'

/** Put in by build.mjs. */
declare const HERALD_BUILT_MS: number | undefined

/** When the gateway's source was made, ms since 1970: it is not earlier than that now. 0 when it runs from its source. */
export const BUILT_MS = typeof HERALD_BUILT_MS === 'undefined' ? 0 : HERALD_BUILT_MS

/** A wall clock that differs by more than this from where it should be has jumped; less is what a time server trims, ms. */
export const JUMP_MS = 60_000

/** A clock that jumped is followed when it has gone evenly for so long, ms. */
export const FOLLOW_AFTER_MS = 10 * 60_000

/** Nothing is deleted for its age before the clock has gone evenly for so long, ms. */
export const BELIEVE_AFTER_MS = 60 * 60_000

/** A gateway that was off for no longer than this needs not prove its clock, ms. */
const SHORT_REST_MS = 24 * 3_600_000

/** The machine that built us may itself have been a little ahead, ms. */
const BUILD_SLACK_MS = 24 * 3_600_000

/** What the machine says of time, all in ms. */
export interface MachineClocks {
  /** Since 1970; whoever runs the machine may set it. */
  readonly wall: () => number
  /** Never jumps, and stands still while the machine sleeps. */
  readonly elapsed: () => number
  /** Since the machine was started, with its sleep, as far as a system counts that. Coarse. */
  readonly uptime: () => number
}

export const machineClocks: MachineClocks = {
  wall: () => Date.now(),
  elapsed: () => performance.now(),
  uptime: () => uptime() * 1000,
}

/** What is known of time when the gateway starts. */
export interface ClockFacts {
  /** When the gateway was built, ms; 0 is not known. */
  readonly built: number
  /** The last time that was believed, in an earlier life; undefined at the first start. */
  readonly known: number | undefined
}

/**
 * Why the clock is not to be believed.
 * - `before_build`: the gateway did not exist yet.
 * - `behind`: it was later already, in the gateway's last life.
 * - `jumped`: it jumped against the time that really passed.
 * - `new`: it has not gone evenly for long enough, since the start or since it jumped and was followed.
 */
export type ClockReason = (typeof clockReasons)[number]

export const clockReasons = ['before_build', 'behind', 'jumped', 'new'] as const

/** @param by how far the machine's clock is ahead of the gateway's, ms. */
export interface ClockDoubt {
  readonly reason: ClockReason
  readonly by: number
}

/**
 * The gateway's time. It is the wall clock as long as that goes evenly. When it jumps, the gateway counts on from where it
 * was, and goes over to the new time when that has proven itself; so a clock that is wrong for some minutes stamps nothing.
 * It never begins before the build's date, or before the last time that was believed.
 */
export class GatewayClock {
  readonly #clocks: MachineClocks
  readonly #floor: number
  readonly #earliest: number
  readonly #startedAt: number
  readonly #moveListeners: ((move: ClockMove) => void)[] = []
  /** The gateway's time is `elapsed` and this. */
  #offset: number
  /** The gateway's time when it began to count by this offset. */
  #since: number
  /** When the clock is believed, if nothing happens until then; by `elapsed`. */
  #believedAt: number
  /** Where the wall clock went, and since when it goes evenly there. */
  #astray: { readonly offset: number; readonly at: number } | undefined
  /** Where the clocks were when the wall clock was last where it should be. */
  #sound: { readonly elapsed: number; readonly uptime: number }
  /** Whether the time that the gateway counts on from was ever the wall clock's. */
  #source: 'wall' | 'floor'

  constructor(facts: ClockFacts, clocks: MachineClocks = machineClocks) {
    this.#clocks = clocks
    this.#earliest = facts.built - BUILD_SLACK_MS
    this.#floor = Math.max(facts.built, facts.known ?? 0)
    const [wall, elapsed] = [clocks.wall(), clocks.elapsed()]
    const isLate = wall >= Math.max(this.#earliest, (facts.known ?? 0) - JUMP_MS)
    const start = isLate ? wall : this.#floor
    this.#source = isLate ? 'wall' : 'floor'
    this.#startedAt = elapsed
    this.#offset = start - elapsed
    this.#since = start
    this.#sound = { elapsed, uptime: clocks.uptime() }
    const wasThere = isLate && facts.known !== undefined && wall <= facts.known + SHORT_REST_MS
    this.#believedAt = wasThere ? elapsed : elapsed + BELIEVE_AFTER_MS
    this.now()
  }

  /** ms since 1970. */
  readonly now = (): number => {
    const { wall: readWall, elapsed: readElapsed } = this.#clocks
    const [wall, elapsed] = [readWall(), readElapsed()]
    const by = wall - (elapsed + this.#offset)
    if (Math.abs(by) <= JUMP_MS) {
      this.#offset += by
      this.#source = 'wall'
      this.#astray = undefined
    } else this.#leap(wall, elapsed)
    return Math.floor(elapsed + this.#offset)
  }

  /** The gateway's time when it began to count as it does: at the start, or when it followed a jump. */
  get since(): number {
    return this.#since
  }

  /** Why nothing may be deleted for its age now; undefined when the clock is believed. */
  get doubt(): ClockDoubt | undefined {
    this.now()
    const elapsed = this.#clocks.elapsed()
    const wall = this.#clocks.wall()
    if (this.#astray) return { reason: this.#reasonOf(wall), by: Math.round(wall - (elapsed + this.#offset)) }
    return elapsed < this.#believedAt ? { reason: 'new', by: 0 } : undefined
  }

  /** Called when the gateway's time jumps, before the first time that is told after it. */
  onMove(listener: (move: ClockMove) => void): void {
    this.#moveListeners.push(listener)
  }

  /** To be called now and then: what passed since is measured from here. */
  look(): void {
    this.now()
    if (!this.#astray) this.#sound = { elapsed: this.#clocks.elapsed(), uptime: this.#clocks.uptime() }
  }

  #reasonOf(wall: number): ClockReason {
    if (wall < this.#earliest) return 'before_build'
    return this.#source === 'floor' ? 'behind' : 'jumped'
  }

  /** A machine that slept has lost nothing of its wall clock. */
  #hasSlept(by: number, elapsed: number): boolean {
    if (by < 0) return false
    const slept = this.#clocks.uptime() - this.#sound.uptime - (elapsed - this.#sound.elapsed)
    return Math.abs(by - slept) <= JUMP_MS
  }

  /** The wall clock is not where it should be: it jumped just now, or did before. */
  #leap(wall: number, elapsed: number): void {
    const offset = wall - elapsed
    if (!this.#astray || Math.abs(this.#astray.offset - offset) > JUMP_MS) {
      if (this.#hasSlept(offset - this.#offset, elapsed)) {
        this.#offset = offset
        return
      }
      this.#astray = { offset, at: elapsed }
    }
    if (wall < this.#earliest) return
    // A time server answers soon after a start, or long after one of a machine that knew nothing: then it is right.
    const isExpected = elapsed - this.#startedAt < FOLLOW_AFTER_MS || this.#source === 'floor'
    const isPlausible = isExpected && wall >= this.#floor
    if (isPlausible || elapsed - this.#astray.at >= FOLLOW_AFTER_MS) this.#follow(offset, elapsed)
  }

  #follow(offset: number, elapsed: number): void {
    const move = {
      from: this.#since,
      to: Math.ceil(elapsed + this.#offset),
      by: Math.round(offset - this.#offset),
    }
    this.#offset = offset
    this.#since = Math.floor(elapsed + offset)
    this.#source = 'wall'
    this.#believedAt = elapsed + BELIEVE_AFTER_MS
    this.#astray = undefined
    for (const listener of this.#moveListeners) listener(move)
  }
}
