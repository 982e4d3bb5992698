import { feedKind, userFeed, type FeedState, type ReadAnswer, type ReadRanges } from '@herald/protocol'

/** How a user follows a feed, and what of it is read. */
export interface Follow {
  readonly muted: boolean
  readonly read: ReadRanges
}

/** What changed for a user, told to the user's sockets. */
export type SubscriptionEvent =
  | {
      readonly type: 'read'
      readonly feed: string
      readonly epoch: string
      readonly ranges: ReadRanges
      readonly unread: number
    }
  | { readonly type: 'feed'; readonly state: FeedState }
  | { readonly type: 'unfollow'; readonly feed: string }

/** Which feeds a user follows, mutes and has read. Whatever changes is told as `changed`. */
export interface Subscriptions {
  /** The user's feeds with their unread counts: own feed first, then `all`, then topics by name. */
  feedsOf(user: string): Promise<FeedState[]>
  /** Whether and how a user follows a feed; what is read in another epoch counts for nothing. */
  followOf(user: string, feed: string, epoch: string): Promise<Follow | undefined>
  /** How many users follow the feed. From memory, but for the first time after a change. */
  followers(feed: string): Promise<number>
  /** Throws `read_forbidden`, `topic_limit`. What is in the feed already counts as read. `muted` undefined: unchanged. */
  follow(user: string, feed: string, muted: boolean | undefined): Promise<FeedState>
  /** Throws `feed_required` for the user's own feed and `all`. */
  unfollow(user: string, feed: string): Promise<void>
  /**
   * Merges read ranges; what was pushed of them is due to be taken back, in the same step, and `work` is told. Throws
   * `epoch_unknown`, `read_forbidden`.
   * @param origin the socket that it came by, which needs no echo
   */
  markRead(
    user: string,
    feed: string,
    epoch: string,
    ranges: ReadRanges,
    origin?: string,
  ): Promise<ReadAnswer>
}

/** Whether a user may read a feed at all: the own feed, `all`, any topic; never another user's feed. */
export const mayRead = (user: string, feed: string): boolean =>
  feedKind(feed) !== 'user' || feed === userFeed(user)
