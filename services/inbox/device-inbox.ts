import type { Clock } from '../clock'
import type { PresentedLedger } from '../presented/presented-ledger'
import { newestRows } from '../storage/row-order'
import { StorageError, type InboxStorage, type StorageWrite, type StoredInbox } from '../storage/storage'
import { fits } from './arrivals'
import { applyChange, emptyInbox, type Applied, type Change, type Inbox } from './inbox'
import { giveBackUnsettled, restoreInbox } from './restore-inbox'
import { lowsOf, RowBudget, STORED_ROWS } from './row-budget'
import { applyPrune } from './row-changes'
import { StorageWriter, type Written } from './storage-writer'

const NOTHING_TO_WRITE: Written = { attempted: Promise.resolve(), stored: Promise.resolve() }

const MAX_FLUSH_ROUNDS = 50

/** More rows than this are not held in memory while nobody reads below them: what arrives must not fill it. */
export const MAX_ROWS_AT_TOP = 2_000

/** More rows than this are never held in memory: a tab may stay open for months. */
export const MAX_ROWS_IN_MEMORY = 20_000

export interface DeviceInboxPorts {
  readonly storage: InboxStorage
  readonly clock: Clock
  /** What was presented on this device: who raises the alerts asks it too. */
  readonly ledger: PresentedLedger
  readonly onInbox: (inbox: Inbox) => void
  readonly onStorageFailed: (failed: boolean) => void
}

/** The inbox of the signed-in user on this device: what is in memory, and the same in storage as far as that keeps it. */
export class DeviceInbox {
  readonly #ports: DeviceInboxPorts
  readonly #writer: StorageWriter
  readonly #window = new RowWindow()
  #budget = new RowBudget(0)
  /** Changes so far. */
  #applied = 0
  #inbox: Inbox = emptyInbox

  constructor(ports: DeviceInboxPorts) {
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
    this.#ports.ledger.read(stored.presented)
    this.#budget = new RowBudget(stored.rows.length)
    const restored = restoreInbox(stored)
    this.#inbox = localChanges(this.#inbox).reduce(
      (inbox, change) => applyChange(inbox, change).inbox,
      restored,
    )
    this.#ports.onInbox(this.#inbox)
  }

  /** Whether somebody reads below the top of the list: rows are not let go of then. */
  setReading(below: boolean): void {
    this.#window.setReading(below)
  }

  /** Whoever acks from now on takes anew what its last life had stored and not come to present. */
  giveBackUnsettled(): void {
    const before = this.#inbox
    const { ledger } = this.#ports
    this.#inbox = giveBackUnsettled(before, ledger)
    ledger.giveBack()
    if (this.#inbox !== before) this.#ports.onInbox(this.#inbox)
  }

  /** Applies and stores what the user did on this device, or what another tab brought to the one that stores. */
  async commit(change: Change): Promise<void> {
    await this.store(change, this.apply(change), []).stored
  }

  /** Applies what another tab stores. False: changes were missed, and `load` has to catch up. */
  mirror(change: Change): boolean {
    if (fits(this.#inbox, change) === 'hole') return false
    // Nothing is noted as presented: the tab that presents stores that, and only what is stored has been shown.
    this.apply(change)
    return true
  }

  /** Stores all of the inbox once more: another tab has written over it. */
  storeAll(): void {
    this.#writer.write(this.#snapshot())
  }

  /**
   * Resolves when everything so far is stored, with what comes while this waits: another tab that reads storage then must
   * find all that it was told before. In a flood that never rests whoever was told something else asks again.
   */
  async flushed(): Promise<void> {
    for (let rounds = 0; rounds < MAX_FLUSH_ROUNDS; rounds += 1) {
      const applied = this.#applied
      await this.#writer.write({}).stored
      if (applied === this.#applied) return
    }
  }

  /** Writes what there is, and stops then. When storage takes nothing, the page has been told. */
  async closeWhenFlushed(): Promise<void> {
    await this.flushed().catch(() => undefined)
    this.close()
  }

  /** Stops writing, for good. */
  close(): void {
    this.#writer.close()
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

  /** Applies a change in memory; storing it is the next step. */
  protected apply(change: Change): Applied {
    this.#applied += 1
    const applied = applyChange(this.#inbox, change)
    this.#inbox = this.#window.bound(applied.inbox, change)
    if (applied.inbox !== this.#inbox || Object.keys(applied.write).length > 0)
      this.#ports.onInbox(this.#inbox)
    return applied
  }

  /** @param noted the ids of which storage is to hold anew how they stand */
  protected store(change: Change, applied: Applied, noted: readonly string[]): Written {
    const write = { ...this.#budget.limit(change, applied), ...this.#entries(noted) }
    if (Object.keys(write).length === 0) return NOTHING_TO_WRITE
    const written = this.#writer.write(write)
    const prune = this.#budget.prune(this.#inbox)
    if (prune) this.#writer.write(prune)
    return written
  }

  protected storePresented(noted: readonly string[]): Written {
    return noted.length > 0 ? this.#writer.write(this.#entries(noted)) : NOTHING_TO_WRITE
  }

  #entries(noted: readonly string[]): Pick<StorageWrite, 'presented'> {
    return noted.length > 0 ? { presented: this.#ports.ledger.entriesOf(noted) } : {}
  }

  #snapshot(): StorageWrite {
    const { feeds, rows, hidden } = this.#inbox
    this.#budget = new RowBudget(Math.min(rows.length, STORED_ROWS))
    return {
      dropFeeds: Object.keys(feeds),
      feeds: Object.values(feeds),
      rows: newestRows(rows, STORED_ROWS),
      hidden: [...hidden],
      presented: this.#ports.ledger.entries(),
    }
  }
}

/** How many rows this device holds in memory; history brings the others again. */
export class RowWindow {
  #reader: 'at-top' | 'below' = 'at-top'

  /** Whether somebody reads below the top, or looks for something there: then no row may go that came in time. */
  setReading(below: boolean): void {
    this.#reader = below ? 'below' : 'at-top'
  }

  /** The inbox after a change, without the rows that are too many. Only what arrives makes rows go: who loads some wants them. */
  bound(inbox: Inbox, { type }: Change): Inbox {
    const limit = type === 'messages' && this.#reader === 'at-top' ? MAX_ROWS_AT_TOP : MAX_ROWS_IN_MEMORY
    if (inbox.rows.length <= limit) return inbox
    const lows = lowsOf(inbox, newestRows(inbox.rows, STORED_ROWS))
    return applyPrune(inbox, { type: 'prune', lows }).inbox
  }
}

/** What only this memory may know when storage is read again: idempotent, so it does not matter if it knows. */
function localChanges(inbox: Inbox): Change[] {
  const reads = Object.values(inbox.feeds)
    .filter((record) => record.read.length > 0)
    .map(({ feed, epoch, read }): Change => ({ type: 'read', feed, epoch, ranges: read }))
  return inbox.hidden.size > 0 ? [...reads, { type: 'hide', ids: [...inbox.hidden] }] : reads
}
