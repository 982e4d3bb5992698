import type { Duplex } from 'node:stream'

/** What one socket may have waiting in memory before its reader counts as too slow, in bytes. */
export const MAX_OUTBOX_BYTES = 1024 * 1024

/** Catch-up pages wait until less than this is pending, in bytes. */
const LOW_WATER_BYTES = 128 * 1024

/** Outboxes with something to write at the end of this turn of the event loop. */
const dirty = new Set<Outbox>()

function flushDirty(): void {
  for (const outbox of dirty) outbox.flush()
  dirty.clear()
}

/**
 * A bounded queue of frames for one socket. Everything queued within one turn of the event loop leaves as one
 * write, which is what makes fan-out cheap. It writes below `ws`, whose own frames (close, pong) go out whole
 * and in between.
 */
export class Outbox {
  readonly #socket: Duplex
  #frames: Buffer[] = []
  #bytes = 0
  #closed = false
  #onDrain: (() => void)[] = []

  constructor(socket: Duplex) {
    this.#socket = socket
    socket.on('drain', () => {
      this.#wakeWaiters()
    })
  }

  /** Bytes that the peer has not taken yet. */
  get pendingBytes(): number {
    return this.#bytes + this.#socket.writableLength
  }

  /** Queues a frame. False: the peer does not read, the frame was not queued, and the socket must go. */
  push(frame: Buffer): boolean {
    if (this.#closed) return true
    if (this.pendingBytes + frame.length > MAX_OUTBOX_BYTES) return false
    if (this.#frames.length === 0) {
      if (dirty.size === 0) setImmediate(flushDirty)
      dirty.add(this)
    }
    this.#frames.push(frame)
    this.#bytes += frame.length
    return true
  }

  /** Writes what is queued, as one chunk. */
  flush(): void {
    const frames = this.#frames
    if (frames.length === 0) return
    this.#frames = []
    this.#bytes = 0
    const [first] = frames
    this.#socket.write(frames.length === 1 && first ? first : Buffer.concat(frames))
    if (this.pendingBytes < LOW_WATER_BYTES) this.#wakeWaiters()
  }

  /** Resolves when little enough is pending to send another page; at once after `close`. */
  async ready(): Promise<void> {
    while (!this.#closed && this.pendingBytes >= LOW_WATER_BYTES) {
      await new Promise<void>((resolve) => {
        this.#onDrain.push(resolve)
      })
    }
  }

  /** Drops what was not written, and lets nothing more in. */
  close(): void {
    this.#closed = true
    this.#frames = []
    this.#bytes = 0
    dirty.delete(this)
    this.#wakeWaiters()
  }

  #wakeWaiters(): void {
    const waiters = this.#onDrain
    this.#onDrain = []
    for (const wake of waiters) wake()
  }
}
