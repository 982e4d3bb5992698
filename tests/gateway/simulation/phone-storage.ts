import type { Chance } from './chance'
import { applyWrite, emptyInbox } from '@/services/storage/memory'
import type { InboxStorage, StorageWrite, StoredInbox } from '@/services/storage/storage'

interface Waiting {
  readonly write: StorageWrite
  readonly done: () => void
}

/** A phone's storage: a write takes a moment, and a kill in that moment may find it done or not. */
export class PhoneStorage implements InboxStorage {
  #stored: StoredInbox = emptyInbox()
  #waiting: Waiting[] = []

  load(): Promise<StoredInbox> {
    const { feeds, rows, hidden, presented } = this.#stored
    return Promise.resolve({
      feeds: [...feeds],
      rows: [...rows],
      hidden: [...hidden],
      presented: [...presented],
    })
  }

  write(write: StorageWrite): Promise<void> {
    return new Promise((done) => this.#waiting.push({ write, done }))
  }

  clear(): Promise<void> {
    this.#stored = emptyInbox()
    this.#waiting = []
    return Promise.resolve()
  }

  /** What one life of the app has of it: after `isOver` nothing is kept or answered any more. */
  forLife(isOver: () => boolean): InboxStorage {
    const never = <T>(): Promise<T> => new Promise<T>(() => undefined)
    return {
      load: () => (isOver() ? never() : this.load()),
      write: (write) => (isOver() ? never() : this.write(write)),
      clear: () => (isOver() ? never() : this.clear()),
    }
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Keeps what waits, and says so. */
  flush(): void {
    for (const { write, done } of this.#waiting.splice(0)) {
      this.#stored = applyWrite(this.#stored, write)
      done()
    }
  }

  /** The process ends: some of what waits is kept, in order. Answers the ids that are now stored as presented. */
  kill(chance: Chance): string[] {
    const waiting = this.#waiting.splice(0)
    const kept = waiting.slice(0, chance.between(0, waiting.length))
    for (const { write } of kept) this.#stored = applyWrite(this.#stored, write)
    return kept.flatMap(({ write }) => write.presented ?? [])
  }
}
