import type { IdempotencyKey } from '../../contracts/feed-log'
import { messageJson, nextTime } from '../feed-rules'
import { columns, type Sql } from './sql'
import { openSweeps, type NewSweep } from './sweep-commands'

export interface NewMessage {
  readonly feed: string
  /** JSON of the content, an object with at least one field. */
  readonly json: string
  readonly key: IdempotencyKey | undefined
  /** Made before, so that a message whose commit nobody answered is the same one when it is sent again. */
  readonly id: string
  /** The epoch, if this is the feed's first message. */
  readonly newEpoch: string
  /** Wall clock, ms since 1970. */
  readonly now: number
}

export interface Answer {
  readonly id: string
  readonly feed: string
  readonly epoch: string
  readonly seq: number
  readonly time: number
}

export type Outcome =
  | { readonly kind: 'appended'; readonly answer: Answer; readonly from: number }
  | { readonly kind: 'repeated'; readonly answer: Answer }
  | { readonly kind: 'conflict' }

/** A feed went between two statements of a transaction, which has to be run again: it begins anew. */
class FeedDropped extends Error {
  readonly code = '40001'
}

interface FeedRow {
  readonly id: number
  readonly name: string
  readonly epoch: string
  readonly first: number
  head: number
  last_time: number
}

interface MessageRow extends Answer {
  readonly row: number
  readonly json: string
}

/**
 * Appends messages, each with its feed's next seq. The feeds' rows are locked in the order of their names, so that gateways
 * which append to the same feeds wait for each other and never in a circle; everything that is read of a feed or of a key is
 * read behind that lock.
 */
export async function append(sql: Sql, messages: readonly NewMessage[]): Promise<Outcome[]> {
  const feeds = await lockFeeds(sql, messages)
  const known = await knownKeys(sql, messages)
  const made: MessageRow[] = []
  const sweeps = new Map<string, NewSweep>()
  const outcomes = messages.map((message): Outcome => {
    const { key } = message
    const repeated = key && known.get(textOf(key))
    if (repeated)
      return repeated.fingerprint === key.fingerprint
        ? { kind: 'repeated', answer: repeated.answer }
        : { kind: 'conflict' }
    const feed = feeds.get(message.feed)
    if (!feed) throw new FeedDropped(`the feed ${message.feed} was dropped at this moment`)
    const answer = place(feed, message)
    made.push({ ...answer, row: feed.id, json: jsonOf(answer, message) })
    if (key) known.set(textOf(key), { fingerprint: key.fingerprint, answer, isNew: message })
    const { first, now } = sweeps.get(feed.name) ?? { first: answer.seq, now: message.now }
    sweeps.set(feed.name, { feed: feed.name, epoch: feed.epoch, first, last: answer.seq, now })
    return { kind: 'appended', answer, from: feed.first }
  })
  if (made.length === 0) return outcomes
  await insert(sql, made)
  await saveHeads(
    sql,
    [...sweeps.keys()].flatMap((name) => feeds.get(name) ?? []),
  )
  await saveKeys(sql, known)
  await openSweeps(sql, [...sweeps.values()])
  return outcomes
}

const textOf = ({ scope, key }: Pick<IdempotencyKey, 'scope' | 'key'>): string => `${scope} ${key}`

/** Makes those that are new, and locks all. */
async function lockFeeds(sql: Sql, messages: readonly NewMessage[]): Promise<Map<string, FeedRow>> {
  const select = `SELECT id, name, epoch, first, head, last_time FROM feeds WHERE name = ANY ($1::text[])
    ORDER BY name FOR NO KEY UPDATE`
  const names = [...new Set(messages.map(({ feed }) => feed))].sort()
  const rows = await sql.rows<FeedRow>(select, names)
  const there = new Set(rows.map(({ name }) => name))
  const epochs = new Map(messages.map(({ feed, newEpoch }) => [feed, newEpoch]))
  const absent = names.filter((name) => !there.has(name))
  if (absent.length > 0) {
    await sql.change(
      `INSERT INTO feeds (name, epoch) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING`,
      ...[absent, absent.map((name) => epochs.get(name))],
    )
    rows.push(...(await sql.rows<FeedRow>(select, absent)))
  }
  return new Map(rows.map((row) => [row.name, row]))
}

interface KnownKey {
  readonly fingerprint: string
  readonly answer: Answer
  /** The message that brought it, when it is new. */
  readonly isNew?: NewMessage
}

async function knownKeys(sql: Sql, messages: readonly NewMessage[]): Promise<Map<string, KnownKey>> {
  const keys = messages.flatMap(({ key }) => key ?? [])
  if (keys.length === 0) return new Map()
  const rows = await sql.rows<{ scope: string; key: string; fingerprint: string; answer: string }>(
    `SELECT scope, key, fingerprint, answer FROM publishes
     WHERE (scope, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
    ...columns(keys, 'scope', 'key'),
  )
  return new Map(
    rows.map((row) => [
      textOf(row),
      { fingerprint: row.fingerprint, answer: JSON.parse(row.answer) as Answer },
    ]),
  )
}

/** Counts a message in the row of its feed, which is not yet written. */
function place(feed: FeedRow, { id, now }: NewMessage): Answer {
  feed.last_time = nextTime(feed.last_time, now)
  feed.head += 1
  return { id, feed: feed.name, epoch: feed.epoch, seq: feed.head, time: feed.last_time }
}

const jsonOf = ({ id, feed, seq, time }: Answer, { json }: NewMessage): string =>
  messageJson(id, JSON.stringify(feed), seq, time, json)

const insert = (sql: Sql, rows: readonly MessageRow[]): Promise<number> =>
  sql.change(
    `INSERT INTO messages (feed, seq, id, time, json)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[])`,
    ...columns(rows, 'row', 'seq', 'id', 'time', 'json'),
  )

const saveHeads = (sql: Sql, feeds: readonly FeedRow[]): Promise<number> =>
  sql.change(
    `UPDATE feeds SET head = n.head, last_time = n.last_time
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS n (id, head, last_time) WHERE feeds.id = n.id`,
    ...columns(feeds, 'id', 'head', 'last_time'),
  )

/** A key that another gateway keeps at the same moment, for another feed, fails here; the batch is run again and finds it. */
async function saveKeys(sql: Sql, known: ReadonlyMap<string, KnownKey>): Promise<void> {
  const rows = [...known.values()].flatMap(({ isNew, answer }) =>
    isNew?.key ? [{ ...isNew.key, answer: JSON.stringify(answer), time: isNew.now }] : [],
  )
  if (rows.length > 0)
    await sql.change(
      `INSERT INTO publishes (scope, key, fingerprint, answer, time)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])`,
      ...columns(rows, 'scope', 'key', 'fingerprint', 'answer', 'time'),
    )
}
