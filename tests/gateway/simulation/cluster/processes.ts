import { AsyncLocalStorage } from 'node:async_hooks'

/** One life of a gateway's process, among others in the same real one. */
interface Process {
  /** How far its machine's clock is ahead, ms. */
  readonly aheadMs: number
  /** What came while it was frozen, in its order; undefined: it runs. */
  late: (() => void)[] | undefined
  /** Resolves whoever waits for it to run. */
  waiting: (() => void)[]
}

/**
 * The gateways of a world are processes of their own: each has its timers and its machine's clock, hears nothing while it is
 * frozen (SIGSTOP), and does nothing when it was killed. What runs is told apart by the context that it was begun in.
 */
export class Processes {
  readonly #context = new AsyncLocalStorage<string>()
  readonly #processes = new Map<string, Process>()

  begin(id: string, aheadMs: number): void {
    this.#processes.set(id, { aheadMs, late: undefined, waiting: [] })
  }

  /** It was killed or has ended: nothing reaches it. */
  end(id: string): void {
    this.#processes.delete(id)
  }

  has(id: string): boolean {
    return this.#processes.has(id)
  }

  /** Whose work runs now; undefined: the world's own. */
  get current(): string | undefined {
    return this.#context.getStore()
  }

  /** How far the clock of the machine is ahead that is asked now, ms. */
  get aheadMs(): number {
    return this.#of(this.current)?.aheadMs ?? 0
  }

  isFrozen(id: string | undefined): boolean {
    return this.#of(id)?.late !== undefined
  }

  /** Does some of its work. */
  run<Result>(id: string, work: () => Result): Result {
    return this.#context.run(id, work)
  }

  /** Something reaches it: at once, when it runs again, or never. */
  reach(id: string, work: () => void): void {
    const process = this.#of(id)
    if (process?.late) process.late.push(work)
    else if (process) this.run(id, work)
  }

  /** Resolves when it runs; one that is no more never does. */
  running(id: string): Promise<void> {
    const process = this.#of(id)
    if (!process) return new Promise(() => undefined)
    if (!process.late) return Promise.resolve()
    return new Promise((resolve) => {
      process.waiting.push(resolve)
    })
  }

  freeze(id: string): void {
    const process = this.#of(id)
    if (process) process.late ??= []
  }

  thaw(id: string): void {
    const process = this.#of(id)
    if (!process?.late) return
    const { late, waiting } = process
    process.late = undefined
    process.waiting = []
    for (const work of late) this.run(id, work)
    for (const resolve of waiting) resolve()
  }

  /** Contexts cost time: nobody needs them any more. */
  close(): void {
    this.#context.disable()
  }

  #of(id: string | undefined): Process | undefined {
    return id === undefined ? undefined : this.#processes.get(id)
  }
}
