import type { Message, ReadRanges } from '@herald/protocol'
import type { Clock } from '../clock'
import type { PresentedLedger } from '../presented/presented-ledger'
import { PushedSeqs } from '../presented/pushed-seqs'
import { StorageError, type InboxStorage, type StorageWrite, type StoredInbox } from '../storage/storage'
import { fits } from './arrivals'
import { applyChange, emptyInbox, type Applied, type Change, type Inbox } from './inbox'
import { newestRows } from '../storage/row-order'
import { giveBackUnsettled, restoreInbox } from './restore-inbox'
import { RowBudget, STORED_ROWS } from './row-budget'
import { RowWindow } from './row-window'
import { StorageWriter, type Written } from './storage-writer'

const NOTHING_TO_WRITE: Written = { attempted: Promise.resolve(), stored: Promise.resolve() }

const MAX_FLUSH_ROUNDS = 50

/** Storage that took so long, in ms, stood still with the app: another tab takes the lead after 3 s. */
const FROZEN_MS = 2_500

/**
 * `catchUp`: the messages were published before the socket opened. `backlog`: they were published before this device
 * had the feed at all.
 */
export interface Arrival {
  readonly catchUp: boolean
  readonly backlog?: boolean
}

export interface LiveInboxPorts {
  readonly storage: InboxStorage
  readonly clock: Clock
  /** What was presented on this device: who raises the alerts asks it too. */
  readonly ledger: PresentedLedger
  /** Resolves when it is sure that no push has shown what has just come; null: it is. */
  readonly settling: () => Promise<void> | null
  /** Alerts for messages that this device has never presented. Resolves when the platform was told. */
  readonly present: (fresh: readonly Message[], arrival: Arrival) => Promise<void>
  /** Resolves when the platform has taken the alerts of these: what it refused is not shown, and not to be acked. */
  readonly shown: (ids: readonly string[]) => Promise<void>
  /** These count as presented: what has not reached its surface yet should not any more. */
  readonly onPresented: (ids: readonly string[]) => void
  readonly onInbox: (inbox: Inbox) => void
  readonly onStorageFailed: (failed: boolean) => void
}

/**
 * The inbox of the signed-in user: memory, storage and presentation in the order that keeps the promise.
 * Rows and the ids to present are stored in one step, then the alert is raised, then the promise resolves and
 * the source acks. A crash before the alert loses that alert, never a message, and nothing is shown twice. While it
 * settles whether a push has shown them, rows are stored alone: after a crash they are taken from the gateway again.
 */
export class LiveInbox {
  readonly #ports: LiveInboxPorts
  readonly #pushed = new PushedSeqs()
  readonly #writer: StorageWriter
  readonly #window = new RowWindow()
  #budget = new RowBudget(0)
  /** Changes so far. */
  #applied = 0
  #inbox: Inbox = emptyInbox

