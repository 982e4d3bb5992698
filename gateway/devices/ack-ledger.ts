import type { LateAck } from '../escalation/push-commands'
import { getRow } from '../store/statements'
import type { Store } from '../store/store'
import type { Ack } from './ack-commands'

/** Acks are cumulative, so only the newest of a second needs to reach the disk. */
const FLUSH_MS = 1000

/** Remembers how far each device has acked each feed. */
export class AckLedger {
  readonly #store: Store
  readonly #onFault: (error: unknown) => void
  readonly #lateListeners: ((late: readonly LateAck[]) => void)[] = []
  #pending = new Map<string, Ack>()
  readonly #writing = new Map<string, Ack>()
  #timer: NodeJS.Timeout | undefined

  constructor(store: Store, onFault: (error: unknown) => void) {
    this.#store = store
    this.#onFault = onFault
  }

  record(ack: Ack): void {
    const key = keyOf(ack.user, ack.device, ack.feed)
    const before = this.#pending.get(key)
    // A device that comes back may say less than its socket before did.
    if (before?.epoch === ack.epoch && before.seq > ack.seq) return
    this.#pending.set(key, ack)
    this.#arm()
  }

  /** How far a device has acked a feed, on disk or on the way there; undefined when it never has, in this epoch. */
  ackOf(
    user: string,
    device: string,
    feed: string,
    epoch: string,
  ): { seq: number; time: number } | undefined {
    const key = keyOf(user, device, feed)
    const stored = getRow<{ epoch: string; seq: number; time: number }>(
      this.#store.reader,
      'SELECT epoch, seq, time FROM acks WHERE user = ? AND device = ? AND feed = ?',
      ...[user, device, feed],
    )
    return [this.#pending.get(key), this.#writing.get(key), stored]
      .filter((ack) => ack?.epoch === epoch)
      .reduce((furthest, ack) => ((ack?.seq ?? 0) > (furthest?.seq ?? 0) ? ack : furthest), undefined)
  }

  /** Called with acks that came after a push had gone for what they acked. */
  onLate(listener: (late: readonly LateAck[]) => void): void {
    this.#lateListeners.push(listener)
  }

  /** Writes what is pending. On a full disk it stays pending: a lost ack costs at most a push too many. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const acks = [...this.#pending.values()]
    if (acks.length === 0) return
    for (const [key, ack] of this.#pending) this.#writing.set(key, ack)
    this.#pending = new Map()
    try {
      const late = await this.#store.write('saveAcks', acks)
      if (late.length > 0) for (const listener of this.#lateListeners) listener(late)
    } catch (error) {
      this.#onFault(error)
      for (const ack of acks) {
        const key = keyOf(ack.user, ack.device, ack.feed)
        if (!this.#pending.has(key)) this.#pending.set(key, ack)
      }
      this.#arm()
    } finally {
      for (const ack of acks) {
        const key = keyOf(ack.user, ack.device, ack.feed)
        if (this.#writing.get(key) === ack) this.#writing.delete(key)
      }
    }
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      void this.flush()
    }, FLUSH_MS).unref()
  }
}

/** Ids and feed names hold no blank, so the key is unambiguous. */
const keyOf = (user: string, device: string, feed: string): string => `${user} ${device} ${feed}`
