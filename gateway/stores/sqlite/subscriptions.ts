import {
  clipRanges,
  countUnread,
  feedKind,
  HeraldError,
  userFeed,
  type FeedState,
  type ReadAnswer,
  type ReadRanges,
} from '@herald/protocol'
import { randomBytes } from 'node:crypto'
import type { FeedHead, FeedLog } from '../../contracts/feed-log'
import { asList, getList, getRow } from './statements'
import type { Call, CommandArgs } from './commands'
import type { Store } from './engine'
import { NO_LIMITS, type UserLimits } from '../../contracts/user-limits'
import type { SubscriptionEvent, SubscriptionListener, Subscriptions } from '../../contracts/directory'

interface FollowRow {
  feed: string
  muted: number
  epoch: string | null
  ranges: string | null
}

const SELECT_FOLLOWS = `
  SELECT follows.feed, follows.muted, reads.epoch, reads.ranges
  FROM follows LEFT JOIN reads ON reads.user = follows.user AND reads.feed = follows.feed
  WHERE follows.user = ?`

const LIST_FOLLOWS = asList(SELECT_FOLLOWS, ['feed', 'muted', 'epoch', 'ranges'])

/** Feeds whose followers are remembered: names can be made without end. */
const MAX_COUNTED = 10_000

const rank = { user: 0, all: 1, topic: 2 } as const

/** Who follows what, and what they have read, in the embedded store. */
export class SqliteSubscriptions implements Subscriptions {
  readonly #store: Store
  readonly #log: FeedLog
  readonly #now: () => number
  readonly #limits: Pick<UserLimits, 'topics'>
  readonly #listeners: SubscriptionListener[] = []
  /** Followers of feeds, as they were asked for, until they change. */
  readonly #followers = new Map<string, number>()

  constructor(
    store: Store,
    log: FeedLog,
    now: () => number = Date.now,
    limits: Pick<UserLimits, 'topics'> = NO_LIMITS,
  ) {
    this.#store = store
    this.#log = log
    this.#now = now
    this.#limits = limits
    store.onCommit((committed) => {
      for (const { call } of committed) this.#noteChange(call)
    })
  }

  feedsOf(user: string): FeedState[] {
    return getList<FollowRow>(this.#store.reader, LIST_FOLLOWS, user)
      .flatMap((row) => {
        const head = this.#log.head(row.feed)
        return head ? [toState(row, head)] : []
      })
      .sort((a, b) => rank[feedKind(a.feed)] - rank[feedKind(b.feed)] || (a.feed < b.feed ? -1 : 1))
  }

  follows(user: string, feed: string): boolean {
    return (
      getRow(this.#store.reader, 'SELECT 1 AS there FROM follows WHERE user = ? AND feed = ?', user, feed) !==
      undefined
    )
  }

  followers(feed: string): number {
    const known = this.#followers.get(feed)
    if (known !== undefined) return known
    const row = getRow<{ count: number }>(
      this.#store.reader,
      'SELECT count(*) AS count FROM follows WHERE feed = ?',
      feed,
    )
    const count = row?.count ?? 0
    if (this.#followers.size >= MAX_COUNTED) this.#followers.clear()
    this.#followers.set(feed, count)
    return count
  }

  mayRead(user: string, feed: string): boolean {
    return feedKind(feed) !== 'user' || feed === userFeed(user)
  }

  async follow(user: string, feed: string, muted: boolean | undefined): Promise<FeedState> {
    if (!this.mayRead(user, feed))
      throw new HeraldError('read_forbidden', 'this feed belongs to another user')
    const result = await this.#store.write('follow', {
      ...{ user, feed, muted, limit: this.#limits.topics },
      newEpoch: randomBytes(9).toString('base64url'),
    })
    if (result === 'full') throw new HeraldError('topic_limit')
    if (result === 'disabled') throw new HeraldError('user_disabled')
    const state = this.#stateOf(user, feed)
    this.#tell(user, { type: 'feed', state })
    return state
  }

  async unfollow(user: string, feed: string): Promise<void> {
    if (feedKind(feed) !== 'topic') throw new HeraldError('feed_required')
    const { left } = await this.#store.write('unfollow', { user, feed })
    if (left) this.#tell(user, { type: 'unfollow', feed })
  }

  async markRead(
    user: string,
    feed: string,
    epoch: string,
    ranges: ReadRanges,
    origin?: object,
  ): Promise<ReadAnswer> {
    if (!this.follows(user, feed)) throw new HeraldError('read_forbidden', 'you do not follow this feed')
    const result = await this.#store.write('markRead', { user, feed, epoch, ranges, now: this.#now() })
    if (!result) throw new HeraldError('epoch_unknown')
    const { unread, read } = this.#stateOf(user, feed)
    if (result.added.length > 0)
      this.#tell(user, { type: 'read', feed, epoch, ranges: result.added, unread }, origin)
    return { feed, epoch, unread, read }
  }

  onChange(listener: SubscriptionListener): void {
    this.#listeners.push(listener)
  }

  #noteChange({ name, args }: Call): void {
    if (name === 'follow' || name === 'unfollow')
      this.#followers.delete((args as CommandArgs<'follow' | 'unfollow'>).feed)
    else if (name === 'createUser' || name === 'removeUser' || name === 'drainRemoved')
      this.#followers.clear()
  }

  #stateOf(user: string, feed: string): FeedState {
    const row = getRow<FollowRow>(this.#store.reader, `${SELECT_FOLLOWS} AND follows.feed = ?`, user, feed)
    const head = this.#log.head(feed)
    if (!row || !head) throw new HeraldError('read_forbidden', 'you do not follow this feed')
    return toState(row, head)
  }

  #tell(user: string, event: SubscriptionEvent, origin?: object): void {
    for (const listener of this.#listeners) listener(user, event, origin)
  }
}

function toState(row: FollowRow, { feed, epoch, from, head }: FeedHead): FeedState {
  const ranges = row.ranges !== null && row.epoch === epoch ? (JSON.parse(row.ranges) as ReadRanges) : []
  const read = clipRanges(ranges, from, head)
  return { feed, epoch, from, head, unread: countUnread(from, head, read), read, muted: row.muted === 1 }
}
