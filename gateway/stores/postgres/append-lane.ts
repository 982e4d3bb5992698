import { HeraldError } from '@herald/protocol'
import { append, type NewMessage, type Outcome } from './append'
import type { PostgresEngine } from './engine'
import { StalledCommit } from './stalls'

/** Messages of one transaction. */
const MAX_BATCH = 512

/** Messages that may wait before new ones are refused. */
const MAX_WAITING = 20_000

interface Waiting {
  readonly message: NewMessage
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: Error) => void
}

/** Told of what one transaction appended, before its senders are. */
export type AppendedListener = (messages: readonly NewMessage[], outcomes: readonly Outcome[]) => void

/**
 * Group commit: messages of one gateway go in one transaction after the other, each with all that gathered while the last
 * one was under way. So the seqs of a feed are told in their order, and a flood costs few commits.
 */
export class AppendLane {
  readonly #engine: PostgresEngine
  readonly #onAppended: AppendedListener
  #waiting: Waiting[] = []
  #isUnderWay = false

  constructor(engine: PostgresEngine, onAppended: AppendedListener) {
    this.#engine = engine
    this.#onAppended = onAppended
  }

  append(message: NewMessage): Promise<Outcome> {
    if (this.#waiting.length >= MAX_WAITING)
      return Promise.reject(new HeraldError('storage_unavailable', 'too many writes wait for the database'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject })
      if (!this.#isUnderWay) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#isUnderWay = true
    // What comes in this turn of the event loop goes together.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH)
      await this.#commit(batch)
    }
    this.#isUnderWay = false
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const messages = batch.map(({ message }) => message)
    let outcomes: Outcome[] = []
    try {
      await this.#engine.transact(async (sql) => {
        outcomes = await append(sql, messages)
      })
      this.#onAppended(messages, outcomes)
      batch.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index]
        if (outcome) resolve(outcome)
        else reject(new HeraldError('internal'))
      })
    } catch (error) {
      // Its senders hear that it failed; when it was done after all, whoever is connected sees it.
      if (error instanceof StalledCommit)
        error.late.then(
          () => {
            this.#onAppended(messages, outcomes)
          },
          () => undefined,
        )
      const isFault = !(error instanceof HeraldError) || error.code === 'internal'
      // A neighbour's fault costs nobody else the commit.
      if (isFault && batch.length > 1) for (const one of batch) await this.#commit([one])
      else
        for (const { reject } of batch) reject(error instanceof Error ? error : new HeraldError('internal'))
    }
  }
}
