import type { Message } from '@herald/protocol'
import type { Clock, Timer } from '../clock'

/** First wait before what failed is tried again, doubled with each failure up to the cap, in ms. */
export const RETRY_MS = 1_000
export const MAX_RETRY_MS = 60_000

/** Most alerts that are waited for; past it the oldest are in the list only. */
const MAX_PENDING = 1_000

interface Pending {
  readonly message: Message
  readonly settled: (() => void)[]
}

/**
 * System notifications that the platform has not taken yet. One that failed was not shown: it is tried again, slower and
 * slower, and until it is shown the device does not say that it has the message, so that the gateway pushes it.
 */
export class PendingAlerts {
  readonly #clock: Clock
  readonly #retry: () => void
  readonly #pending = new Map<string, Pending>()
  #timer: Timer = null
  #failures = 0

  /** @param retry shows `messages` again */
  constructor(clock: Clock, retry: () => void) {
    this.#clock = clock
    this.#retry = retry
  }

  /** What has not been shown, oldest first. */
  get messages(): readonly Message[] {
    return [...this.#pending.values()].map(({ message }) => message)
  }

  /** These are about to be shown. */
  add(messages: readonly Message[]): void {
    for (const message of messages)
      if (!this.#pending.has(message.id)) this.#pending.set(message.id, { message, settled: [] })
    const over = this.#pending.size - MAX_PENDING
    if (over > 0) this.settle([...this.#pending.keys()].slice(0, over))
  }

  /** Resolves when none of these has to be shown any more. */
  async shown(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#settled(id)))
  }

  /** These were shown, by whatever way, or need not be any more. */
  settle(ids: Iterable<string>): void {
    for (const id of ids) {
      const pending = this.#pending.get(id)
      this.#pending.delete(id)
      for (const settled of pending?.settled ?? []) settled()
    }
    if (this.#pending.size > 0) return
    this.#failures = 0
    this.#stopTimer()
  }

  /** The platform refused one. */
  failed(): void {
    if (this.#timer !== null || this.#pending.size === 0) return
    const wait = Math.min(RETRY_MS * 2 ** Math.min(this.#failures, 10), MAX_RETRY_MS)
    this.#failures += 1
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = null
      this.#retry()
    }, wait)
  }

  /** Whether something was refused, and is still to be shown. */
  get hasFailed(): boolean {
    return this.#failures > 0
  }

  #settled(id: string): Promise<void> {
    const pending = this.#pending.get(id)
    return pending
      ? new Promise((resolve) => {
          pending.settled.push(resolve)
        })
      : Promise.resolve()
  }

  #stopTimer(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer)
    this.#timer = null
  }
}
