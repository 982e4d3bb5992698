import type { Store } from '../store/store'

/** Comings and goings of a second become one write. */
const FLUSH_MS = 1000

interface Note {
  readonly user: string
  readonly device: string
  readonly live: boolean
}

/** Keeps on disk which devices have a socket, so that the gateway's next life knows whom it may expect back. */
export class LiveNotes {
  readonly #store: Store
  readonly #onFault: (error: unknown) => void
  #pending = new Map<string, Note>()
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(store: Store, onFault: (error: unknown) => void) {
    this.#store = store
    this.#onFault = onFault
  }

  note(user: string, device: string, live: boolean): void {
    if (this.#stopped) return
    this.#pending.set(`${user} ${device}`, { user, device, live })
    this.#timer ??= setTimeout(() => {
      void this.flush()
    }, FLUSH_MS).unref()
  }

  /** Writes what is pending. What cannot be written is dropped: it costs a push too many, or a push some seconds late. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const notes = [...this.#pending.values()]
    if (notes.length === 0) return
    this.#pending = new Map()
    try {
      await this.#store.write('noteLive', notes)
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
