/** One process that runs worlds as it is told: `{ seed, people, only? }` in, what came of it out. */
import { runWorld, toReport } from './run-world'
import type { Trouble } from './journal'
import type { WorldReport } from './tally'
import type { Cut } from './world'

export interface Order {
  readonly seed: string
  readonly people: number
  readonly browsers?: number
  readonly guests?: number
  readonly upsets?: number
  readonly gateways?: number
  /** The user whose story is told. */
  readonly only?: string
  readonly cut?: Cut | undefined
}

export interface Answer extends WorldReport {
  readonly story: string
  /** What befell the world, by name. */
  readonly events: readonly string[]
  /** When the gateway was gone, ms from the beginning. */
  readonly outages: readonly Trouble[]
}

async function run(order: Order): Promise<Answer> {
  const { seed, people, cut } = order
  const schedules = cut?.lives.length ?? people
  try {
    const journal = await runWorld(order)
    const { story, events, outages } = journal
    return { ...toReport(seed, schedules, journal), story, events, outages }
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const failures = [{ invariant: 'the world broke', user: '', detail }]
    return { ...{ seed, schedules, counts: {}, failures }, story: '', events: [], outages: [] }
  }
}

process.on('message', (order: Order) => {
  void run(order).then((answer) => process.send?.(answer))
})
