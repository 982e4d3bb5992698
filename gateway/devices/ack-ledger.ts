import { allRows } from '../store/statements'
import type { Store } from '../store/store'
import type { Ack } from './ack-commands'

/** Acks are cumulative, so only the newest of a second needs to reach the disk. */
const FLUSH_MS = 1000

/** Remembers how far each device has acked each feed. */
export class AckLedger {
  readonly #store: Store
  readonly #onFault: (error: unknown) => void
  #pending = new Map<string, Ack>()
  #timer: NodeJS.Timeout | undefined

  constructor(store: Store, onFault: (error: unknown) => void) {
    this.#store = store
    this.#onFault = onFault
  }

  record(ack: Ack): void {
    this.#pending.set(`${ack.user} ${ack.device} ${ack.feed}`, ack)
    this.#arm()
  }

  /** The acks of a user's devices, as far as they are on disk. */
  ofUser(user: string): Ack[] {
    return allRows<Ack>(
      this.#store.reader,
      'SELECT user, device, feed, epoch, seq, time FROM acks WHERE user = ?',
      user,
    )
  }

  /** Writes what is pending. On a full disk it stays pending: a lost ack costs at most a push too many. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const acks = [...this.#pending.values()]
    if (acks.length === 0) return
    this.#pending = new Map()
    try {
      await this.#store.write('saveAcks', acks)
    } catch (error) {
      this.#onFault(error)
      for (const ack of acks) {
        const key = `${ack.user} ${ack.device} ${ack.feed}`
        if (!this.#pending.has(key)) this.#pending.set(key, ack)
      }
      this.#arm()
    }
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      void this.flush()
    }, FLUSH_MS).unref()
  }
}
