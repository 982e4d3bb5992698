import {
  clipRanges,
  countUnread,
  feedKind,
  HeraldError,
  type FeedState,
  type ReadAnswer,
  type ReadRanges,
} from '@herald/protocol'
import { randomBytes } from 'node:crypto'
import type { Bus } from '../../contracts/bus'
import type { FeedHead } from '../../contracts/feed-log'
import {
  mayRead,
  type Follow,
  type SubscriptionEvent,
  type Subscriptions,
} from '../../contracts/subscriptions'
import { NO_LIMITS, type UserLimits } from '../../contracts/user-limits'
import type { Call, CommandArgs } from './commands'
import type { SqliteEngine } from './engine'
import type { SqliteFeedLog } from './feed-log'
import { asList, getList, getRow } from './statements'

/** How a user follows a feed, and what is read of it, in some epoch. */
export interface FollowRow {
  readonly muted: number
  readonly epoch: string | null
  readonly ranges: string | null
}

type FollowOfFeed = FollowRow & { readonly feed: string }

const SELECT_FOLLOWS = `
  SELECT follows.feed, follows.muted, reads.epoch, reads.ranges
  FROM follows LEFT JOIN reads ON reads.user = follows.user AND reads.feed = follows.feed
  WHERE follows.user = ?`

const SELECT_FOLLOW = `${SELECT_FOLLOWS} AND follows.feed = ?`

const LIST_FOLLOWS = asList(SELECT_FOLLOWS, ['feed', 'muted', 'epoch', 'ranges'])

/** Feeds whose followers are remembered: names can be made without end. */
const MAX_COUNTED = 10_000

const rank = { user: 0, all: 1, topic: 2 } as const

/** Who follows what, and what they have read, in the embedded store. */
export class SqliteSubscriptions implements Subscriptions {
  readonly #engine: SqliteEngine
  readonly #bus: Pick<Bus, 'tell'>
  readonly #log: SqliteFeedLog
  readonly #now: () => number
  readonly #limits: Pick<UserLimits, 'topics'>
  /** Followers of feeds, as they were asked for, until they change. */
  readonly #followers = new Map<string, number>()

  constructor(
    engine: SqliteEngine,
    bus: Pick<Bus, 'tell'>,
    log: SqliteFeedLog,
    now: () => number = Date.now,
    limits: Pick<UserLimits, 'topics'> = NO_LIMITS,
  ) {
    this.#engine = engine
    this.#bus = bus
    this.#log = log
    this.#now = now
    this.#limits = limits
    engine.onCommit((committed) => {
      for (const { call } of committed) this.#noteChange(call)
    })
  }

  async feedsOf(user: string): Promise<FeedState[]> {
    const rows = await this.#engine.read((db) => getList<FollowOfFeed>(db, LIST_FOLLOWS, user))
    return rows
      .flatMap((row) => {
        const head = this.#log.known(row.feed)
        return head ? [toState(row, head)] : []
      })
      .sort((a, b) => rank[feedKind(a.feed)] - rank[feedKind(b.feed)] || (a.feed < b.feed ? -1 : 1))
  }

  async follows(user: string, feed: string): Promise<boolean> {
    return (await this.#find(user, feed)) !== undefined
  }

  async followOf(user: string, feed: string, epoch: string): Promise<Follow | undefined> {
    const row = await this.#find(user, feed)
    return row && toFollow(row, epoch)
  }

  async followers(feed: string): Promise<number> {
    const known = this.#followers.get(feed)
    if (known !== undefined) return known
    const row = await this.#engine.read((db) =>
      getRow<{ count: number }>(db, 'SELECT count(*) AS count FROM follows WHERE feed = ?', feed),
    )
    const count = row?.count ?? 0
    if (this.#followers.size >= MAX_COUNTED) this.#followers.clear()
    this.#followers.set(feed, count)
    return count
  }

  async follow(user: string, feed: string, muted: boolean | undefined): Promise<FeedState> {
    if (!mayRead(user, feed)) throw new HeraldError('read_forbidden', 'this feed belongs to another user')
    const result = await this.#engine.write('follow', {
      ...{ user, feed, muted, limit: this.#limits.topics },
      newEpoch: randomBytes(9).toString('base64url'),
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
    if (!(await this.follows(user, feed)))
      throw new HeraldError('read_forbidden', 'you do not follow this feed')
    const result = await this.#engine.write('markRead', { user, feed, epoch, ranges, now: this.#now() })
    if (!result) throw new HeraldError('epoch_unknown')
    const { unread, read } = await this.#stateOf(user, feed)
    if (result.added.length > 0)
      this.#tell(user, { type: 'read', feed, epoch, ranges: result.added, unread }, origin)
    return { feed, epoch, unread, read }
  }

  #noteChange({ name, args }: Call): void {
    if (name === 'follow' || name === 'unfollow')
      this.#followers.delete((args as CommandArgs<'follow' | 'unfollow'>).feed)
    else if (name === 'createUser' || name === 'removeUser' || name === 'drainRemoved')
      this.#followers.clear()
  }

  #find(user: string, feed: string): Promise<FollowOfFeed | undefined> {
    return this.#engine.read((db) => getRow<FollowOfFeed>(db, SELECT_FOLLOW, user, feed))
  }

  async #stateOf(user: string, feed: string): Promise<FeedState> {
    const row = await this.#find(user, feed)
    const head = this.#log.known(feed)
    if (!row || !head) throw new HeraldError('read_forbidden', 'you do not follow this feed')
    return toState(row, head)
  }

  #tell(user: string, change: SubscriptionEvent, origin?: string): void {
    this.#bus.tell('changed', { user, change, origin })
  }
}

function toState(row: FollowRow, { feed, epoch, from, head }: FeedHead): FeedState {
  const { muted, read: all } = toFollow(row, epoch)
  const read = clipRanges(all, from, head)
  return { feed, epoch, from, head, unread: countUnread(from, head, read), read, muted }
}

/** What is read in another epoch counts for nothing. */
export function toFollow({ muted, epoch: readIn, ranges }: FollowRow, epoch: string): Follow {
  const read = ranges !== null && readIn === epoch ? (JSON.parse(ranges) as ReadRanges) : []
  return { muted: muted === 1, read }
}
