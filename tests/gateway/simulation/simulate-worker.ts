/** One process that runs worlds as it is told: `{ seed, people, only? }` in, what came of it out. */
import { runWorld, toReport } from './run-world'
import type { WorldReport } from './tally'

export interface Order {
  readonly seed: string
  readonly people: number
  readonly browsers?: number
  /** The user whose story is told. */
  readonly only?: string
}

export interface Answer extends WorldReport {
  readonly story: string
}

const WRITER = new URL('./writer.mjs', import.meta.url)

async function run(order: Order): Promise<Answer> {
  const { seed, people } = order
  try {
    const journal = await runWorld({ ...order, writer: WRITER })
    return { ...toReport(seed, people, journal), story: journal.story }
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const failures = [{ invariant: 'the world broke', user: '', detail }]
    return { ...{ seed, schedules: people, counts: {}, failures }, story: '' }
  }
}

process.on('message', (order: Order) => {
  void run(order).then((answer) => process.send?.(answer))
})
