import type Database from 'libsql'
import { messageJson, nextTime } from '../feed-rules'
import { correctionOf } from '../kept'
import { canRing, openSweep } from './sweep-commands'
import { getRow, runChange } from './statements'
import type { FeedHead, IdempotencyKey } from '../../contracts/feed-log'

export interface AppendArgs {
  readonly feed: string
  /** JSON of the content, an object with at least one field. */
  readonly json: string
  readonly key: IdempotencyKey | undefined
  /** The new message's id; unused when the key was known. */
  readonly id: string
  /** The epoch if this is the feed's first message; empty for a feed that is known to be there. */
  readonly newEpoch: string
  /** Wall clock, ms since 1970. */
  readonly now: number
}

export type AppendResult =
  | {
      readonly kind: 'appended'
      readonly epoch: string
      /** The feed's first retained seq. */
      readonly from: number
      readonly seq: number
      readonly time: number
    }
  | {
      readonly kind: 'repeated'
      readonly answer: { id: string; feed: string; epoch: string; seq: number; time: number }
    }
  | { readonly kind: 'conflict' }
  /** The feed was dropped while the message was on its way. */
  | { readonly kind: 'no_feed' }

interface FeedRow {
  id: number
  epoch: string
  first: number
  head: number
  last_time: number
}

const SELECT_FEED = 'SELECT id, epoch, first, head, last_time FROM feeds WHERE name = ?'

/** Makes the feed when it is new; answers its row. */
function openFeed(db: Database.Database, feed: string, newEpoch: string): FeedRow {
  const row = getRow<FeedRow>(db, SELECT_FEED, feed)
  if (row) return row
  if (newEpoch === '') throw new Error(`the feed ${feed} is not there`)
  runChange(db, 'INSERT INTO feeds (name, epoch) VALUES (?, ?)', feed, newEpoch)
  const made = getRow<FeedRow>(db, SELECT_FEED, feed)
  if (!made) throw new Error('a feed that was just made is not there')
  return made
}

function repeatedAnswer(
  db: Database.Database,
  { scope, key, fingerprint }: IdempotencyKey,
): AppendResult | undefined {
  const row = getRow<{ fingerprint: string; answer: string }>(
    db,
    'SELECT fingerprint, answer FROM publishes WHERE scope = ? AND key = ?',
    scope,
    key,
  )
  if (!row) return undefined
  if (row.fingerprint !== fingerprint) return { kind: 'conflict' }
  return {
    kind: 'repeated',
    answer: JSON.parse(row.answer) as Extract<AppendResult, { kind: 'repeated' }>['answer'],
  }
}

/** A feed that messages are being appended to: its row, its name as JSON, its head before, and when the first came. */
interface OpenFeed {
  readonly row: FeedRow
  readonly name: string
  readonly before: number
  readonly since: number
}

/**
 * The feeds that one transaction appends to. Their rows are read and written once for all of its messages, which came
 * in several parts: so `settle` has to be called before anything else looks at feeds, and before the commit.
 */
export class OpenFeeds {
  readonly #db: Database.Database
  readonly #feeds = new Map<string, OpenFeed>()

  constructor(db: Database.Database) {
    this.#db = db
  }

