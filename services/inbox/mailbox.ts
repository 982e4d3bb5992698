import type { Message } from '@herald/protocol'
import type { Clock } from '../clock'
import {
  MAX_PRESENTED,
  StorageError,
  type InboxStorage,
  type StorageWrite,
  type StoredInbox,
} from '../storage/storage'
import { fits } from './arrivals'
import { applyChange, emptyInbox, type Applied, type Change, type Inbox } from './inbox'
import { restoreInbox } from './restore-inbox'
import { lowsOf, RowBudget, STORED_ROWS } from './row-budget'
import { StorageWriter, type Written } from './storage-writer'

/** More rows than this are not held in memory: a tab may stay open for months. */
export const MAX_ROWS_IN_MEMORY = 20_000

const NOTHING_TO_WRITE: Written = { attempted: Promise.resolve(), stored: Promise.resolve() }

/** `catchUp`: the messages were published before the socket opened. */
export interface Arrival {
  readonly catchUp: boolean
}

export interface MailboxPorts {
  readonly storage: InboxStorage
  readonly clock: Clock
  /** Alerts for messages that this device has never presented. Resolves when their surface has them. */
  readonly present: (fresh: readonly Message[], arrival: Arrival) => Promise<void>
  readonly onInbox: (inbox: Inbox) => void
  readonly onStorageFailed: (failed: boolean) => void
}

/**
 * The inbox of the signed-in user: memory, storage and presentation in the order that keeps the promise.
 * Rows and the ids to present are stored in one step, then the alert is raised, then the promise resolves and
 * the source acks. A crash before the alert loses that alert, never a message, and nothing is shown twice.
 */
export class Mailbox {
  readonly #ports: MailboxPorts
  readonly #presented = new Set<string>()
  readonly #writer: StorageWriter
  #budget = new RowBudget(0)
  #inbox: Inbox = emptyInbox

  constructor(ports: MailboxPorts) {
    this.#ports = ports
    this.#writer = new StorageWriter({
      storage: ports.storage,
      clock: ports.clock,
      snapshot: () => this.#snapshot(),
      onFailed: ports.onStorageFailed,
    })
  }

  get inbox(): Inbox {
    return this.#inbox
  }

  /** Reads storage, which becomes the truth for rows and cursors; reads and deletions of this memory are kept. */
  async load(): Promise<void> {
    let stored
    try {
      stored = await this.#read()
    } catch {
      // Without storage the app still works: everything comes anew from the gateway.
      this.#ports.onStorageFailed(true)
      return
    }
    for (const id of stored.presented) this.#presented.add(id)
    this.#budget = new RowBudget(stored.rows.length)
    const restored = restoreInbox(stored)
    this.#inbox = localChanges(this.#inbox).reduce(
      (inbox, change) => applyChange(inbox, change).inbox,
      restored,
    )
    this.#ports.onInbox(this.#inbox)
  }

  /** What is stored. Storage that holds nonsense is emptied: the gateway still has the messages. */
  async #read(): Promise<StoredInbox> {
    const { storage } = this.#ports
    try {
      return await storage.load()
    } catch (error) {
      if (!(error instanceof StorageError && error.problem === 'corrupt')) throw error
      await storage.clear()
      return storage.load()
    }
  }

  /** Applies, stores and presents what a source brought. Resolves when the device may say that it has it. */
  async deliver(change: Change, arrival: Arrival): Promise<void> {
    const applied = this.#apply(change)
    const fresh = applied.fresh.filter((message) => !this.#presented.has(message.id))
    this.#remember(fresh)
    const { attempted, stored } = this.#store(change, applied, fresh)
    // When storage fails, to alert is still right: the worst is a second alert after a restart.
    await attempted
    if (fresh.length > 0) await this.#ports.present(fresh, arrival)
    await stored
  }

  /** Applies and stores what the user did on this device, or what another tab brought to the one that stores. */
  async commit(change: Change): Promise<void> {
    await this.#store(change, this.#apply(change), []).stored
  }

  /** Applies what another tab stores. False: changes were missed, and `load` has to catch up. */
  mirror(change: Change): boolean {
    if (fits(this.#inbox, change) === 'hole') return false
    // Nothing is noted as presented: the tab that presents stores that, and only what is stored has been shown.
    this.#apply(change)
    return true
  }

  /** Resolves when everything so far is stored. */
  async flushed(): Promise<void> {
    await this.#writer.write({}).stored
  }

  /** Whether a message was presented on this device, by whatever way it came. */
  wasPresented(id: string): boolean {
    return this.#presented.has(id)
  }

  /** Stops writing, for good. */
  close(): void {
    this.#writer.close()
  }

  #apply(change: Change): Applied {
    const applied = applyChange(this.#inbox, change)
    this.#inbox = this.#bounded(applied.inbox)
    if (applied.inbox !== this.#inbox || Object.keys(applied.write).length > 0)
      this.#ports.onInbox(this.#inbox)
    return applied
  }

  #bounded(inbox: Inbox): Inbox {
    if (inbox.rows.length <= MAX_ROWS_IN_MEMORY) return inbox
    const lows = lowsOf(inbox, inbox.rows.slice(0, STORED_ROWS))
    return applyChange(inbox, { type: 'prune', lows }).inbox
  }

  #store(change: Change, applied: Applied, fresh: readonly Message[]): Written {
    const presented = fresh.map((message) => message.id)
    const write = { ...this.#budget.limit(change, applied), ...(presented.length > 0 && { presented }) }
    if (Object.keys(write).length === 0) return NOTHING_TO_WRITE
    const written = this.#writer.write(write)
    const prune = this.#budget.prune(this.#inbox)
    if (prune) this.#writer.write(prune)
    return written
  }

  #remember(fresh: readonly Message[]): void {
    for (const message of fresh) this.#presented.add(message.id)
    for (const id of this.#presented) {
      if (this.#presented.size <= MAX_PRESENTED) break
      this.#presented.delete(id)
    }
  }

  #snapshot(): StorageWrite {
    const { feeds, rows, hidden } = this.#inbox
    this.#budget = new RowBudget(Math.min(rows.length, STORED_ROWS))
    return {
      dropFeeds: Object.keys(feeds),
      feeds: Object.values(feeds),
      rows: rows.slice(0, STORED_ROWS),
      hidden: [...hidden],
      presented: [...this.#presented],
    }
  }
}

/** What only this memory may know when storage is read again: idempotent, so it does not matter if it knows. */
function localChanges(inbox: Inbox): Change[] {
  const reads = Object.values(inbox.feeds)
    .filter((record) => record.read.length > 0)
    .map(({ feed, epoch, read }): Change => ({ type: 'read', feed, epoch, ranges: read }))
  return inbox.hidden.size > 0 ? [...reads, { type: 'hide', ids: [...inbox.hidden] }] : reads
}
