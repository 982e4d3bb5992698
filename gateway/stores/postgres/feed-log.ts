import { HeraldError, type Content, type Message } from '@herald/protocol'
import type { Bus } from '../../contracts/bus'
import type {
  Appended,
  FeedHead,
  FeedLog,
  IdempotencyKey,
  JsonPage,
  PageRequest,
} from '../../contracts/feed-log'
import { newEpoch, TRIM_STEP, type Retention } from '../feed-rules'
import { correctionOf, IDEMPOTENCY_WINDOW_MS } from '../kept'
import { openMessageIds } from '../message-id'
import type { NewMessage, Outcome } from './append'
import { AppendLane } from './append-lane'
import type { PostgresEngine } from './engine'
import { feedCommands } from './feed-commands'
import type { Sql } from './sql'

/** Feeds that retention looks at with one question. */
const TRIM_FEEDS = 500

/** Empty feeds that one transaction drops. */
const DROP_STEP = 64

interface Outdated {
  readonly feed: string
  readonly through: number
  readonly isLastStep: boolean
}

const HEAD_COLUMNS = 'name AS feed, epoch, first AS "from", head'

const pageOf = {
  after:
    'SELECT m.seq, m.json FROM messages AS m JOIN feeds ON feeds.id = m.feed WHERE feeds.name = $1 AND m.seq > $2 ORDER BY m.seq LIMIT $3',
  before:
    'SELECT m.seq, m.json FROM messages AS m JOIN feeds ON feeds.id = m.feed WHERE feeds.name = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3',
} as const

const asOneRow = (query: string): string =>
  `SELECT min(seq) AS first, max(seq) AS last, string_agg(json, ',' ORDER BY seq) AS json FROM (${query}) AS page`

const jsonOf = { after: asOneRow(pageOf.after), before: asOneRow(pageOf.before) } as const

/** The feed log on PostgreSQL. Heads are asked for: other gateways append too. */
export class PostgresFeedLog implements FeedLog {
  readonly #engine: PostgresEngine
  readonly #bus: Pick<Bus, 'tell'>
  readonly #retention: Retention
  readonly #now: () => number
  readonly #newId = openMessageIds()
  readonly #lane: AppendLane
  /** What is on its way, by id, so that it need not be parsed again. */
  readonly #appending = new Map<string, Content>()

