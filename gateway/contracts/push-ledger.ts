import {
  missingRanges,
  type DeadLetter,
  type DeliveryEvent,
  type DeliveryReason,
  type DeliveryState,
  type Message,
  type ProviderName,
  type ReadRanges,
} from '@herald/protocol'
import type { DeviceKey } from './devices'

/** Some messages of one feed, in one life of its log. */
export interface Span {
  readonly feed: string
  readonly epoch: string
  readonly first: number
  readonly last: number
}

/** Names one row: what one sweep found for one device. */
export interface PushKey extends DeviceKey {
  readonly feed: string
  readonly epoch: string
  readonly first: number
}

/**
 * Where the messages `first..last` of a feed stand on one device that did not ack them in time. `clearing` and
 * `cleared`: they were pushed, then read, and the push is taken back.
 */
export type PushState = Exclude<DeliveryState, 'acked' | 'none'> | 'clearing' | 'cleared'

export interface PushRow extends PushKey {
  readonly last: number
  readonly state: PushState
  readonly reason: DeliveryReason
  readonly created: number
  /** When something is to be done, ms; null when nothing is. */
  readonly due: number | null
  readonly attempts: number
  /** Which of the device's registrations is next, from 0. */
  readonly position: number
  /** 1: a provider may have taken the push under this id, and nobody knows. */
  readonly unknown: number
  /** The push's id for the provider; rows that have the same become one push. */
  readonly push: string
  /**
   * What the push is called on the screen when it stands for more than one message: the id of its first sending, which
   * the repeats have too, however few of the messages are left. null: the message's own id.
   */
  readonly collapse: string | null
  readonly handle: string | null
  readonly provider: ProviderName | null
  readonly ref: string | null
  readonly accepted: number | null
  readonly acked: number | null
  /** The seqs that its push showed, or may have. null: not known, which is all of them. */
  readonly shown: ReadRanges | null
}

/** A row as it is kept: it may never have been sent, and it has what became of it so far, the newest last. */
export interface PushRecord extends Omit<PushRow, 'push'> {
  readonly push: string | null
  readonly trail: readonly DeliveryEvent[]
}

/** What a sweep found that a device needs. */
export interface NewPush extends PushKey {
  readonly last: number
  readonly state: 'waiting' | 'cancelled'
  readonly reason: DeliveryReason
  readonly due: number | null
  readonly now: number
}

/**
 * A pass over the devices of a feed's followers, for the messages `first..last`. `absent` runs at once and is for
 * devices of which nothing is known; `present` runs when the first deadline for an ack is over, and is for the rest.
 */
export interface Sweep extends Span {
  readonly id: number
  readonly stage: 'absent' | 'present'
  /** When the first message came, ms. */
  readonly created: number
  /** The device after which the pass goes on. */
  readonly after: DeviceKey
}

export interface Claim {
  /** Names the gateway that takes the work. */
  readonly owner: string
  readonly now: number
  /** After this others may take it, ms. */
  readonly until: number
}

/** Of which kinds something is due that nobody has claimed. */
export interface DueWork {
  readonly sweeps: boolean
  readonly pushes: boolean
  readonly nudges: boolean
}

/** What became of rows, to be stored. Fields that are absent stay as they are. */
export interface Settlement {
  readonly keys: readonly PushKey[]
  readonly state: PushState
  readonly reason: DeliveryReason
  /** When to come back to it, ms; null is never. */
  readonly due: number | null
  readonly step: DeliveryEvent
  readonly attempts?: number
  readonly position?: number
  /** Whether a provider may have taken the push and nobody knows: then the same one goes again. */
  readonly unknown?: boolean
  readonly provider?: ProviderName
  readonly ref?: string
  readonly accepted?: number
  /** The seqs that the push showed, or may have: what was acked, expired or silent by the rules is none of them. */
  readonly shown?: ReadRanges
}

/** Pushes that a device got, of any provider. */
export interface PushCount {
  readonly count: number
  /** When the first of them was taken, ms; null without any. */
  readonly first: number | null
}

/**
 * The work of escalation, durable: passes over devices (sweeps), pushes that are to be made, and what became of each.
 * Work is claimed for a while, so that several gateways on one store do none of it twice at a time; who dies leaves it to
 * whoever comes when the claim is over. An append opens its sweep, and a read takes back what was pushed of it, in their
 * own steps (`FeedLog.append`, `Subscriptions.markRead`).
 */
export interface PushLedger {
  /** What there is to be claimed now, of nudges too: most looks find nothing, and a claim is a write. */
  findDue(now: number): Promise<DueWork>
  /** Takes the sweep that is due the longest, so that nobody else works on it; none while so many pushes are due already. */
  claimSweep(claim: Claim & { readonly mostDue?: number }): Promise<Sweep | undefined>
  /**
   * Stores what a page of a sweep has found, and how far the sweep is, in one step: a kill between two pages neither
   * forgets a device nor looks at one twice. A row that is there already stays as it is.
   */
  advanceSweep(step: {
    readonly id: number
    readonly after: DeviceKey
    readonly until: number
    readonly pushes: readonly NewPush[]
  }): Promise<void>
  /** Ends a pass: the next stage is due at `next`, or with null there is none. */
  finishSweep(id: number, next: number | null): Promise<void>
  /** When a sweep that a message is part of is due, ms; undefined without one. */
  sweepDue(feed: string, seq: number): Promise<number | undefined>

