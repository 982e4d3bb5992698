interface Timer {
  readonly handle: NodeJS.Timeout
  waiting: boolean
}

/**
 * The one door through which anything reaches the app's JavaScript, with its timers and its clock. Frozen, it keeps
 * what arrives until the thaw, as a suspended process does; closed, it drops it.
 */
export class AppTime {
  readonly #onError: (error: unknown) => void
  readonly #timers = new Map<number, Timer>()
  #lastTimer = 0
  #held: (() => void)[] = []
  #state: 'running' | 'frozen' | 'closed' = 'running'

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  get frozen(): boolean {
    return this.#state === 'frozen'
  }

  /** Runs the task in the app, now or after the thaw. What it throws is the app's, not the caller's. */
  run(task: () => void): void {
    if (this.#state === 'closed') return
    if (this.#state === 'frozen') {
      this.#held.push(task)
      return
    }
    try {
      task()
    } catch (error) {
      this.#onError(error)
    }
  }

  /** Runs the task in the app after its current code: how the native layer answers. */
  later(task: () => void): void {
    setImmediate(() => this.run(task))
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
    for (const task of held) this.run(task)
  }

  close(): void {
    this.#state = 'closed'
    this.#held = []
    for (const { handle } of this.#timers.values()) clearTimeout(handle)
    this.#timers.clear()
  }

  readonly setTimeout = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): number => {
    const id = ++this.#lastTimer
    const fire = () => {
      this.run(() => {
        if (this.#timers.delete(id)) callback(...args)
      })
    }
    this.#timers.set(id, { handle: setTimeout(fire, ms), waiting: false })
    return id
  }

  readonly setInterval = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): number => {
    const id = ++this.#lastTimer
    const fire = () => {
      const timer = this.#timers.get(id)
      // A frozen app owes one tick, not all that it missed.
      if (timer === undefined || timer.waiting) return
      timer.waiting = true
      this.run(() => {
        timer.waiting = false
        if (this.#timers.has(id)) callback(...args)
      })
    }
    this.#timers.set(id, { handle: setInterval(fire, ms), waiting: false })
    return id
  }

  readonly clearTimer = (id: unknown): void => {
    if (typeof id !== 'number') return
    clearTimeout(this.#timers.get(id)?.handle)
    this.#timers.delete(id)
  }
}
