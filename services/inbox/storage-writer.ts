import type { Clock, Timer } from '../clock'
import { MAX_PRESENTED, type InboxStorage, type StorageWrite } from '../storage/storage'

/** How long to wait before storage is tried again after it failed. */
export const STORAGE_RETRY_MS = 5_000

export interface StorageWriterPorts {
  readonly storage: InboxStorage
  readonly clock: Clock
  /** Everything that storage should hold now; written as a whole after a failure. */
  readonly snapshot: () => StorageWrite
  readonly onFailed: (failed: boolean) => void
}

/** `attempted`: storage has answered for the first time, well or ill. `stored`: it is kept; after `close`, never. */
export interface Written {
  readonly attempted: Promise<void>
  readonly stored: Promise<void>
}

interface Step {
  write: StorageWrite
  readonly attempted: (() => void)[]
  readonly stored: (() => void)[]
}

/**
 * Writes one step after another. Steps that wait become one where they can, and what a later one drops is not written
 * at all: a flood that is faster than storage writes little more than what stays. A step that fails would leave a
 * hole below the steps after it (a cursor without its rows), so all of them are replaced by one snapshot,
 * which is tried until it is stored.
 */
export class StorageWriter {
  readonly #ports: StorageWriterPorts
  #waiting: Step[] = []
  #droppedWhileFailing = new Set<string>()
  #phase: 'idle' | 'writing' | 'failing' | 'closed' = 'idle'
  #retry: Timer = null

  constructor(ports: StorageWriterPorts) {
    this.#ports = ports
  }

  write(write: StorageWrite): Written {
    const attempted = signal()
    const stored = signal()
    if (this.#phase === 'failing') attempted.raise()
    if (this.#phase !== 'closed')
      this.#enqueue({ write, attempted: [attempted.raise], stored: [stored.raise] })
    if (this.#phase === 'idle') void this.#run()
    return { attempted: attempted.raised, stored: stored.raised }
  }

  /** Writes nothing more. */
  close(): void {
    this.#phase = 'closed'
    this.#waiting = []
    if (this.#retry !== null) this.#ports.clock.clearTimeout(this.#retry)
  }

  #enqueue(step: Step): void {
    if (this.#phase === 'failing') this.#noteDropped([step])
    const tail = this.#waiting.at(-1)
    if (tail && canFollow(step.write)) {
      tail.write = merge(tail.write, step.write)
      tail.attempted.push(...step.attempted)
      tail.stored.push(...step.stored)
    } else {
      this.#waiting.push(step)
    }
  }

  #noteDropped(steps: readonly Step[]): void {
    for (const { write } of steps)
      for (const feed of write.dropFeeds ?? []) this.#droppedWhileFailing.add(feed)
  }

  async #run(): Promise<void> {
    this.#phase = 'writing'
    for (let step = this.#waiting.shift(); step && this.#isWriting(); step = this.#waiting.shift()) {
      try {
        await this.#ports.storage.write(step.write)
        settle([step])
      } catch {
        // Any StorageError: the retry is the answer, and the user is told by onFailed.
        this.#fail([step, ...this.#waiting])
        return
      }
    }
    if (this.#isWriting()) this.#phase = 'idle'
  }

  #isWriting(): boolean {
    return this.#phase === 'writing'
  }

  #fail(unwritten: readonly Step[]): void {
    if (!this.#isWriting()) return
    this.#phase = 'failing'
    this.#ports.onFailed(true)
    this.#noteDropped(unwritten)
    for (const step of unwritten) for (const attempted of step.attempted) attempted()
    this.#waiting = [onlyStored(unwritten)]
    this.#retryLater()
  }

  #retryLater(): void {
    this.#retry = this.#ports.clock.setTimeout(() => void this.#writeSnapshot(), STORAGE_RETRY_MS)
  }

  async #writeSnapshot(): Promise<void> {
    const covered = this.#waiting
    const dropped = this.#droppedWhileFailing
    this.#waiting = []
    this.#droppedWhileFailing = new Set()
    const snapshot = this.#ports.snapshot()
    try {
      await this.#ports.storage.write({
        ...snapshot,
        dropFeeds: [...new Set([...(snapshot.dropFeeds ?? []), ...dropped])],
      })
    } catch {
      // As in #run.
      for (const feed of dropped) this.#droppedWhileFailing.add(feed)
      this.#waiting = [onlyStored([...covered, ...this.#waiting])]
      if (this.#phase === 'failing') this.#retryLater()
      return
    }
    settle(covered)
    if (this.#phase !== 'failing') return
    this.#ports.onFailed(false)
    await this.#run()
  }
}

function signal(): { raise: () => void; raised: Promise<void> } {
  let raise: () => void = () => undefined
  const raised = new Promise<void>((resolve) => (raise = resolve))
  return { raise, raised }
}

function settle(steps: readonly Step[]): void {
  for (const step of steps) for (const done of [...step.attempted, ...step.stored]) done()
}

const onlyStored = (steps: readonly Step[]): Step => ({
  write: {},
  attempted: [],
  stored: steps.flatMap((step) => step.stored),
})

/** Whether a step can be one with the step before it: all that it drops are rows that are easily told. */
function canFollow(write: StorageWrite): boolean {
  return !write.dropFeeds?.length && !write.dropRows?.length
}

/** One step for two. Drops come first in a step, so the rows of the first that the second drops are left out. */
function merge(first: StorageWrite, second: StorageWrite): StorageWrite {
  const records = new Map(
    [...(first.feeds ?? []), ...(second.feeds ?? [])].map((record) => [record.feed, record]),
  )
  const lows = new Map<string, number>()
  for (const { feed, seq } of second.dropRowsBelow ?? []) lows.set(feed, Math.max(seq, lows.get(feed) ?? 0))
  const rows = first.rows ?? []
  const kept = lows.size === 0 ? rows : rows.filter((row) => row.seq >= (lows.get(row.feed) ?? 0))
  return {
    ...first,
    feeds: [...records.values()],
    dropRowsBelow: [...(first.dropRowsBelow ?? []), ...(second.dropRowsBelow ?? [])],
    rows: [...kept, ...(second.rows ?? [])],
    hidden: [...(first.hidden ?? []), ...(second.hidden ?? [])],
    presented: [...(first.presented ?? []), ...(second.presented ?? [])].slice(-MAX_PRESENTED),
  }
}