  /**
   * Takes what is due for up to `limit` devices, all of a device's rows together, because what is due for one device at
   * one time becomes one push. Every row comes with the id that it is to be sent under: one that may have gone has its
   * old one, with the rows that it may have gone with.
   */
  claimPushes(claim: Claim & { readonly limit: number }): Promise<readonly (readonly PushRow[])[]>
  /**
   * Stores what became of pushes. Rows that were forgotten meanwhile are passed over. What was read while its push was
   * under way is due to be taken back, in the same step.
   */
  settle(settlements: readonly Settlement[]): Promise<void>
  /** Keeps what makes a repeat safe, before the first try. */
  keepHandle(keys: readonly PushKey[], handle: string): Promise<void>
  /** Gives pushes one name on the screen, before the push goes that takes the place of all of them. */
  join(keys: readonly PushKey[], collapse: string): Promise<void>
  /**
   * Notes what a service later said of a push that it had taken, as often as it says it. One that is taken back goes on
   * being so. True when the push is known.
   */
  noteReceipt(provider: ProviderName, ref: string, step: DeliveryEvent): Promise<boolean>

  /** When the newest pushes of a device were taken after `since`, the newest first, at most `limit`; ms. */
  recentPushes(device: DeviceKey, since: number, limit: number): Promise<readonly number[]>
  /** How many pushes a device got after `since`. */
  countPushes(device: DeviceKey, since: number): Promise<PushCount>
  /** The newest pushes that a service has taken for a device and that are not acked, and those that it may have. */
  standing(
    device: DeviceKey,
    limit: number,
  ): Promise<{ readonly taken: readonly PushRow[]; readonly perhaps: readonly PushRow[] }>
  /** What services have taken for a device that has not acked it. */
  pushedTo(device: DeviceKey): Promise<readonly Span[]>
  /** What a push of this name on the screen showed, or may have shown; `from` is where the log begins. */
  shownAs(collapse: string): Promise<readonly (PushKey & Shown & { readonly from: number })[]>
  /** The row that a message is part of on a device. */
  pushOf(device: DeviceKey, feed: string, epoch: string, seq: number): Promise<PushRecord | undefined>

  /** Pushes that no provider could be made to take, the newest first. */
  deadLetters(limit: number): Promise<DeadLetter[]>
  /** Makes dead pushes due again, those of one message or all: a person's word begins a push's life anew. Answers how many. */
  replay(message: Pick<Message, 'feed' | 'seq'> | undefined, now: number, limit: number): Promise<number>

  /**
   * After a start: what gateways had taken that are no more is free again, nothing waits longer than until `latest`,
   * whatever the clock did meanwhile, and nothing waits for a service that only an earlier life knew to be down. Which
   * gateways are no more the store knows: nobody comes back under the name of its last life.
   */
  resume(now: number, latest: number): Promise<void>
  /**
   * The gateway's time moved by `by` from `to`. Back, `by` is negative: what was made since the clock was ahead, or would
   * only be due after all that, was counted by that clock. Else it would come as late as the clock was ahead. What waits
   * because it seemed too old by that clock (`clock_doubted`) is due now. What was
   * accepted since has its time by the new clock too: a device's share is counted from there. Ahead: what waits is as
   * young as it was, and due when it was by the new time, which may be now.
   */
  shift(by: number, to: number, now: number): Promise<void>
  /** Drops up to `limit` rows that are over and older than `before`, ms. Answers how many. */
  forget(before: number, limit: number): Promise<number>
}

/** The key alone. */
export const toKey = ({ user, device, feed, epoch, first }: PushKey): PushKey => ({
  user,
  device,
  feed,
  epoch,
  first,
})

/** Names what rows of a device show as one on its screen: the same for all rows of a push, whatever became of each. */
export const pushOnScreen = ({ collapse, feed, epoch, first }: PushKey & Pick<PushRow, 'collapse'>): string =>
  collapse ?? `${feed} ${epoch} ${String(first)}`

/** What says which messages a push showed. */
export type Shown = Pick<PushRow, 'first' | 'last' | 'shown'>

/** The seqs of a row that its push showed, or may have. A row spans more: messages of no alert came between. */
export const shownOf = ({ first, last, shown }: Shown): ReadRanges => shown ?? [[first, last]]

/**
 * Whether something is unread that a push showed. What it did not show does not lie on the screen, and what retention
 * has dropped, before `from`, nobody can read any more.
 */
export const hasUnread = (row: Shown, read: ReadRanges, from: number): boolean =>
  shownOf(row).some(([first, last]) => missingRanges(read, Math.max(first, from), last).length > 0)
