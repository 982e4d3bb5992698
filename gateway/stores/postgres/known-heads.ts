import type { Pool } from 'pg'
import type { BusEvents } from '../../contracts/bus'
import { newEpoch } from '../feed-rules'
import { feedCommands } from './feed-commands'
import { columns, commit, Sql } from './sql'

/** Feeds that are remembered, some 200 bytes each. What goes first has been quiet for the longest. */
const MAX_FEEDS = 100_000

/** Feeds of one question. */
const STEP = 10_000

/** How long the renewal may wait for its commit, ms. */
const COMMIT_MS = 5000

interface KnownHead {
  readonly feed: string
  readonly epoch: string
  readonly seq: number
  readonly id: string
}

/**
 * The last message of each feed that this gateway has appended or was told of, and so its senders and devices. A database that
 * does not have one of them has lost commits: a standby took over that had not got them, or a backup was put back. It would
 * give their seqs to other messages, which devices would take for those that they have.
 */
export class KnownHeads {
  readonly #heads = new Map<string, KnownHead>()

  note({ head, messages }: Pick<BusEvents['appended'], 'head' | 'messages'>): void {
    const last = messages.at(-1)
    if (!last) return
    const { feed, epoch } = head
    const known = this.#heads.get(feed)
    if (known?.epoch === epoch && known.seq >= last.seq) return
    // Put behind all others.
    this.#heads.delete(feed)
    this.#heads.set(feed, { feed, epoch, seq: last.seq, id: last.id })
    if (this.#heads.size <= MAX_FEEDS) return
    const [oldest] = this.#heads.keys()
    if (oldest !== undefined) this.#heads.delete(oldest)
  }

  /** Gives the feeds that have lost messages a new epoch; answers how many they are. For a pool that nobody else has yet. */
  async renewLost(pool: Pool): Promise<number> {
    if (this.#heads.size === 0) return 0
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      const lost = await this.#findLost(new Sql(client))
      const epochs = Object.fromEntries(lost.map((feed) => [feed, newEpoch()]))
      await feedCommands.renewEpochs(new Sql(client), epochs)
      await commit(client, COMMIT_MS)
      for (const feed of lost) this.#heads.delete(feed)
      client.release()
      return lost.length
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  async #findLost(sql: Sql): Promise<string[]> {
    const heads = [...this.#heads.values()].sort((a, b) => (a.feed < b.feed ? -1 : 1))
    const lost: string[] = []
    for (let at = 0; at < heads.length; at += STEP) {
      // What retention has dropped since was not lost; a feed that is gone begins anew in any case.
      const rows = await sql.rows<{ name: string }>(
        `SELECT f.name FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) AS k (name, epoch, seq, id)
           JOIN feeds AS f ON f.name = k.name COLLATE "C" AND f.epoch = k.epoch
         WHERE f.head < k.seq OR (f.first <= k.seq AND NOT EXISTS (
           SELECT 1 FROM messages AS m WHERE m.feed = f.id AND m.seq = k.seq AND m.id = k.id))
         ORDER BY f.name FOR NO KEY UPDATE OF f`,
        ...columns(heads.slice(at, at + STEP), 'feed', 'epoch', 'seq', 'id'),
      )
      lost.push(...rows.map(({ name }) => name))
    }
    return lost
  }
}
