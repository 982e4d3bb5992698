import type { Ack, Acks, LateAck } from '../contracts/acks'

/** Acks are cumulative, so only the newest of a second needs to reach the disk; other gateways wait less long. */
const FLUSH_MS = 1000

/** Acks of one write: all of a thousand devices would hold the writer for 15 ms, and a publish with it. */
const ACKS_PER_WRITE = 100

/** Gathers acks on their way to the store, and answers how far each device has acked each feed with those counted in. */
export class AckBuffer {
  readonly #acks: Acks
  readonly #onFault: (error: unknown) => void
  readonly #lateListeners: ((late: readonly LateAck[]) => void)[] = []
  readonly #pending = new Map<string, Ack>()
  readonly #writing = new Map<string, Ack>()
  readonly #flushMs: number
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(acks: Acks, onFault: (error: unknown) => void, flushMs = FLUSH_MS) {
    this.#acks = acks
    this.#onFault = onFault
    this.#flushMs = flushMs
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
  async ackOf(
    user: string,
    device: string,
    feed: string,
    epoch: string,
  ): Promise<{ readonly seq: number; readonly time: number } | undefined> {
    const key = keyOf(user, device, feed)
    // Taken before the store is asked: what is being written now may be there then, and no longer here.
    const onTheWay = [this.#pending.get(key), this.#writing.get(key)].filter((ack) => ack?.epoch === epoch)
    const stored = await this.#acks.ackOf(user, device, feed, epoch)
    return [...onTheWay, stored].reduce(
      (furthest, ack) => ((ack?.seq ?? 0) > (furthest?.seq ?? 0) ? ack : furthest),
      undefined,
    )
  }

  /** Drops what is pending of a user who is gone. */
  forget(user: string): void {
    for (const [key, ack] of this.#pending) if (ack.user === user) this.#pending.delete(key)
  }

  /** Called with acks that came after a push had gone for what they acked. */
  onLate(listener: (late: readonly LateAck[]) => void): void {
    this.#lateListeners.push(listener)
  }

  /**
   * Writes what is pending, behind what is being written. On a full disk it stays pending: a lost ack costs at most a push
   * too many.
   */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flushing = this.#flushing.then(() => this.#write(this.#pending.size))
    return this.#flushing
  }

  /** Writes the oldest of what is pending. What comes meanwhile has its own second to be overtaken in. */
  async #write(count: number): Promise<void> {
    for (let left = count; left > 0; left -= ACKS_PER_WRITE) {
      if (await this.#writeSome(Math.min(left, ACKS_PER_WRITE))) continue
      this.#arm()
      return
    }
  }

  /** False: the disk refused. */
  async #writeSome(count: number): Promise<boolean> {
    const acks = takeFirst(this.#pending, count)
    for (const [key, ack] of acks) this.#writing.set(key, ack)
    try {
      const late = await this.#acks.save([...acks.values()])
      if (late.length > 0) for (const listener of this.#lateListeners) listener(late)
      return true
    } catch (error) {
      this.#onFault(error)
      for (const [key, ack] of acks) if (!this.#pending.has(key)) this.#pending.set(key, ack)
      return false
    } finally {
      for (const key of acks.keys()) this.#writing.delete(key)
    }
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      void this.flush()
    }, this.#flushMs).unref()
  }
}

/** Ids and feed names hold no blank, so the key is unambiguous. */
const keyOf = (user: string, device: string, feed: string): string => `${user} ${device} ${feed}`

/** Takes the oldest entries out of a map. */
function takeFirst<Key, Value>(map: Map<Key, Value>, count: number): Map<Key, Value> {
  const taken = new Map<Key, Value>()
  for (const [key, value] of map) {
    if (taken.size === count) break
    taken.set(key, value)
    map.delete(key)
  }
  return taken
}
