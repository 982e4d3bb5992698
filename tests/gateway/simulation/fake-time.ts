import type { Processes } from './cluster/processes'

/** A timer of the process that a world runs in. */
interface Due {
  at: number
  readonly run: () => void
  /** ms; null: once. */
  readonly everyMs: number | null
  /** Whose timer it is, where there are several processes. */
  readonly owner: string | undefined
}

/** What `setTimeout` answers, as far as the gateway makes use of it. */
class Handle {
  readonly due: Due

  constructor(due: Due) {
    this.due = due
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }
}

const REAL = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  Date: globalThis.Date,
}
const realNow = performance.now.bind(performance)

/**
 * Timers, `Date` and `performance.now` of the whole process, which go only when they are told to. Test runners have
 * this too; a world needs it without one, and fast: it asks for the time some hundred thousand times.
 */
export class FakeTime {
  /** How far the machine's clock is ahead of real time, which timers go by, ms. */
  aheadMs = 0
  #now: number
  readonly #start: number
  readonly #timers: Due[] = []
  #passing = false
  readonly #processes: Processes | undefined

  /** @param start ms @param processes whose timers these are, when they are of several */
  constructor(start: number, processes?: Processes) {
    this.#processes = processes
    this.#now = start
    this.#start = start
    const add = (run: () => void, ms: number | undefined, everyMs: number | null): Handle =>
      this.#add(run, ms, everyMs)
    const clear = (handle: Handle | null | undefined): void => {
      if (handle) this.#remove(handle.due)
    }
    const now = (): number => this.#now + this.aheadMs + (processes?.aheadMs ?? 0)
    const FakeDate = class extends REAL.Date {
      constructor(...args: [] | [number | string | Date]) {
        super(...((args.length === 0 ? [now()] : args) as [number]))
      }

      static override now(): number {
        return now()
      }
    }
    const fakes = {
      setTimeout: (run: () => void, ms?: number) => add(run, ms, null),
      setInterval: (run: () => void, ms: number) => add(run, ms, ms),
      ...{ clearTimeout: clear, clearInterval: clear, Date: FakeDate },
    }
    Object.assign(globalThis, fakes)
    performance.now = () => this.#now - this.#start
  }

  /** What is due in that time runs, in order, each at its moment. */
  pass(ms: number): void {
    const end = this.#now + ms
    this.#passing = true
    for (let due = this.#timers[0]; due && due.at <= end; due = this.#timers[0]) {
      this.#now = Math.max(this.#now, due.at)
      this.#timers.shift()
      // A process that is gone has no timers.
      if (this.#processes && due.owner !== undefined && !this.#processes.has(due.owner)) continue
      // One that is frozen runs late what was due, and of what comes again and again one.
      if (this.#processes?.isFrozen(due.owner)) {
        due.at = end + 1
        this.#insert(due)
        continue
      }
      if (due.everyMs !== null) {
        due.at += due.everyMs
        this.#insert(due)
      }
      if (this.#processes && due.owner !== undefined) this.#processes.run(due.owner, due.run)
      else due.run()
    }
    this.#passing = false
    this.#now = end
  }

  /** The process whose timers these were is gone. */
  dropTimers(): void {
    this.#timers.length = 0
  }

  /** The real ones are back. */
  end(): void {
    Object.assign(globalThis, REAL)
    performance.now = realNow
  }

  #add(run: () => void, ms: number | undefined, everyMs: number | null): Handle {
    // As browsers and Node have it: what a timer sets is none of its own moment.
    const waitMs = Math.max(0, Math.floor(ms ?? 0)) || (this.#passing ? 1 : 0)
    const due: Due = { at: this.#now + waitMs, run, everyMs, owner: this.#processes?.current }
    this.#insert(due)
    return new Handle(due)
  }

  /** Few timers are set at a time, so a sorted list is the fastest queue. */
  #insert(due: Due): void {
    const timers = this.#timers
    let at = timers.length
    while (at > 0 && timers[at - 1]!.at > due.at) at -= 1
    timers.splice(at, 0, due)
  }

  #remove(due: Due): void {
    const at = this.#timers.indexOf(due)
    if (at >= 0) this.#timers.splice(at, 1)
  }
}