  /** Appends a message with its feed's next seq. */
  append(args: AppendArgs): AppendResult {
    const known = args.key && repeatedAnswer(this.#db, args.key)
    if (known) return known
    const feed = this.#open(args)
    return feed ? appendTo(this.#db, feed, args) : { kind: 'no_feed' }
  }

  /** Writes the feeds' rows, and notes once for each feed that there is somebody to ring. */
  settle(): void {
    if (this.#feeds.size === 0) return
    const rings = canRing(this.#db)
    for (const [feed, { row, before, since }] of this.#feeds) {
      const { id, epoch, head, last_time } = row
      runChange(this.#db, 'UPDATE feeds SET head = ?, last_time = ? WHERE id = ?', head, last_time, id)
      if (rings) openSweep(this.#db, { feed, epoch, first: before + 1, last: head, now: since })
    }
    this.#feeds.clear()
  }

  #open({ feed, newEpoch, now }: AppendArgs): OpenFeed | undefined {
    const known = this.#feeds.get(feed)
    if (known) return known
    if (newEpoch === '' && !getRow<FeedRow>(this.#db, SELECT_FEED, feed)) return undefined
    const row = openFeed(this.#db, feed, newEpoch)
    const opened = { row, name: JSON.stringify(feed), before: row.head, since: now }
    this.#feeds.set(feed, opened)
    return opened
  }
}

/** Inserts a message, and counts it in the row of its feed, which is not yet written. */
function appendTo(
  db: Database.Database,
  { row, name }: OpenFeed,
  { feed, json, key, id, now }: AppendArgs,
): AppendResult {
  const seq = (row.head += 1)
  const time = (row.last_time = nextTime(row.last_time, now))
  runChange(
    db,
    'INSERT INTO messages (feed, seq, id, time, json) VALUES (?, ?, ?, ?, ?)',
    row.id,
    seq,
    id,
    time,
    messageJson(id, name, seq, time, json),
  )
  if (key) {
    const answer = JSON.stringify({ id, feed, epoch: row.epoch, seq, time })
    runChange(
      db,
      'INSERT INTO publishes (scope, key, fingerprint, answer, time) VALUES (?, ?, ?, ?, ?)',
      ...[key.scope, key.key, key.fingerprint, answer, now],
    )
  }
  return { kind: 'appended', epoch: row.epoch, from: row.first, seq, time }
}

/** Drops a topic that holds nothing and that nobody follows. A next message or follower begins a new life of it. */
export function dropIfEmpty(db: Database.Database, feed: string): boolean {
  return (
    runChange(
      db,
      `DELETE FROM feeds WHERE name = ? AND name LIKE 'topic:%' AND head < first
         AND NOT EXISTS (SELECT 1 FROM follows WHERE follows.feed = feeds.name)
         AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.feed = feeds.id)`,
      feed,
    ) > 0
  )
}

export const feedCommands = {
  /** Drops those of the topics that hold nothing and that nobody follows. Answers their names. */
  dropEmptyFeeds(db: Database.Database, feeds: readonly string[]): { readonly dropped: readonly string[] } {
    return { dropped: feeds.filter((feed) => dropIfEmpty(db, feed)) }
  },

  append(db: Database.Database, args: AppendArgs): AppendResult {
    const feeds = new OpenFeeds(db)
    const result = feeds.append(args)
    feeds.settle()
    return result
  },

  openFeed(db: Database.Database, { feed, newEpoch }: { feed: string; newEpoch: string }): FeedHead {
    const row = openFeed(db, feed, newEpoch)
    return { feed, epoch: row.epoch, from: row.first, head: row.head }
  },

  /** Drops the messages up to and with `through`. */
  trimFeed(
    db: Database.Database,
    { feed, through }: { feed: string; through: number },
  ): FeedHead | undefined {
    const row = getRow<FeedRow>(db, SELECT_FEED, feed)
    if (!row || through < row.first) return undefined
    const last = Math.min(through, row.head)
    runChange(db, 'DELETE FROM messages WHERE feed = ? AND seq <= ?', row.id, last)
    runChange(db, 'UPDATE feeds SET first = ? WHERE id = ?', last + 1, row.id)
    return { feed, epoch: row.epoch, from: last + 1, head: row.head }
  },

  forgetKeys(db: Database.Database, { before }: { before: number }): number {
    return runChange(
      db,
      `DELETE FROM publishes WHERE time < ? AND time + ${correctionOf('time')} < ?`,
      before,
      before,
    )
  },

  /**
   * New epochs for all feeds, for after a restore. What users have read of the restored log stays read, and what was
   * pushed of it stays pushed; what waited for its push may long have had it, and is left to the app.
   */
  renewEpochs(db: Database.Database, epochs: Readonly<Record<string, string>>): number {
    let changed = 0
    for (const [feed, epoch] of Object.entries(epochs)) {
      changed += runChange(db, 'UPDATE feeds SET epoch = ? WHERE name = ?', epoch, feed)
      runChange(db, 'UPDATE reads SET epoch = ? WHERE feed = ?', epoch, feed)
      runChange(
        db,
        `UPDATE pushes SET epoch = ? WHERE feed = ?
         AND (accepted IS NOT NULL OR (unknown = 1 AND state IN ('cancelled', 'dead')))`,
        ...[epoch, feed],
      )
      runChange(db, 'DELETE FROM sweeps WHERE feed = ?', feed)
    }
    return changed
  },
}
