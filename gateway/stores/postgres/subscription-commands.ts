import type { ReadRanges } from '@herald/protocol'
import type { FeedHead } from '../../contracts/feed-log'
import { hasRoom } from '../../contracts/user-limits'
import { mergeReads } from '../feed-rules'
import { readRanges } from '../push-text'
import type { FollowArgs, MarkReadArgs, MarkReadResult } from '../rows'
import { dropIfEmpty, openFeed } from './feed-commands'
import { clearRead } from './push-commands'
import type { Sql } from './sql'
import { isShut, lockUser, noteChanged } from './user-rows'

interface FeedRow {
  readonly epoch: string
  readonly first: number
  readonly head: number
}

const selectFeed = (sql: Sql, feed: string): Promise<FeedRow | undefined> =>
  sql.row<FeedRow>('SELECT epoch, first, head FROM feeds WHERE name = $1', feed)

/** The ranges that a user has read of the feed's present log; an older log's are worth nothing. */
async function rangesOf(sql: Sql, user: string, feed: string, epoch: string): Promise<ReadRanges> {
  const row = await sql.row<{ ranges: string }>(
    'SELECT ranges FROM reads WHERE "user" = $1 AND feed = $2 AND epoch = $3',
    ...[user, feed, epoch],
  )
  return row ? readRanges(row.ranges) : []
}

async function saveRanges(
  sql: Sql,
  user: string,
  feed: string,
  epoch: string,
  ranges: ReadRanges,
): Promise<void> {
  await sql.change(
    `INSERT INTO reads ("user", feed, epoch, ranges) VALUES ($1, $2, $3, $4)
     ON CONFLICT ("user", feed) DO UPDATE SET epoch = excluded.epoch, ranges = excluded.ranges`,
    ...[user, feed, epoch, JSON.stringify(ranges)],
  )
}

/** Counts what is in a feed now as read by a user. */
export async function markEverythingRead(sql: Sql, user: string, feed: string): Promise<void> {
  const row = await selectFeed(sql, feed)
  if (row && row.head >= row.first) await saveRanges(sql, user, feed, row.epoch, [[row.first, row.head]])
}

const isFollowed = async (sql: Sql, user: string, feed: string): Promise<boolean> =>
  (await sql.row('SELECT 1 AS there FROM follows WHERE "user" = $1 AND feed = $2', user, feed)) !== undefined

async function hasRoomForTopic(sql: Sql, user: string, limit: number): Promise<boolean> {
  const row = await sql.row<{ count: number }>(
    `SELECT count(*) AS count FROM follows WHERE "user" = $1 AND feed >= 'topic:' AND feed < 'topic;'`,
    user,
  )
  return hasRoom(row?.count ?? 0, limit)
}

export const subscriptionCommands = {
  async follow(
    sql: Sql,
    { user, feed, muted, newEpoch, limit }: FollowArgs,
  ): Promise<FeedHead | 'full' | 'disabled'> {
    await lockUser(sql, user)
    if (await isShut(sql, user)) return 'disabled'
    const isNew = !(await isFollowed(sql, user, feed))
    if (isNew && feed.startsWith('topic:') && !(await hasRoomForTopic(sql, user, limit))) return 'full'
    const row = await openFeed(sql, feed, newEpoch)
    if (isNew) {
      await sql.change('INSERT INTO follows ("user", feed) VALUES ($1, $2)', user, feed)
      await markEverythingRead(sql, user, feed)
    }
    if (muted !== undefined)
      await sql.change(
        'UPDATE follows SET muted = $1 WHERE "user" = $2 AND feed = $3',
        Number(muted),
        user,
        feed,
      )
    if (isNew || muted !== undefined) await noteChanged(sql, user)
    return { feed, epoch: row.epoch, from: row.first, head: row.head }
  },

  async unfollow(
    sql: Sql,
    { user, feed }: { user: string; feed: string },
  ): Promise<{ readonly left: boolean; readonly dropped: readonly string[] }> {
    await lockUser(sql, user)
    await sql.change('DELETE FROM reads WHERE "user" = $1 AND feed = $2', user, feed)
    const left = (await sql.change('DELETE FROM follows WHERE "user" = $1 AND feed = $2', user, feed)) > 0
    if (left) await noteChanged(sql, user)
    return { left, dropped: (await dropIfEmpty(sql, feed)) ? [feed] : [] }
  },

  async markRead(
    sql: Sql,
    { user, feed, epoch, ranges, now }: MarkReadArgs,
  ): Promise<MarkReadResult | undefined> {
    await lockUser(sql, user)
    const row = await selectFeed(sql, feed)
    // Left, or removed, while the request was on its way: a row would stay that nobody has a use for.
    if (row?.epoch !== epoch || !(await isFollowed(sql, user, feed))) return undefined
    const merged = mergeReads(await rangesOf(sql, user, feed, epoch), ranges, row)
    if (merged.added.length > 0) {
      await saveRanges(sql, user, feed, epoch, merged.ranges)
      await noteChanged(sql, user)
      await clearRead(
        sql,
        { user, feed, epoch },
        { from: row.first, read: merged.ranges, added: merged.added, now },
      )
    }
    return merged
  },
}