  constructor(ports: LiveInboxPorts) {
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
    const { clock, ledger } = this.#ports
    const applied = this.#apply(change)
    const pushed = this.#takePushed(change, applied.fresh)
    const settling = this.#unseen(applied.fresh).length > 0 ? this.#ports.settling() : null
    const rows = settling && this.#storeUnsettled(change, applied, pushed)
    // Only then: what follows must be written before any later change is.
    if (settling) await settling
    ledger.release(applied.fresh.map(({ id }) => id))
    const unseen = this.#unseen(applied.fresh).filter(({ feed }) => this.#isCurrent(change, feed))
    const ids = unseen.map(({ id }) => id)
    const due = ledger.note('due', ids)
    const { attempted, stored } = settling
      ? this.#storePresented(due)
      : this.#store(change, applied, [...pushed, ...due])
    const askedAt = clock.now()
    // When storage fails, to alert is still right: the worst is a second alert after a restart.
    await attempted
    // Frozen meanwhile: another tab may have read storage before this was in it.
    if (unseen.length > 0 && clock.now() - askedAt >= FROZEN_MS) await this.#ports.settling()
    if (unseen.length > 0) await this.#ports.present(unseen, arrival)
    await Promise.all([rows?.stored, stored, ids.length > 0 && this.#ports.shown(ids)])
  }

  /** A push service has shown these seqs: messages of them count as presented, now or when they come. */
  notePushed(feed: string, epoch: string, ranges: ReadRanges): void {
    if (this.#inbox.feeds[feed]?.epoch !== epoch) return
    const { ledger } = this.#ports
    const here = new Set([...this.#inbox.rows, ...ledger.heldOf(feed, epoch)])
    const rows = [...here].filter((row) => row.feed === feed && holds(ranges, row.seq))
    const shown = rows.flatMap(({ id }) => (ledger.isBrought(id) ? [] : [id]))
    this.#storePresented(ledger.note('told', shown))
    this.#ports.onPresented(shown)
    this.#pushed.add(feed, epoch, ranges, this.#inbox.feeds)
  }

  /** Alerts for a message that a push brought before the source did; the list waits for the source. */
  async presentPushed(message: Message): Promise<void> {
    await this.#presentUnshown([message], { catchUp: false })
  }

  /** A push that counts these came while the app runs, so no system shows it: those that are here are shown now. */
  async presentSummary(ids: readonly string[]): Promise<void> {
    const rows = this.#inbox.rows.filter(({ id }) => ids.includes(id))
    const missing = ids.filter((id) => !rows.some((row) => row.id === id))
    this.#storePresented(this.#ports.ledger.note('brought', missing))
    await this.#presentUnshown(rows, { catchUp: true })
  }

  async #presentUnshown(messages: readonly Message[], arrival: Arrival): Promise<void> {
    const due = this.#ports.ledger.note(
      'unshown',
      messages.map(({ id }) => id),
    )
    if (due.length === 0) return
    await this.#storePresented(due).attempted
    await this.#ports.present(
      messages.filter(({ id }) => due.includes(id)),
      arrival,
    )
  }

  /** These were shown on this device by another way than `deliver`. */
  markPresented(ids: readonly string[]): void {
    this.#storePresented(this.#ports.ledger.note('shown', ids))
    this.#ports.onPresented(ids)
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

  /** Stops writing, for good. */
  close(): void {
    this.#writer.close()
  }

  #apply(change: Change): Applied {
    this.#applied += 1
    const applied = applyChange(this.#inbox, change)
    this.#inbox = this.#window.bound(applied.inbox, change)
    if (applied.inbox !== this.#inbox || Object.keys(applied.write).length > 0)
      this.#ports.onInbox(this.#inbox)
    return applied
  }

  /** @param noted the ids of which storage is to hold anew how they stand */
  #store(change: Change, applied: Applied, noted: readonly string[]): Written {
    const write = { ...this.#budget.limit(change, applied), ...this.#entries(noted) }
    if (Object.keys(write).length === 0) return NOTHING_TO_WRITE
    const written = this.#writer.write(write)
    const prune = this.#budget.prune(this.#inbox)
    if (prune) this.#writer.write(prune)
    return written
  }

  /** Stores rows of which it is not settled whether they are to be presented here, and that this is so. */
  #storeUnsettled(change: Change, applied: Applied, told: readonly string[]): Written {
    const epoch = 'epoch' in change ? change.epoch : ''
    const waiting = this.#ports.ledger.hold(this.#unseen(applied.fresh), epoch)
    return this.#store(change, applied, [...told, ...waiting])
  }

  #storePresented(noted: readonly string[]): Written {
    return noted.length > 0 ? this.#writer.write(this.#entries(noted)) : NOTHING_TO_WRITE
  }

  #entries(noted: readonly string[]): Pick<StorageWrite, 'presented'> {
    return noted.length > 0 ? { presented: this.#ports.ledger.entriesOf(noted) } : {}
  }

  #unseen(messages: readonly Message[]): readonly Message[] {
    return messages.filter(({ id }) => !this.#ports.ledger.isPresented(id))
  }

  /** Of a feed that was left meanwhile nothing is news, and of one whose log began anew it comes again from there. */
  #isCurrent(change: Change, feed: string): boolean {
    return 'epoch' in change && this.#inbox.feeds[feed]?.epoch === change.epoch
  }

  /** The ids of what a push service had shown before it came, as the gateway says. */
  #takePushed(change: Change, fresh: readonly Message[]): readonly string[] {
    if (change.type !== 'messages') return []
    const { feed, epoch } = change
    const { ledger } = this.#ports
    const told = fresh.filter(({ id, seq }) => this.#pushed.holds(feed, epoch, seq) && !ledger.isBrought(id))
    this.#pushed.forgetPassed(feed, this.#inbox.feeds)
    return ledger.note(
      'told',
      told.map(({ id }) => id),
    )
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

/** As `rangesHold`, for ranges in any order. */
const holds = (ranges: ReadRanges, seq: number): boolean =>
  ranges.some(([first, last]) => first <= seq && seq <= last)

/** What only this memory may know when storage is read again: idempotent, so it does not matter if it knows. */
function localChanges(inbox: Inbox): Change[] {
  const reads = Object.values(inbox.feeds)
    .filter((record) => record.read.length > 0)
    .map(({ feed, epoch, read }): Change => ({ type: 'read', feed, epoch, ranges: read }))
  return inbox.hidden.size > 0 ? [...reads, { type: 'hide', ids: [...inbox.hidden] }] : reads
}
