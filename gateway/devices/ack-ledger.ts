import type { LateAck } from '../escalation/push-commands'
import { getRow } from '../store/statements'
import type { Store } from '../store/store'
import type { Ack } from './ack-commands'

/** Acks are cumulative, so only the newest of a second needs to reach the disk. */
const FLUSH_MS = 1000

/** Acks of one transaction. All of a thousand devices would hold the writer for 15 ms, and a publish with it. */
const SAVE_AT_ONCE = 50

/** Remembers how far each device has acked each feed. */
export class AckLedger {
  readonly #store: Store
  readonly #onFault: (error: unknown) => void
  readonly #lateListeners: ((late: readonly LateAck[]) => void)[] = []
  #pending = new Map<string, Ack>()
  readonly #writing = new Map<string, Ack>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> | undefined

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
    // One after the other: acks of a device reach the disk in the order in which they came.
    while (this.#flushing) await this.#flushing
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#pending.size === 0) return
    this.#flushing = this.#writePending()
    try {
      await this.#flushing
    } finally {
      this.#flushing = undefined
      if (this.#pending.size > 0) this.#arm()
    }
  }

  /** Part by part, so that appends have their turn in between. */
  async #writePending(): Promise<void> {
    const acks = [...this.#pending.values()]
    for (const [key, ack] of this.#pending) this.#writing.set(key, ack)
    this.#pending = new Map()
    let saved = 0
    try {
      while (saved < acks.length) {
        const part = acks.slice(saved, saved + SAVE_AT_ONCE)
        const late = await this.#store.write('saveAcks', part)
        saved += part.length
        for (const ack of part) this.#forget(ack)
        if (late.length > 0) for (const listener of this.#lateListeners) listener(late)
      }
    } catch (error) {
      this.#onFault(error)
      for (const ack of acks.slice(saved)) this.#takeBack(ack)
    }
  }

  #forget(ack: Ack): void {
    const key = keyOf(ack.user, ack.device, ack.feed)
    if (this.#writing.get(key) === ack) this.#writing.delete(key)
  }

  #takeBack(ack: Ack): void {
    const key = keyOf(ack.user, ack.device, ack.feed)
    if (!this.#pending.has(key)) this.#pending.set(key, ack)
    this.#forget(ack)
  }

  #arm(): void {
    if (this.#flushing) return
    this.#timer ??= setTimeout(() => {
      void this.flush()
    }, FLUSH_MS).unref()
  }
}

/** Ids and feed names hold no blank, so the key is unambiguous. */
const keyOf = (user: string, device: string, feed: string): string => `${user} ${device} ${feed}`
