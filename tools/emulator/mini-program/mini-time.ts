interface Timer {
  readonly callback: () => void
  readonly everyMs: number | null
  /** The system's own, which the freeze does not stop. */
  readonly isSystem: boolean
  dueAt: number
}

/**
 * The one door through which anything reaches the mini-program's JavaScript, with its clock and its timers. The clock
 * can be put forward, and timers follow it, so that no test waits for WeChat's ten seconds. Frozen, it keeps what
 * arrives until the thaw; closed, it drops it.
 */
export class MiniTime {
  readonly #onError: (error: unknown) => void
  readonly #timers = new Map<number, Timer>()
  #offsetMs: number
  #lastTimer = 0
  #wakeUp: NodeJS.Timeout | undefined
  #held: (() => void)[] = []
  #state: 'running' | 'frozen' | 'closed' = 'running'

  constructor(offsetMs: number, onError: (error: unknown) => void) {
    this.#offsetMs = offsetMs
    this.#onError = onError
  }

  get frozen(): boolean {
    return this.#state === 'frozen'
  }

  /** How far the clock is ahead of the machine's. */
  get offsetMs(): number {
    return this.#offsetMs
  }

  readonly now = (): number => Date.now() + this.#offsetMs

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

  /** Everything that was kept runs in the order in which it arrived, then what is overdue. */
  thaw(): void {
    if (this.#state !== 'frozen') return
    this.#state = 'running'
    const held = this.#held
    this.#held = []
    for (const task of held) this.run(task)
    this.#fireDue()
  }

  close(): void {
    this.#state = 'closed'
    this.#held = []
    this.#timers.clear()
    clearTimeout(this.#wakeUp)
  }

  /** Puts the clock forward. What comes due on the way runs at its moment. */
  async elapse(ms: number): Promise<void> {
    const end = this.now() + ms
    for (let next = this.#nextDue(end); next !== undefined; next = this.#nextDue(end)) {
      this.#offsetMs += Math.max(0, next - this.now())
      this.#fireDue()
      // What a timer has promised runs before the next one.
      await new Promise((done) => setImmediate(done))
    }
    this.#offsetMs += Math.max(0, end - this.now())
    this.#arm()
  }

  /** A timer of the system around the app. The answer takes it off. */
  system(ms: number, task: () => void): () => void {
    const id = this.#add({ callback: task, everyMs: null, isSystem: true, dueAt: this.now() + ms })
    return () => this.clearTimer(id)
  }

  readonly setTimeout = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): number =>
    this.#add({
      callback: () => callback(...args),
      everyMs: null,
      isSystem: false,
      dueAt: this.now() + Math.max(0, ms || 0),
    })

  readonly setInterval = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): number => {
    const everyMs = Math.max(1, ms || 0)
    return this.#add({
      callback: () => callback(...args),
      everyMs,
      isSystem: false,
      dueAt: this.now() + everyMs,
    })
  }

  readonly clearTimer = (id: unknown): void => {
    if (typeof id === 'number') this.#timers.delete(id)
  }

  #add(timer: Timer): number {
    const id = ++this.#lastTimer
    if (this.#state !== 'closed') this.#timers.set(id, timer)
    this.#arm()
    return id
  }

  #nextDue(end: number): number | undefined {
    const due = this.#runnable().map(([, { dueAt }]) => dueAt)
    const first = Math.min(...due)
    return first <= end ? first : undefined
  }

  /** A frozen app owes one tick of each timer at the thaw, not now. */
  #runnable(): [number, Timer][] {
    return [...this.#timers].filter(([, { isSystem }]) => isSystem || this.#state === 'running')
  }

  #fireDue(): void {
    const due = this.#runnable().filter(([, { dueAt }]) => dueAt <= this.now())
    for (const [id, timer] of due.sort(([, a], [, b]) => a.dueAt - b.dueAt)) {
      // One before it may have cleared it.
      if (!this.#timers.has(id)) continue
      if (timer.everyMs === null) this.#timers.delete(id)
      else timer.dueAt = this.now() + timer.everyMs
      if (timer.isSystem) timer.callback()
      else this.run(timer.callback)
    }
    this.#arm()
  }

  #arm(): void {
    clearTimeout(this.#wakeUp)
    const due = this.#runnable().map(([, { dueAt }]) => dueAt)
    if (due.length === 0) return
    this.#wakeUp = setTimeout(() => this.#fireDue(), Math.max(0, Math.min(...due) - this.now()))
  }
}