  constructor(
    engine: PostgresEngine,
    bus: Pick<Bus, 'tell'>,
    retention: Retention,
    now: () => number = Date.now,
  ) {
    this.#engine = engine
    this.#bus = bus
    this.#retention = retention
    this.#now = now
    this.#lane = new AppendLane(engine, (messages, outcomes) => {
      this.#announce(messages, outcomes)
    })
  }

  async append(feed: string, content: Content, key?: IdempotencyKey): Promise<Appended> {
    const now = this.#now()
    const id = this.#newId(now)
    this.#appending.set(id, content)
    try {
      const outcome = await this.#lane.append({
        ...{ feed, key, id, now },
        json: JSON.stringify(content),
        newEpoch: newEpoch(),
      })
      if (outcome.kind === 'conflict') throw new HeraldError('idempotency_conflict')
      return { ...outcome.answer, repeated: outcome.kind === 'repeated' }
    } finally {
      this.#appending.delete(id)
    }
  }

  async read(feed: string, page: PageRequest): Promise<readonly Message[]> {
    const json = await this.readJson(feed, page)
    return json ? (JSON.parse(`[${json.json}]`) as Message[]) : []
  }

  async readJson(feed: string, page: PageRequest): Promise<JsonPage | undefined> {
    const [query, seq] = 'after' in page ? [jsonOf.after, page.after] : [jsonOf.before, page.before]
    const row = await this.#engine.ask((sql) =>
      sql.row<{ first: number; last: number; json: string | null }>(query, feed, seq, page.limit),
    )
    return row && row.json !== null ? { first: row.first, last: row.last, json: row.json } : undefined
  }

  head(feed: string): Promise<FeedHead | undefined> {
    return this.#engine.ask((sql) =>
      sql.row<FeedHead>(`SELECT ${HEAD_COLUMNS} FROM feeds WHERE name = $1`, feed),
    )
  }

  async open(feed: string): Promise<FeedHead> {
    return (
      (await this.head(feed)) ??
      (await this.#engine.transact((sql) => feedCommands.openFeed(sql, { feed, newEpoch: newEpoch() })))
    )
  }

  async find(id: string): Promise<Message | undefined> {
    const row = await this.#engine.ask((sql) =>
      sql.row<{ json: string }>('SELECT json FROM messages WHERE id = $1', id),
    )
    return row && (JSON.parse(row.json) as Message)
  }

  topics(limit: number): Promise<readonly { feed: string; messages: number; lastTime: number }[]> {
    return this.#engine.ask((sql) =>
      sql.rows(
        `SELECT name AS feed, head - first + 1 AS messages, last_time AS "lastTime" FROM feeds
         WHERE name LIKE 'topic:%' AND head >= first ORDER BY last_time DESC, name LIMIT $1`,
        limit,
      ),
    )
  }

  /** Several gateways may come to it at the same moment: a step is one gateway's, and the others leave it the rest. */
  async trim(now: number | undefined): Promise<number> {
    let dropped = 0
    for (let after = ''; ;) {
      const found = await this.#engine.ask((sql) => this.#outdated(sql, after, now))
      for (const one of found) dropped += await this.#trimFeed(one)
      const last = found.at(-1)
      if (!last) break
      // A feed that has more than one step holds comes again.
      after = found.every(({ isLastStep }) => isLastStep) ? last.feed : after
    }
    if (now !== undefined)
      await this.#engine.transact((sql) =>
        feedCommands.forgetKeys(sql, { before: now - IDEMPOTENCY_WINDOW_MS }),
      )
    await this.#dropEmpty()
    await this.#engine.forgetMarks()
    return dropped
  }

  async renewEpochs(): Promise<void> {
    await this.#engine.transact(async (sql) => {
      const feeds = await sql.rows<{ name: string }>('SELECT name FROM feeds ORDER BY name FOR NO KEY UPDATE')
      await feedCommands.renewEpochs(sql, Object.fromEntries(feeds.map(({ name }) => [name, newEpoch()])))
    })
    this.#bus.tell('renewed', {})
  }

  /** Feeds with messages that retention does not keep, and through which seq at most one step of them goes. */
  #outdated(sql: Sql, after: string, now: number | undefined): Promise<Outdated[]> {
    const { maxAgeMs, maxCount } = this.#retention
    return sql.rows<Outdated>(
      // Times may go back within a feed: what lies before the first message that is young enough goes.
      `SELECT feed, first + $4 - 1 > through AS "isLastStep", least(through, first + $4 - 1) AS through FROM (
         SELECT name AS feed, first, greatest(head - $2, coalesce((SELECT min(seq) FROM messages
           WHERE feed = feeds.id AND seq >= first AND seq < first + $4
             AND ($3::bigint IS NULL OR time + ${correctionOf('time')} >= $3)), least(head + 1, first + $4)) - 1) AS through
         FROM feeds WHERE name > $1 AND name NOT LIKE 'removed:%' AND head >= first) AS found
       WHERE through >= first ORDER BY feed LIMIT $5`,
      ...[after, maxCount, now === undefined ? null : now - maxAgeMs, TRIM_STEP, TRIM_FEEDS],
    )
  }

  async #trimFeed({ feed, through }: Outdated): Promise<number> {
    const trimmed = await this.#engine.transact(async (sql) => {
      const before = await sql.row<{ first: number }>(
        'SELECT first FROM feeds WHERE name = $1 FOR NO KEY UPDATE',
        feed,
      )
      const head = await feedCommands.trimFeed(sql, { feed, through })
      return head && before && { head, dropped: head.from - before.first }
    })
    if (!trimmed) return 0
    this.#bus.tell('trimmed', { head: trimmed.head })
    return trimmed.dropped
  }

  /** Topics that somebody followed for a while and nobody published to, and those whose last message is gone. */
  async #dropEmpty(): Promise<void> {
    const empty = await this.#engine.ask((sql) =>
      sql.rows<{ name: string }>(
        `SELECT name FROM feeds WHERE name LIKE 'topic:%' AND head < first
           AND NOT EXISTS (SELECT 1 FROM follows WHERE follows.feed = feeds.name) ORDER BY name`,
      ),
    )
    const names = empty.map(({ name }) => name)
    for (let at = 0; at < names.length; at += DROP_STEP)
      await this.#engine.transact((sql) => feedCommands.dropEmptyFeeds(sql, names.slice(at, at + DROP_STEP)))
  }

  /** Tells what one transaction appended: once for each feed, its messages in seq order. */
  #announce(messages: readonly NewMessage[], outcomes: readonly Outcome[]): void {
    const batches = new Map<string, { head: FeedHead; messages: Message[] }>()
    outcomes.forEach((outcome, index) => {
      const message = messages[index]
      if (outcome.kind !== 'appended' || !message) return
      // One whose commit came late is not on its way any more.
      const content = this.#appending.get(message.id) ?? (JSON.parse(message.json) as Content)
      const { id, feed, epoch, seq, time } = outcome.answer
      const batch = batches.get(feed) ?? {
        head: { feed, epoch, from: outcome.from, head: seq },
        messages: [],
      }
      batch.head = { ...batch.head, head: seq }
      batch.messages.push({ id, feed, seq, time, ...content })
      batches.set(feed, batch)
    })
    for (const batch of batches.values()) this.#bus.tell('appended', batch)
    if (batches.size > 0) this.#bus.tell('work', {})
  }
}
