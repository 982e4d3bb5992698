import type { Message, ReadRanges } from '@herald/protocol'
import { PushedSeqs } from '../presented/pushed-seqs'
import { DeviceInbox, type DeviceInboxPorts } from './device-inbox'
import type { Applied, Change } from './inbox'
import type { Written } from './storage-writer'

/** Storage that took so long, in ms, stood still with the app: another tab takes the lead after 3 s. */
const FROZEN_MS = 2_500

/**
 * `catchUp`: the messages were published before the socket opened. `backlog`: they were published before this device
 * had the feed at all. `evenRead`: who has read them has not seen them, since they came late.
 */
export interface Arrival {
  readonly catchUp: boolean
  readonly backlog?: boolean
  readonly evenRead?: boolean
}

export interface LiveInboxPorts extends DeviceInboxPorts {
  /** Resolves when it is sure that no push has shown what has just come; null: it is. */
  readonly settling: () => Promise<void> | null
  /** Alerts for messages that this device has never presented. Resolves when the platform was told. */
  readonly present: (fresh: readonly Message[], arrival: Arrival) => Promise<void>
  /** Resolves when the platform has taken the alerts of these: what it refused is not shown, and not to be acked. */
  readonly shown: (ids: readonly string[]) => Promise<void>
  /** These count as presented: what has not reached its surface yet should not any more. */
  readonly onPresented: (ids: readonly string[]) => void
}

/**
 * The inbox with what a source and pushes bring to it: memory, storage and presentation in the order that keeps the promise.
 * Rows and the ids to present are stored in one step, then the alert is raised, then the promise resolves and
 * the source acks. A crash before the alert loses that alert, never a message, and nothing is shown twice. While it
 * settles whether a push has shown them, rows are stored alone: after a crash they are taken from the gateway again.
 */
export class LiveInbox extends DeviceInbox {
  readonly #ports: LiveInboxPorts
  readonly #pushed = new PushedSeqs()
  /**
   * Messages that are being stored as presented, by their ids. A log that begins anew meanwhile takes their rows away, and
   * keeps their seqs: what the gateway tells of its new life is of these too.
   */
  readonly #underWay = new Map<string, Message>()

  constructor(ports: LiveInboxPorts) {
    super(ports)
    this.#ports = ports
  }

