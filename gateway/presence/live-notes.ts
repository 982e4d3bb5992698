import type { Devices, LiveNote } from '../contracts/devices'

/** Comings and goings of a second become one write. */
const FLUSH_MS = 1000

/** Notes of one write: what is published meanwhile waits for no more of them than this. */
const NOTES_PER_WRITE = 256

/** Keeps on disk which devices have a socket, so that the gateway's next life knows whom it may expect back. */
export class LiveNotes {
  readonly #devices: Pick<Devices, 'noteLive'>
  readonly #onFault: (error: unknown) => void
  readonly #now: () => number
  #pending = new Map<string, LiveNote>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(
    devices: Pick<Devices, 'noteLive'>,
    onFault: (error: unknown) => void,
    now: () => number = Date.now,
  ) {
    this.#devices = devices
    this.#onFault = onFault
    this.#now = now
  }

  note(user: string, device: string, live: boolean): void {
    if (this.#stopped) return
    this.#pending.set(`${user} ${device}`, { user, device, live, at: this.#now() })
    this.#timer ??= setTimeout(() => {
      void this.flush()
    }, FLUSH_MS).unref()
  }

  /**
   * Writes what is pending, behind what is being written. What cannot be written is dropped: it costs a push too many,
   * or a push some seconds late.
   */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flushing = this.#flushing.then(() => this.#write())
    return this.#flushing
  }

  async #write(): Promise<void> {
    const notes = [...this.#pending.values()]
    this.#pending = new Map()
    try {
      for (let at = 0; at < notes.length; at += NOTES_PER_WRITE)
        await this.#devices.noteLive(notes.slice(at, at + NOTES_PER_WRITE))
    } catch (error) {
      this.#onFault(error)
    }
  }

  /** Writes what is pending and notes nothing more: a shutdown sends everybody away, and all of them come back. */
  async stop(): Promise<void> {
    const flushed = this.flush()
    this.#stopped = true
    await flushed
  }
}
