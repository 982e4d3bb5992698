import type { FeedHead } from '../../contracts/feed-log'
import { correctionOf } from '../kept'
import type { Sql } from './sql'

export interface FeedRow {
  readonly id: number
  readonly epoch: string
  readonly first: number
  readonly head: number
}

/** Makes the feed when it is new; answers its row, which stays to the end of the transaction. */
export async function openFeed(sql: Sql, feed: string, newEpoch: string): Promise<FeedRow> {
  // Whoever drops an empty feed waits, or was first: then it is made anew.
  const select = 'SELECT id, epoch, first, head FROM feeds WHERE name = $1 FOR KEY SHARE'
  const known = await sql.row<FeedRow>(select, feed)
  if (known) return known
  await sql.change('INSERT INTO feeds (name, epoch) VALUES ($1, $2) ON CONFLICT DO NOTHING', feed, newEpoch)
  const made = await sql.row<FeedRow>(select, feed)
  if (!made) throw new Error('a feed that was just made is not there')
  return made
}

/** Drops a topic that holds nothing and that nobody follows. A next message or follower begins a new life of it. */
export async function dropIfEmpty(sql: Sql, feed: string): Promise<boolean> {
  if (!feed.startsWith('topic:')) return false
  // First the row, and then a look: who follows it now has it, or waits until it is gone.
  const row = await sql.row<{ id: number }>(
    'SELECT id FROM feeds WHERE name = $1 AND head < first FOR UPDATE',
    feed,
  )
  if (!row) return false
  const dropped = await sql.change(
    `DELETE FROM feeds WHERE id = $1 AND head < first
       AND NOT EXISTS (SELECT 1 FROM follows WHERE follows.feed = feeds.name)
       AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.feed = feeds.id)`,
    row.id,
  )
  return dropped > 0
}

export const feedCommands = {
  async dropEmptyFeeds(sql: Sql, feeds: readonly string[]): Promise<{ readonly dropped: readonly string[] }> {
    const dropped: string[] = []
    for (const feed of [...feeds].sort()) if (await dropIfEmpty(sql, feed)) dropped.push(feed)
    return { dropped }
  },

  async openFeed(sql: Sql, { feed, newEpoch }: { feed: string; newEpoch: string }): Promise<FeedHead> {
    const row = await openFeed(sql, feed, newEpoch)
    return { feed, epoch: row.epoch, from: row.first, head: row.head }
  },

  /** Drops the messages up to and with `through`. */
  async trimFeed(
    sql: Sql,
    { feed, through }: { feed: string; through: number },
  ): Promise<FeedHead | undefined> {
    const row = await sql.row<FeedRow>(
      'SELECT id, epoch, first, head FROM feeds WHERE name = $1 FOR NO KEY UPDATE',
      feed,
    )
    if (!row || through < row.first) return undefined
    const last = Math.min(through, row.head)
    await sql.change('DELETE FROM messages WHERE feed = $1 AND seq <= $2', row.id, last)
    await sql.change('UPDATE feeds SET first = $1 WHERE id = $2', last + 1, row.id)
    return { feed, epoch: row.epoch, from: last + 1, head: row.head }
  },

  forgetKeys: (sql: Sql, { before }: { before: number }): Promise<number> =>
    sql.change(`DELETE FROM publishes WHERE time < $1 AND time + ${correctionOf('time')} < $1`, before),

  /**
   * New epochs for feeds, for after a restore or a failover that lost commits. What users have read of the log stays read,
   * and what was pushed of it stays pushed; what waited for its push may long have had it, and is left to the app.
   */
  async renewEpochs(sql: Sql, epochs: Readonly<Record<string, string>>): Promise<number> {
    let changed = 0
    for (const [feed, epoch] of Object.entries(epochs).sort(([a], [b]) => (a < b ? -1 : 1))) {
      changed += await sql.change('UPDATE feeds SET epoch = $1 WHERE name = $2', epoch, feed)
      await sql.change('UPDATE reads SET epoch = $1 WHERE feed = $2', epoch, feed)
      await sql.change(
        `UPDATE pushes SET epoch = $1 WHERE feed = $2
         AND (accepted IS NOT NULL OR (unknown = 1 AND state IN ('cancelled', 'dead')))`,
        ...[epoch, feed],
      )
      await sql.change('DELETE FROM sweeps WHERE feed = $1', feed)
    }
    return changed
  },
}
