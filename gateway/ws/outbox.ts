import type { Duplex } from 'node:stream'

/** What one socket may have waiting in memory before its reader counts as too slow, in bytes. */
export const MAX_OUTBOX_BYTES = 1024 * 1024

/** Catch-up pages wait until less than this is pending, in bytes. */
const LOW_WATER_BYTES = 128 * 1024

/** Outboxes with something to write at the end of this turn of the event loop. */
let dirty: Outbox[] = []

function flushDirty(): void {
  const outboxes = dirty
  dirty = []
  for (const outbox of outboxes) outbox.flush()
}

/**
 * A bounded queue of frames for one socket. Everything queued within one turn of the event loop leaves as one
 * write, which is what makes fan-out cheap. Control frames (close, pong) go past it, whole and in between.
 */
export class Outbox {
  readonly #socket: Duplex
  /** Nearly always a turn has one frame for a socket, which then needs no list. */
  #first: Buffer | undefined
  #more: Buffer[] | undefined
  #bytes = 0
  #closed = false
  /** Who waits for room; undefined while nobody does. */
  #waiters: (() => void)[] | undefined
  #listensForDrain = false

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  /** Bytes that the peer has not taken yet. */
  get pendingBytes(): number {
    return this.#bytes + this.#socket.writableLength
  }

  /** Queues a frame. False: the peer does not read, the frame was not queued, and the socket must go. */
  push(frame: Buffer): boolean {
    if (this.#closed) return true
    if (this.pendingBytes + frame.length > MAX_OUTBOX_BYTES) return false
    this.#bytes += frame.length
    if (this.#first === undefined) {
      this.#first = frame
      if (dirty.length === 0) setImmediate(flushDirty)
      dirty.push(this)
    } else if (this.#more === undefined) this.#more = [frame]
    else this.#more.push(frame)
    return true
  }

  /** Writes what is queued, as one chunk. */
  flush(): void {
    const first = this.#first
    if (first === undefined) return
    const more = this.#more
    this.#drop()
    this.#socket.write(more === undefined ? first : Buffer.concat([first, ...more]))
    if (this.#waiters !== undefined && this.pendingBytes < LOW_WATER_BYTES) this.#wakeWaiters()
  }

  /** Resolves when little enough is pending to send another page; at once after `close`. */
  async ready(): Promise<void> {
    while (!this.#closed && this.pendingBytes >= LOW_WATER_BYTES) {
      await new Promise<void>((resolve) => {
        this.#addWaiter(resolve)
      })
    }
  }

  /** Drops what was not written, and lets nothing more in. */
  close(): void {
    this.#closed = true
    this.#drop()
    this.#wakeWaiters()
  }

  #drop(): void {
    this.#first = undefined
    this.#more = undefined
    this.#bytes = 0
  }

  /** Listens to the socket only while somebody waits: a listener of each idle socket would be memory for nothing. */
  #addWaiter(waiter: () => void): void {
    if (this.#waiters === undefined) this.#waiters = [waiter]
    else this.#waiters.push(waiter)
    if (this.#listensForDrain) return
    this.#listensForDrain = true
    this.#socket.once('drain', () => {
      this.#listensForDrain = false
      this.#wakeWaiters()
    })
  }

  #wakeWaiters(): void {
    const waiters = this.#waiters
    this.#waiters = undefined
    for (const wake of waiters ?? []) wake()
  }
}
