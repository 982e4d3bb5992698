import {
  clipRanges,
  countUnread,
  feedKind,
  HeraldError,
  type FeedState,
  type ReadAnswer,
  type ReadRanges,
} from '@herald/protocol'
import type { Bus } from '../contracts/bus'
import { mayRead, type Follow, type SubscriptionEvent, type Subscriptions } from '../contracts/subscriptions'
import { NO_LIMITS, type UserLimits } from '../contracts/user-limits'
import { newEpoch } from './feed-rules'
import { readRanges } from './push-text'
import type { FollowRow, FollowedFeed, StoreEngine } from './rows'

const rank = { user: 0, all: 1, topic: 2, chat: 3 } as const

/** Who follows what, and what they have read. */
export class StoredSubscriptions implements Subscriptions {
  readonly #engine: StoreEngine
  readonly #bus: Pick<Bus, 'tell'>
  readonly #now: () => number
  readonly #limits: Pick<UserLimits, 'topics'>

  constructor(
    engine: StoreEngine,
    bus: Pick<Bus, 'tell'>,
    now: () => number = Date.now,
    limits: Pick<UserLimits, 'topics'> = NO_LIMITS,
  ) {
    this.#engine = engine
    this.#bus = bus
    this.#now = now
    this.#limits = limits
  }

  async feedsOf(user: string): Promise<FeedState[]> {
    const rows = await this.#engine.read('follows', user)
    return rows
      .map(toState)
      .sort((a, b) => rank[feedKind(a.feed)] - rank[feedKind(b.feed)] || (a.feed < b.feed ? -1 : 1))
  }

  async followOf(user: string, feed: string, epoch: string): Promise<Follow | undefined> {
    const row = await this.#engine.read('follow', user, feed)
    return row && toFollow(row, epoch)
  }

  followers(feed: string): Promise<number> {
    return this.#engine.read('countFollowers', feed)
  }

  async follow(user: string, feed: string, muted: boolean | undefined): Promise<FeedState> {
    if (!mayRead(user, feed)) throw new HeraldError('read_forbidden', 'this feed belongs to another user')
    const result = await this.#engine.write('follow', {
      ...{ user, feed, muted, limit: this.#limits.topics },
      newEpoch: newEpoch(),
    })
    if (result === 'full') throw new HeraldError('topic_limit')
    if (result === 'disabled') throw new HeraldError('user_disabled')
    const state = await this.#stateOf(user, feed)
    this.#tell(user, { type: 'feed', state })
    return state
  }

  async unfollow(user: string, feed: string): Promise<void> {
    if (feedKind(feed) !== 'topic') throw new HeraldError('feed_required')
    const { left } = await this.#engine.write('unfollow', { user, feed })
    if (left) this.#tell(user, { type: 'unfollow', feed })
  }

  async markRead(
    user: string,
    feed: string,
    epoch: string,
    ranges: ReadRanges,
    origin?: string,
  ): Promise<ReadAnswer> {
    if ((await this.#engine.read('follow', user, feed)) === undefined)
      throw new HeraldError('read_forbidden', 'you do not follow this feed')
    const result = await this.#engine.write('markRead', { user, feed, epoch, ranges, now: this.#now() })
    if (!result) throw new HeraldError('epoch_unknown')
    const { unread, read } = await this.#stateOf(user, feed)
    if (result.added.length > 0) {
      this.#tell(user, { type: 'read', feed, epoch, ranges: result.added, unread }, origin)
      this.#bus.tell('work', {})
    }
    return { feed, epoch, unread, read }
  }

  async #stateOf(user: string, feed: string): Promise<FeedState> {
    const row = await this.#engine.read('follow', user, feed)
    if (!row) throw new HeraldError('read_forbidden', 'you do not follow this feed')
    return toState(row)
  }

  #tell(user: string, change: SubscriptionEvent, origin?: string): void {
    this.#bus.tell('changed', { user, change, origin })
  }
}

function toState(row: FollowedFeed): FeedState {
  const { feed, epoch, from, head } = row.head
  const { muted, read: all } = toFollow(row, epoch)
  const read = clipRanges(all, from, head)
  return { feed, epoch, from, head, unread: countUnread(from, head, read), read, muted }
}

/** What is read in another epoch counts for nothing. */
export function toFollow({ muted, epoch: readIn, ranges }: FollowRow, epoch: string): Follow {
  const read = ranges !== null && readIn === epoch ? readRanges(ranges) : []
  return { muted: muted === 1, read }
}
