import { AnswerLimit } from './answer-limit'
import { Circuits } from './circuits'
import { takeBack } from './clearing'
import { toKey, type PushKey, type PushRow, type Settlement } from '../contracts/push-ledger'
import { Ringer, type RingerOptions, type SettlesPushes } from './ringer'

/** What sending needs: all that ringing does, and who it is. */
export interface SenderOptions extends RingerOptions {
  /** Names this gateway among those that share a store. */
  readonly owner: string
}

/** Devices that are rung at the same time. */
const MAX_IN_FLIGHT = 256

/** How long pushes are ours; longer than a send can take (ms). */
const CLAIM_MS = 60_000

/** Takes pushes that are due, so many at a time, and has each rung or taken back. */
export class Sender {
  readonly circuits = new Circuits()
  readonly #options: SenderOptions & SettlesPushes
  readonly limit = new AnswerLimit()
  readonly #ringer: Ringer
  readonly #inFlight = new Set<Promise<void>>()
  /** Rows that are being seen to, and of which it is not stored what became of them. */
  readonly #busy = new Set<string>()

  constructor(options: SenderOptions) {
    this.#options = { ...options, settle: (settlements) => this.#settle(settlements) }
    this.#ringer = new Ringer(this.#options, this.circuits, this.limit)
  }

  /** Takes what is due, as far as there is room. False when nothing is due; does not wait for the providers. */
  async step(): Promise<boolean> {
    const now = this.#options.now()
    const { pushes } = this.#options.knowledge
    const limit = MAX_IN_FLIGHT - this.#inFlight.size
    if (limit <= 0) {
      await Promise.race(this.#inFlight)
      return true
    }
    const claim = { owner: this.#options.owner, now, until: now + CLAIM_MS, limit }
    const groups = await pushes.claimPushes(claim)
    const begun = groups.filter((rows) => this.#begin(rows))
    return begun.length > 0
  }

  /** Resolves when what was under way is answered and stored. */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight)
  }

  /**
   * A clock that jumps ahead, or a machine that slept, ends claims before their time: what is still under way is left to
   * whoever is at it, and comes again when that comes to nothing. False: all of it is.
   */
  #begin(claimed: readonly PushRow[]): boolean {
    const rows = claimed.filter((row) => !this.#busy.has(nameOf(row)))
    if (rows.length === 0) return false
    for (const row of rows) this.#busy.add(nameOf(row))
    const work = this.#handle(rows).catch((error: unknown) => {
      // The claim ends by itself, and the push comes again.
      this.#options.observer.fault(error)
    })
    this.#inFlight.add(work)
    void work.finally(() => {
      this.#inFlight.delete(work)
      for (const row of rows) this.#busy.delete(nameOf(row))
    })
    return true
  }

  async #settle(settlements: readonly Settlement[]): Promise<void> {
    await this.#options.knowledge.pushes.settle(settlements)
    for (const key of settlements.flatMap(({ keys }) => keys)) this.#busy.delete(nameOf(key))
  }

  async #handle(rows: readonly PushRow[]): Promise<void> {
    const clearing = rows.filter(({ state }) => state === 'clearing')
    const waiting = rows.filter(({ state }) => state === 'waiting')
    // What rings does not wait for what only tidies up.
    await this.#ringer.ringDue(waiting)
    if (clearing.length > 0) await takeBack(clearing, this.#options, this.circuits, this.limit.signal())
  }
}

const nameOf = (key: PushKey): string => JSON.stringify(Object.values(toKey(key)))
