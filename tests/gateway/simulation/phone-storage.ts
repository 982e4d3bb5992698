import type { Chance } from './chance'
import type { FeedRecord } from '@/services/storage/storage'
import { applyWrite, emptyInbox } from '@/services/storage/memory'
import type { InboxStorage, StorageWrite, StoredInbox } from '@/services/storage/storage'

interface Waiting {
  readonly write: StorageWrite
  readonly done: () => void
  /** The life of an app, or of a tab, that asked for it. */
  readonly owner: object
}

/**
 * A device's storage: a write takes a moment, and a kill in that moment may find it done or not. The tabs of a browser
 * have one together.
 */
export class PhoneStorage {
  #stored: StoredInbox = emptyInbox()
  #waiting: Waiting[] = []

  /** What one life of the app has of it: after `isOver` nothing is kept or answered any more. */
  forLife(owner: object, isOver: () => boolean): InboxStorage {
    const never = <T>(): Promise<T> => new Promise<T>(() => undefined)
    return {
      load: () => (isOver() ? never() : this.#load()),
      write: (write) =>
        isOver() ? never() : new Promise((done) => this.#waiting.push({ write, done, owner })),
      clear: () => (isOver() ? never() : this.#clear()),
    }
  }

  /** Nobody waits for it. */
  get idle(): boolean {
    return this.#waiting.length === 0
  }

  isWaitingFor(owner: object): boolean {
    return this.#waiting.some((one) => one.owner === owner)
  }

  /** Keeps what a life waits for, and says so. Answers the ids that are now stored as presented. */
  flush(owner: object): string[] {
    const waiting = this.#takeOf(owner)
    for (const { write, done } of waiting) {
      this.put(write)
      done()
    }
    return waiting.flatMap(({ write }) => write.presented ?? [])
  }

  /** A life ends: some of what waits is kept, in order. Answers the ids that are now stored as presented. */
  kill(owner: object, chance: Chance): string[] {
    const waiting = this.#takeOf(owner)
    const kept = waiting.slice(0, chance.between(0, waiting.length))
    for (const { write } of kept) this.put(write)
    return kept.flatMap(({ write }) => write.presented ?? [])
  }

  /** Keeps at once what does not come from an app. */
  put(write: StorageWrite): void {
    this.#stored = applyWrite(this.#stored, write)
  }

  feed(name: string): FeedRecord | undefined {
    return this.#stored.feeds.find(({ feed }) => feed === name)
  }

  hasPresented(id: string): boolean {
    return this.#stored.presented.includes(id)
  }

  #load(): Promise<StoredInbox> {
    const { feeds, rows, hidden, presented } = this.#stored
    return Promise.resolve({
      feeds: [...feeds],
      rows: [...rows],
      hidden: [...hidden],
      presented: [...presented],
    })
  }

  #clear(): Promise<void> {
    this.#stored = emptyInbox()
    this.#waiting = []
    return Promise.resolve()
  }

  #takeOf(owner: object): Waiting[] {
    const own = this.#waiting.filter((one) => one.owner === owner)
    if (own.length > 0) this.#waiting = this.#waiting.filter((one) => one.owner !== owner)
    return own
  }
}
