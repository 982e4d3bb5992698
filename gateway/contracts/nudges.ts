import type { DeliveryEvent, DeliveryReason, ProviderName } from '@herald/protocol'
import type { DeviceKey } from './devices'
import type { Claim, PushCount, Settlement } from './push-ledger'

/** An account at a chat server, as one device has it: the server names it by its node when something is new (XEP-0357). */
export interface ChatNode extends DeviceKey {
  readonly node: string
  /** What the app calls the account; the gateway need not know its address. */
  readonly account: string
  /** The chat server, the only one whose word about this node is believed. */
  readonly domain: string
  /** The name under which the gateway is known there. */
  readonly component: string
  /** When the device last asked for it, ms. */
  readonly registered: number
}

/** A node that is to be made, if the device has none for the account. */
export type NewChatNode = ChatNode & {
  /** Most accounts of one device. */
  readonly limit: number
}

/** What chat servers have said of one node until its push went: there is one open nudge of a node at a time. */
export interface Nudge extends DeviceKey {
  readonly id: string
  readonly node: string
  readonly account: string
  /** Who wrote, as an address without a resource; null when the server does not say, or there were several. */
  readonly sender: string | null
  /** How often the server has said so. */
  readonly count: number
  /** When it did first, ms. */
  readonly created: number
  readonly state: 'waiting' | 'pushed' | 'cancelled' | 'dead'
  readonly reason: DeliveryReason
  /** When something is to be done, ms; null when nothing is. */
  readonly due: number | null
  readonly attempts: number
  /** Which of the device's registrations is next, from 0. */
  readonly position: number
  /** 1: a provider may have taken the push under this id, and nobody knows. */
  readonly unknown: number
  /** The push's id for the provider. */
  readonly push: string
  readonly handle: string | null
  readonly provider: ProviderName | null
  readonly ref: string | null
  readonly accepted: number | null
}

/** A nudge as it is kept: it may never have been sent, and it has what became of it so far, the newest last. */
export interface NudgeRecord extends Omit<Nudge, 'push'> {
  readonly push: string | null
  readonly trail: readonly DeliveryEvent[]
}

/** What became of a nudge. Fields that are absent stay as they are. */
export type NudgeSettlement = Omit<Settlement, 'keys' | 'shown' | 'state'> & Pick<Nudge, 'id' | 'state'>

/** A chat server's word that an account has something new. */
export interface NewNudge {
  readonly node: string
  readonly sender: string | null
  readonly now: number
  /** When it rings: others that come until then are part of it, ms. */
  readonly due: number
}

/**
 * What chat servers have said, and what became of it. A nudge names no message: what was nudged for is never read, acked
 * or taken back. Work is claimed as in the push ledger, whose `resume` and `shift` see to nudges too.
 */
export interface Nudges {
  /**
   * Resolves to the node that the device has for the account from now on: the one that it had, if it had one. Throws
   * `device_not_found` when the device is unknown or signed out, `chat_account_limit`.
   */
  register(node: NewChatNode): Promise<ChatNode>
  /** Forgets a node. A device that is signed out loses its own in the same step. */
  unregister(device: DeviceKey, account: string): Promise<void>
  nodeOf(node: string): Promise<ChatNode | undefined>
  /** The nodes of a user's devices, by device and account. */
  nodesOf(user: string): Promise<ChatNode[]>

  /** Resolves when the nudge is on stable storage: true. False: nobody has the node. */
  note(nudge: NewNudge): Promise<boolean>
  /**
   * Takes up to `limit` nudges that are due, the longest waiting first, each with the id that it is sent under: the same
   * again when a provider may have it. What a server says from now on opens the next.
   */
  claim(claim: Claim & { readonly limit: number }): Promise<readonly Nudge[]>
  /** Stores what became of nudges. Those that were forgotten meanwhile are passed over. */
  settle(settlements: readonly NudgeSettlement[]): Promise<void>
  /** Keeps what makes a repeat safe, before the first try. */
  keepHandle(id: string, handle: string): Promise<void>

  /** When the newest nudges of a device were taken after `since`, the newest first, at most `limit`; ms. */
  recent(device: DeviceKey, since: number, limit: number): Promise<readonly number[]>
  /** How many nudges services took for a device after `since`. */
  count(device: DeviceKey, since: number): Promise<PushCount>
  /** The newest nudges of a user. */
  listOf(user: string, limit: number): Promise<NudgeRecord[]>
  /** Drops up to `limit` nudges that are over and older than `before`, ms. Answers how many. */
  forget(before: number, limit: number): Promise<number>
}
