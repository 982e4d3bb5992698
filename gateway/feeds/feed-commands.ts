import type { Content, Message } from '@herald/protocol'
import type Database from 'libsql'
import { openSweep } from '../escalation/sweep-commands'
import { getRow, runChange } from '../store/statements'
import type { FeedHead, IdempotencyKey } from './feed-log'

/** How long an Idempotency-Key is remembered, in ms. */
export const IDEMPOTENCY_WINDOW_MS = 24 * 3600 * 1000

export interface AppendArgs {
  readonly feed: string
  readonly content: Content
  readonly key: IdempotencyKey | undefined
  /** The new message's id; unused when the key was known. */
  readonly id: string
  /** The epoch if this is the feed's first message. */
  readonly newEpoch: string
  /** Wall clock, ms since 1970. */
  readonly now: number
}

export type AppendResult =
  | { readonly kind: 'appended'; readonly head: FeedHead; readonly message: Message }
  | {
      readonly kind: 'repeated'
      readonly answer: { id: string; feed: string; epoch: string; seq: number; time: number }
    }
  | { readonly kind: 'conflict' }

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

export const feedCommands = {
  /** Appends a message with the next seq. `time` never goes back within a feed, whatever the clock does. */
  append(db: Database.Database, { feed, content, key, id, newEpoch, now }: AppendArgs): AppendResult {
    const known = key && repeatedAnswer(db, key)
    if (known) return known
    const row = openFeed(db, feed, newEpoch)
    const seq = row.head + 1
    const time = Math.max(now, row.last_time)
    const message: Message = { id, feed, seq, time, ...content }
    runChange(db, 'UPDATE feeds SET head = ?, last_time = ? WHERE id = ?', seq, time, row.id)
    runChange(
      db,
      'INSERT INTO messages (feed, seq, id, time, json) VALUES (?, ?, ?, ?, ?)',
      row.id,
      seq,
      id,
      time,
      JSON.stringify(message),
    )
    openSweep(db, { feed, epoch: row.epoch, seq, now })
    if (key) {
      const answer = JSON.stringify({ id, feed, epoch: row.epoch, seq, time })
      runChange(
        db,
        'INSERT INTO publishes (scope, key, fingerprint, answer, time) VALUES (?, ?, ?, ?, ?)',
        key.scope,
        key.key,
        key.fingerprint,
        answer,
        now,
      )
    }
    return { kind: 'appended', head: { feed, epoch: row.epoch, from: row.first, head: seq }, message }
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
    return runChange(db, 'DELETE FROM publishes WHERE time < ?', before)
  },

  /** New epochs for all feeds, for after a restore; what users have read of the restored log stays read. */
  renewEpochs(db: Database.Database, epochs: Readonly<Record<string, string>>): number {
    let changed = 0
    for (const [feed, epoch] of Object.entries(epochs)) {
      changed += runChange(db, 'UPDATE feeds SET epoch = ? WHERE name = ?', epoch, feed)
      runChange(db, 'UPDATE reads SET epoch = ? WHERE feed = ?', epoch, feed)
      runChange(db, 'DELETE FROM sweeps WHERE feed = ?', feed)
    }
    return changed
  },
}