  /** Applies, stores and presents what a source brought. Resolves when the device may say that it has it. */
  async deliver(change: Change, arrival: Arrival): Promise<void> {
    const { ledger } = this.#ports
    const applied = this.apply(change)
    const pushed = this.#takePushed(change, applied.fresh)
    const settling = this.#unseen(applied.fresh).length > 0 ? this.#ports.settling() : null
    const rows = settling && this.#storeUnsettled(change, applied, pushed)
    // Only then: what follows must be written before any later change is.
    if (settling) await settling
    ledger.release(applied.fresh.map(({ id }) => id))
    const unseen = this.#unseen(applied.fresh).filter(({ feed }) => this.#isCurrent(change, feed))
    const ids = unseen.map(({ id }) => id)
    const due = ledger.note('due', ids)
    for (const message of unseen) this.#underWay.set(message.id, message)
    const { attempted, stored } = settling
      ? this.storePresented(due)
      : this.store(change, applied, [...pushed, ...due])
    await this.#written(attempted, ids)
    const own = unseen.filter(({ id }) => this.#underWay.delete(id))
    // Left while it was stored: what said that it was read went with the feed.
    const news = own.filter(({ feed }) => this.inbox.feeds[feed] !== undefined)
    if (news.length > 0) await this.#ports.present(news, arrival)
    await Promise.all([rows?.stored, stored, ids.length > 0 && this.#ports.shown(ids)])
  }

  /** A push service has shown these seqs: messages of them count as presented, now or when they come. */
  notePushed(feed: string, epoch: string, ranges: ReadRanges): void {
    if (this.inbox.feeds[feed]?.epoch !== epoch) return
    const { ledger } = this.#ports
    const here = new Set([...this.inbox.rows, ...ledger.heldOf(feed, epoch), ...this.#underWay.values()])
    const rows = [...here].filter((row) => row.feed === feed && holds(ranges, row.seq))
    const shown = rows.flatMap(({ id }) => (ledger.isBrought(id) ? [] : [id]))
    this.storePresented(ledger.note('told', shown))
    this.#ports.onPresented(shown)
    this.#pushed.add(feed, epoch, ranges, this.inbox.feeds)
  }

  /** Alerts for a message that a push brought before the source did; the list waits for the source. */
  async presentPushed(message: Message): Promise<void> {
    await this.#presentAs('unshown', [message], { catchUp: false })
  }

  /** A push that counts these came while the app runs, so no system shows it: those that are here are shown now. */
  async presentSummary(ids: readonly string[]): Promise<void> {
    const rows = this.inbox.rows.filter(({ id }) => ids.includes(id))
    const missing = ids.filter((id) => !rows.some((row) => row.id === id))
    this.storePresented(this.#ports.ledger.note('brought', missing))
    await this.#presentAs('unshown', rows, { catchUp: true })
  }

  /** This tab leads no more. Answers what it has brought to all tabs and not presented, which it leaves to the next leader. */
  leaveAlerts(): readonly string[] {
    const ids = [...this.#ports.ledger.held, ...this.#underWay.keys()]
    this.#underWay.clear()
    return ids
  }

  /** Another tab brought these, and leads no more: nobody else raises their alerts. */
  async presentLeft(ids: readonly string[]): Promise<void> {
    const rows = this.inbox.rows.filter(({ id }) => ids.includes(id))
    await this.#presentAs('due', rows, { catchUp: true })
  }

  async #presentAs(
    happening: 'due' | 'unshown',
    messages: readonly Message[],
    arrival: Arrival,
  ): Promise<void> {
    const due = this.#ports.ledger.note(
      happening,
      messages.map(({ id }) => id),
    )
    if (due.length === 0) return
    await this.#written(this.storePresented(due).attempted, due, happening)
    await this.#ports.present(
      messages.filter(({ id }) => due.includes(id)),
      arrival,
    )
  }

  /**
   * Resolves when storage was asked to hold that these are now to be presented. When it fails, to alert is still right: the worst
   * is a second alert after a restart. Frozen meanwhile: another tab may have read storage before this was in it, a push may
   * have shown them, and they wait for that once more; an app that dies while they do has not presented them.
   */
  async #written(
    attempted: Promise<unknown>,
    ids: readonly string[],
    happening: 'due' | 'unshown' = 'due',
  ): Promise<void> {
    const { clock, settling, ledger } = this.#ports
    const askedAt = clock.now()
    await attempted
    if (ids.length === 0 || clock.now() - askedAt < FROZEN_MS) return
    this.storePresented(ledger.note('reopened', ids))
    await settling()
    await this.storePresented(ledger.note(happening, ids)).attempted
  }

  /** These were shown on this device by another way than `deliver`. */
  markPresented(ids: readonly string[]): void {
    this.storePresented(this.#ports.ledger.note('shown', ids))
    this.#ports.onPresented(ids)
  }

  /** Stores rows of which it is not settled whether they are to be presented here, and that this is so. */
  #storeUnsettled(change: Change, applied: Applied, told: readonly string[]): Written {
    const epoch = 'epoch' in change ? change.epoch : ''
    const waiting = this.#ports.ledger.hold(this.#unseen(applied.fresh), epoch)
    return this.store(change, applied, [...told, ...waiting])
  }

  #unseen(messages: readonly Message[]): readonly Message[] {
    return messages.filter(({ id }) => !this.#ports.ledger.isPresented(id))
  }

  /** Of a feed that was left meanwhile nothing is news, and of one whose log began anew it comes again from there. */
  #isCurrent(change: Change, feed: string): boolean {
    return 'epoch' in change && this.inbox.feeds[feed]?.epoch === change.epoch
  }

  /** The ids of what a push service had shown before it came, as the gateway says. */
  #takePushed(change: Change, fresh: readonly Message[]): readonly string[] {
    if (change.type !== 'messages') return []
    const { feed, epoch } = change
    const { ledger } = this.#ports
    const told = fresh.filter(({ id, seq }) => this.#pushed.holds(feed, epoch, seq) && !ledger.isBrought(id))
    this.#pushed.forgetPassed(feed, this.inbox.feeds)
    return ledger.note(
      'told',
      told.map(({ id }) => id),
    )
  }
}

/** As `rangesHold`, for ranges in any order. */
const holds = (ranges: ReadRanges, seq: number): boolean =>
  ranges.some(([first, last]) => first <= seq && seq <= last)
