import type { Clock, Timer } from '@/services/clock'
import type { Processes } from './cluster/processes'
import { FakeTime } from './fake-time'

interface Due {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/**
 * The world's time. What the network, the phones and the people do is in its queue; the gateway's own timers and
 * its `Date` are faked and go with it, unless somebody sets its machine's clock. Nothing moves but by `pass`.
 */
export class SimClock {
  now: number
  readonly #heap: Due[] = []
  readonly #time: FakeTime
  #order = 0

  /** @param processes of the gateways, when there are several */
  constructor(start: number, processes?: Processes) {
    this.now = start
    this.#time = new FakeTime(start, processes)
  }

  after(ms: number, run: () => void): void {
    this.#push({ at: this.now + Math.max(0, ms), order: (this.#order += 1), run })
  }

  /** Lets time pass and does what is due in it, in order; promises are the caller's to wait for. */
  pass(ms: number): void {
    const end = this.now + ms
    this.#time.pass(ms)
    for (let due = this.#heap[0]; due && due.at <= end; due = this.#heap[0]) {
      this.#pop()
      this.now = Math.max(this.now, due.at)
      due.run()
    }
    this.now = end
  }

  /** Sets the clock of the gateway's machine. @param ms how far it is ahead */
  setMachine(ms: number): void {
    this.#time.aheadMs = ms
  }

  /** The process whose timers these were is gone. */
  dropTimers(): void {
    this.#time.dropTimers()
  }

  end(): void {
    this.#time.end()
  }

  #push(due: Due): void {
    const heap = this.#heap
    let at = heap.push(due) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(due, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = due
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1
      if (!before(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

interface AppTimer {
  run: (() => void) | null
}

/** The timers of one life of an app: a frozen app's fire late, all at once; a killed app's never. */
export class AppClock implements Clock {
  readonly #world: SimClock
  readonly #skewMs: () => number
  #late: AppTimer[] | null = null
  #dead = false

  /** @param skewMs how far the phone's clock is ahead */
  constructor(world: SimClock, skewMs: () => number = () => 0) {
    this.#world = world
    this.#skewMs = skewMs
  }

  now(): number {
    return this.#world.now + this.#skewMs()
  }

  setTimeout(run: () => void, ms: number): Timer {
    const timer: AppTimer = { run }
    this.#world.after(ms, () => {
      if (this.#late) this.#late.push(timer)
      else this.#fire(timer)
    })
    return timer
  }

  clearTimeout(timer: Timer): void {
    ;(timer as AppTimer).run = null
  }

  freeze(): void {
    this.#late ??= []
  }

  thaw(): void {
    const late = this.#late ?? []
    this.#late = null
    for (const timer of late) this.#fire(timer)
  }

  kill(): void {
    this.#dead = true
  }

  #fire(timer: AppTimer): void {
    const { run } = timer
    timer.run = null
    if (!this.#dead) run?.()
  }
}
