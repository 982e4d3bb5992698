import { fork, type ChildProcess } from 'node:child_process'
import type { Answer, Order } from './simulate-worker'

/** A world that takes so long, in ms, stands still: seconds of its own, which may be a quarter of an hour on a busy machine. */
const WORLD_MS = 60 * 60_000

/** Runs worlds in processes of their own: each has its own time, and one that dies takes no other with it. */
export class WorkerPool {
  readonly #program: string
  readonly #children = new Set<ChildProcess>()

  /** @param program the bundled worker */
  constructor(program: string) {
    this.#program = program
  }

  /** Gives each order to the next of so many workers; tells of every world that is over. */
  async runAll(orders: Iterable<Order>, workers: number, onAnswer: (answer: Answer) => void): Promise<void> {
    const queue = orders[Symbol.iterator]()
    const work = async (): Promise<void> => {
      let child: ChildProcess | null = null
      for (let next = queue.next(); next.done !== true; next = queue.next()) {
        child ??= this.#start()
        const answer = await ask(child, next.value)
        onAnswer(answer)
        if (child.exitCode !== null || child.signalCode !== null || !child.connected) child = null
      }
      child?.disconnect()
    }
    await Promise.all(Array.from({ length: workers }, work))
  }

  /** Ends everything at once. */
  stop(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }

  #start(): ChildProcess {
    const child = fork(this.#program, { execArgv: ['--enable-source-maps'] })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }
}

/** What a worker makes of one order; its death is an answer too. */
function ask(child: ChildProcess, order: Order): Promise<Answer> {
  return new Promise((resolve) => {
    const end = (answer: Answer): void => {
      clearTimeout(patience)
      child.off('message', end)
      child.off('exit', onExit)
      resolve(answer)
    }
    const broke = (detail: string): void => {
      const failures = [{ invariant: 'the world broke', user: '', detail }]
      end({
        ...{ seed: order.seed, schedules: order.people, counts: {}, failures },
        story: '',
        events: [],
        outages: [],
      })
    }
    let why = 'its process ended with'
    const onExit = (code: number | null, signal: string | null): void => {
      broke(`${why} ${String(signal ?? code)}`)
    }
    // Told when the process is gone: until then the next order would go to it.
    const patience = setTimeout(() => {
      why = 'it stood still, and was ended with'
      child.kill('SIGKILL')
    }, WORLD_MS)
    child.on('message', end)
    child.once('exit', onExit)
    child.send(order)
  })
}
