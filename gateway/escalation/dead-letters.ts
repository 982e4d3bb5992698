import type { DeadLetter, Message } from '@herald/protocol'
import type { PushLedger } from '../contracts/push-ledger'

/** Pushes that no provider could be made to take: kept, shown with the reason, and sent again at a person's word. */
export class DeadLetters {
  readonly #pushes: Pick<PushLedger, 'deadLetters' | 'replay'>
  readonly #now: () => number

  constructor(pushes: Pick<PushLedger, 'deadLetters' | 'replay'>, now: () => number) {
    this.#pushes = pushes
    this.#now = now
  }

  /** The newest. */
  list(limit: number): Promise<DeadLetter[]> {
    return this.#pushes.deadLetters(limit)
  }

  /** Makes those of a message, or all, due again. Answers how many. */
  replay(message: Message | undefined, limit: number): Promise<number> {
    return this.#pushes.replay(message, this.#now(), limit)
  }
}
