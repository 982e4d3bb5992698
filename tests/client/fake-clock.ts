import type { Clock, Timer } from '@/services/clock'

interface FakeTimer {
  readonly at: number
  readonly run: () => void
}

/** A clock that moves when told to. Timers run in the order of their times, as on a real one. */
export class FakeClock implements Clock {
  #timers: FakeTimer[] = []
  #now: number
  /** How far the wall clock is from the time that timers see: it can be set, and timers do not follow. */
  #offset = 0

  constructor(now = 1_700_000_000_000) {
    this.#now = now
  }

  get pending(): number {
    return this.#timers.length
  }

  now(): number {
    return this.#now + this.#offset
  }

  setTimeout(run: () => void, ms: number): Timer {
    const timer = { at: this.#now + ms, run }
    this.#timers.push(timer)
    return timer
  }

  clearTimeout(timer: Timer): void {
    this.#timers = this.#timers.filter((each) => each !== timer)
  }

  /** Lets time pass, and what is due run. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) break
      this.#now = Math.max(this.#now, due.at)
      this.clearTimeout(due)
      due.run()
    }
    this.#now = end
  }

  /** The app is frozen: time passes, and timers fire late, all at once. */
  freeze(ms: number): void {
    this.#now += ms
    this.advance(0)
  }

  /** Somebody sets the wall clock. */
  setWallClock(offset: number): void {
    this.#offset = offset
  }
}

/** Lets promises that are settled run their followers. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}
