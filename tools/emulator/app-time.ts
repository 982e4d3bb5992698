interface Timer {
  /** By the app's own time, in ms. */
  dueAt: number
  /** An interval's, in ms; null for a timer that fires once. */
  readonly every: number | null
  /** How it was set, in words. */
  readonly cause: string
  readonly callback: () => void
  handle: NodeJS.Timeout | undefined
  /** Fired, and kept until the thaw. */
  held: boolean
}

interface Task {
  readonly work: () => void
  readonly cause: string
}

/**
 * The one door through which anything reaches the app's JavaScript, with its timers and its clock. Frozen, it keeps
 * what arrives until the thaw, as a suspended process does; closed, it drops it.
 */
export class AppTime {
  readonly #onError: (error: unknown) => void
  readonly #onWakeUp: (cause: string) => void
  readonly #timers = new Map<number, Timer>()
  #lastTimer = 0
  /** How far the app's time is ahead of the real one, in ms. */
  #ahead = 0
  #held: Task[] = []
  readonly #native: (() => void)[] = []
  #state: 'running' | 'frozen' | 'closed' = 'running'

  /** @param onWakeUp  told of each task as it runs */
  constructor(onError: (error: unknown) => void, onWakeUp: (cause: string) => void) {
    this.#onError = onError
    this.#onWakeUp = onWakeUp
  }

  get frozen(): boolean {
    return this.#state === 'frozen'
  }

  /**
   * Runs the task in the app, now or after the thaw. What it throws is the app's, not the caller's.
   * @param cause  what the task is to the app, for who counts them
   */
  run(work: () => void, cause = 'event'): void {
    if (this.#state === 'closed') return
    if (this.#state === 'frozen') {
      this.#held.push({ work, cause })
      return
    }
    this.#onWakeUp(cause)
    try {
      work()
    } catch (error) {
      this.#onError(error)
    }
  }

  /** Runs the task in the app after its current code: how the native layer answers. */
  later(work: () => void, cause = 'event'): void {
    setImmediate(() => this.run(work, cause))
  }

  /** For the native layer of the same process: it is frozen with the app, and no work of it. */
  whenAwake(work: () => void): void {
    if (this.#state === 'frozen') this.#native.push(work)
    else if (this.#state === 'running') work()
  }

  freeze(): void {
    if (this.#state === 'running') this.#state = 'frozen'
  }

  /** Everything that was kept runs in the order in which it arrived, overdue timers too. */
  thaw(): void {
    if (this.#state !== 'frozen') return
    this.#state = 'running'
    const held = this.#held
    this.#held = []
    for (const work of this.#native.splice(0)) work()
    for (const { work, cause } of held) this.run(work, cause)
  }

  /**
   * Lets time pass without waiting for it: the timers that fall due run in their order, each at its moment.
   * @param passed  told of each step, in ms, so that the clock can follow
   */
  async advance(ms: number, passed: (ms: number) => void): Promise<void> {
    const end = this.#now() + ms
    for (;;) {
      const next = this.#firstDueBy(end)
      const step = Math.max(0, (next?.dueAt ?? end) - this.#now())
      this.#ahead += step
      passed(step)
      if (next === undefined) break
      this.#fire(next)
      // What the app began in it comes before the next timer.
      await new Promise((done) => setImmediate(done))
    }
    for (const timer of this.#timers.values()) this.#schedule(timer)
  }

  close(): void {
    this.#state = 'closed'
    this.#held = []
    for (const { handle } of this.#timers.values()) clearTimeout(handle)
    this.#timers.clear()
  }

  readonly setTimeout = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): number =>
    this.#add(() => callback(...args), ms, false)

  readonly setInterval = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): number =>
    this.#add(() => callback(...args), ms, true)

  readonly clearTimer = (id: unknown): void => {
    if (typeof id !== 'number') return
    clearTimeout(this.#timers.get(id)?.handle)
    this.#timers.delete(id)
  }

  #now(): number {
    return performance.now() + this.#ahead
  }

  #firstDueBy(end: number): Timer | undefined {
    const due = [...this.#timers.values()].filter((timer) => !timer.held && timer.dueAt <= end)
    return due.sort((a, b) => a.dueAt - b.dueAt)[0]
  }

  #add(callback: () => void, ms: number, repeats: boolean): number {
    // As in browsers: at least a millisecond, and what is no number is none.
    const delay = Math.max(1, ms || 0)
    const id = ++this.#lastTimer
    const every = repeats ? delay : null
    const timer: Timer = {
      dueAt: this.#now() + delay,
      every,
      cause: `${repeats ? 'every' : 'after'} ${String(Math.round(delay))} ms`,
      handle: undefined,
      held: false,
      callback: () => {
        if (this.#timers.get(id) !== timer) return
        if (every === null) this.#timers.delete(id)
        callback()
      },
    }
    this.#timers.set(id, timer)
    this.#schedule(timer)
    return id
  }

  #schedule(timer: Timer): void {
    clearTimeout(timer.handle)
    timer.handle = setTimeout(() => this.#fire(timer), Math.max(0, timer.dueAt - this.#now()))
  }

  #fire(timer: Timer): void {
    clearTimeout(timer.handle)
    if (timer.every !== null) {
      timer.dueAt = this.#now() + timer.every
      this.#schedule(timer)
    }
    // A frozen app owes one tick, not all that it missed.
    if (timer.held) return
    timer.held = true
    this.run(() => {
      timer.held = false
      timer.callback()
    }, timer.cause)
  }
}
