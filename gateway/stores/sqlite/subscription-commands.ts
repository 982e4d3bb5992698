import type { ReadRanges } from '@herald/protocol'
import type Database from 'libsql'
import { clearRead } from './push-commands'
import { dropIfEmpty, feedCommands } from './feed-commands'
import type { FeedHead } from '../../contracts/feed-log'
import { mergeReads } from '../feed-rules'
import { readRanges } from '../push-text'
import type { FollowArgs, MarkReadArgs, MarkReadResult } from '../rows'
import { getRow, runChange } from './statements'
import { isShut } from './user-rows'
import { hasRoom } from '../../contracts/user-limits'

interface FeedRow {
  epoch: string
  first: number
  head: number
}

const selectFeed = (db: Database.Database, feed: string): FeedRow | undefined =>
  getRow<FeedRow>(db, 'SELECT epoch, first, head FROM feeds WHERE name = ?', feed)

/** The ranges that a user has read of the feed's present log; an older log's are worth nothing. */
function rangesOf(db: Database.Database, user: string, feed: string, epoch: string): ReadRanges {
  const row = getRow<{ ranges: string }>(
    db,
    'SELECT ranges FROM reads WHERE user = ? AND feed = ? AND epoch = ?',
    user,
    feed,
    epoch,
  )
  return row ? readRanges(row.ranges) : []
}

function saveRanges(
  db: Database.Database,
  user: string,
  feed: string,
  epoch: string,
  ranges: ReadRanges,
): void {
  runChange(
    db,
    `INSERT INTO reads (user, feed, epoch, ranges) VALUES (?, ?, ?, ?)
     ON CONFLICT (user, feed) DO UPDATE SET epoch = excluded.epoch, ranges = excluded.ranges`,
    user,
    feed,
    epoch,
    JSON.stringify(ranges),
  )
}

/** Counts what is in a feed now as read by a user. */
export function markEverythingRead(db: Database.Database, user: string, feed: string): void {
  const row = selectFeed(db, feed)
  if (row && row.head >= row.first) saveRanges(db, user, feed, row.epoch, [[row.first, row.head]])
}

const isFollowed = (db: Database.Database, user: string, feed: string): boolean =>
  getRow(db, 'SELECT 1 AS there FROM follows WHERE user = ? AND feed = ?', user, feed) !== undefined

function hasRoomForTopic(db: Database.Database, user: string, limit: number): boolean {
  const row = getRow<{ count: number }>(
    db,
    "SELECT count(*) AS count FROM follows WHERE user = ? AND feed >= 'topic:' AND feed < 'topic;'",
    user,
  )
  return hasRoom(row?.count ?? 0, limit)
}

export const subscriptionCommands = {
  /**
   * Follows, or changes the mute of a feed that is followed. The feed is made in the same step, so that one that is
   * refused leaves nothing behind. Answers the feed's head.
   */
  follow(
    db: Database.Database,
    { user, feed, muted, newEpoch, limit }: FollowArgs,
  ): FeedHead | 'full' | 'disabled' {
    if (isShut(db, user)) return 'disabled'
    const isNew = !isFollowed(db, user, feed)
    if (isNew && feed.startsWith('topic:') && !hasRoomForTopic(db, user, limit)) return 'full'
    const head = feedCommands.openFeed(db, { feed, newEpoch })
    if (isNew) {
      runChange(db, 'INSERT INTO follows (user, feed) VALUES (?, ?)', user, feed)
      markEverythingRead(db, user, feed)
    }
    if (muted !== undefined) {
      runChange(db, 'UPDATE follows SET muted = ? WHERE user = ? AND feed = ?', Number(muted), user, feed)
    }
    return head
  },

  /** Leaves a feed. A topic that holds nothing and that nobody else follows goes with it. */
  unfollow(
    db: Database.Database,
    { user, feed }: { user: string; feed: string },
  ): { readonly left: boolean; readonly dropped: readonly string[] } {
    runChange(db, 'DELETE FROM reads WHERE user = ? AND feed = ?', user, feed)
    const left = runChange(db, 'DELETE FROM follows WHERE user = ? AND feed = ?', user, feed) > 0
    return { left, dropped: dropIfEmpty(db, feed) ? [feed] : [] }
  },

  /**
   * Merges ranges into what a user has read.
   */
  markRead(
    db: Database.Database,
    { user, feed, epoch, ranges, now }: MarkReadArgs,
  ): MarkReadResult | undefined {
    const row = selectFeed(db, feed)
    // Left, or removed, while the request was on its way: a row would stay that nobody has a use for.
    if (row?.epoch !== epoch || !isFollowed(db, user, feed)) return undefined
    const merged = mergeReads(rangesOf(db, user, feed, epoch), ranges, row)
    if (merged.added.length > 0) {
      saveRanges(db, user, feed, epoch, merged.ranges)
      clearRead(db, { user, feed, epoch }, { from: row.first, read: merged.ranges, added: merged.added, now })
    }
    return merged
  },
}
