import type { FeedState, HistoryPage, Message, ReadRanges } from '@herald/protocol'
import type { FeedRecord, StorageWrite } from '../storage/storage'
import { applyFeed, applyWelcome } from './feed-changes'
import {
  applyGap,
  applyHide,
  applyPrune,
  applyRead,
  applyReset,
  applyRevise,
  applyUnfollow,
} from './row-changes'
import { applyHistory, applyMessages } from './arrivals'

/** Everything of one user on this device. `rows` are newest first and frozen; `hidden` are ids deleted here. */
export interface Inbox {
  readonly feeds: Readonly<Record<string, FeedRecord>>
  readonly rows: readonly Message[]
  readonly hidden: ReadonlySet<string>
}

/** Everything that can happen to an inbox. Plain JSON: tabs send it to each other. */
export type Change =
  /** `gone`: the feeds that are no more; absent, all that are not among `feeds`. */
  | { readonly type: 'welcome'; readonly feeds: readonly FeedState[]; readonly gone?: readonly string[] }
  | {
      readonly type: 'messages'
      readonly feed: string
      readonly epoch: string
      readonly messages: readonly Message[]
    }
  | {
      readonly type: 'gap'
      readonly feed: string
      readonly epoch: string
      readonly from: number
      readonly to: number
      readonly reason: 'trimmed' | 'skipped'
    }
  | { readonly type: 'reset'; readonly feed: string; readonly epoch: string }
  | { readonly type: 'history'; readonly page: HistoryPage }
  | { readonly type: 'read'; readonly feed: string; readonly epoch: string; readonly ranges: ReadRanges }
  | { readonly type: 'feed'; readonly state: FeedState }
  | { readonly type: 'unfollow'; readonly feed: string }
  | { readonly type: 'hide'; readonly ids: readonly string[] }
  /** A message that is here says something else now: its sender has corrected it. One that is not here stays away. */
  | { readonly type: 'revise'; readonly message: Message }
  | { readonly type: 'prune'; readonly lows: Readonly<Record<string, number>> }

export type ChangeOf<Type extends Change['type']> = Extract<Change, { type: Type }>

/** What a change did. `fresh`: newly arrived messages in the order of their seqs, for presentation. */
export interface Applied {
  readonly inbox: Inbox
  readonly write: StorageWrite
  readonly fresh: readonly Message[]
}

export const emptyInbox: Inbox = Object.freeze({
  feeds: Object.freeze({}),
  rows: [],
  hidden: new Set<string>(),
})

/**
 * What an inbox becomes by a change, and what storage has to write for it. Pure. A change that does not fit
 * (another epoch, an unknown feed, a hole) changes nothing: whoever gets changes from a wire asks `fits` first.
 */
export function applyChange(inbox: Inbox, change: Change): Applied {
  switch (change.type) {
    case 'welcome':
      return applyWelcome(inbox, change)
    case 'messages':
      return applyMessages(inbox, change)
    case 'gap':
      return applyGap(inbox, change)
    case 'reset':
      return applyReset(inbox, change)
    case 'history':
      return applyHistory(inbox, change)
    case 'read':
      return applyRead(inbox, change)
    case 'feed':
      return applyFeed(inbox, change)
    case 'unfollow':
      return applyUnfollow(inbox, change)
    case 'hide':
      return applyHide(inbox, change)
    case 'revise':
      return applyRevise(inbox, change)
    case 'prune':
      return applyPrune(inbox, change)
  }
}
