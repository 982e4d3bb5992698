import { feedKind, feedLabel, HeraldError, userFeed, type Content, type Message } from '@herald/protocol'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { allRows, getRow } from './statements'
import type { Call, CommandArgs, CommandResult } from './commands'
import type { CommitListener, SqliteEngine } from './engine'
import { readJsonPage, readPage } from './feed-pages'
import type { AppendArgs, AppendResult } from './feed-commands'
import type {
  Appended,
  FeedHead,
  FeedLog,
  IdempotencyKey,
  JsonPage,
  PageRequest,
} from '../../contracts/feed-log'
import type { Bus } from '../../contracts/bus'
import { newEpoch, TRIM_STEP, type Retention } from '../feed-rules'
import { correctionOf, IDEMPOTENCY_WINDOW_MS } from '../kept'
import { openMessageIds } from '../message-id'

/** Feeds that a trim looks at before everybody else has a turn. */
const TRIM_FEEDS = 64

/** The feed log on the embedded store. Heads are kept in memory, because every publish and join asks for them. */
export class SqliteFeedLog implements FeedLog {
  readonly #engine: SqliteEngine
  readonly #bus: Pick<Bus, 'tell'>
  readonly #retention: Retention
  readonly #now: () => number
  readonly #newId = openMessageIds()
  /** Heads of all feeds are in memory, because every publish and join asks for them. */
  readonly #heads: Map<string, FeedHead>
  /** The rows' ids of feeds, as they are asked for, until a feed is dropped. */
  readonly #ids = new Map<string, number>()
  /** What is on its way to the disk, by id: the writer gets and gives only what it has to know of it. */
  readonly #appending = new Map<string, Content>()

  constructor(
    engine: SqliteEngine,
    bus: Pick<Bus, 'tell'>,
    retention: Retention,
    now: () => number = Date.now,
  ) {
    this.#engine = engine
    this.#heads = engine.heads
    this.#bus = bus
    this.#retention = retention
    this.#now = now
    this.#loadHeads()
    engine.onCommit((committed) => {
      this.#announce(committed)
    })
  }

  async append(feed: string, content: Content, key?: IdempotencyKey): Promise<Appended> {
    const now = this.#now()
    const id = this.#newId(now)
    const args: AppendArgs = {
      feed,
      json: JSON.stringify(content),
      key,
      id,
      newEpoch: this.#heads.has(feed) ? '' : newEpoch(),
      now,
    }
    this.#appending.set(id, content)
    try {
      const result = await this.#engine.write('append', args)
      if (result.kind === 'no_feed') return await this.#appendAnew(feed, content, key)
      if (result.kind === 'conflict') throw new HeraldError('idempotency_conflict')
      if (result.kind === 'repeated') return { ...result.answer, repeated: true }
      const { epoch, seq, time } = result
      return { id, feed, epoch, seq, time, repeated: false }
    } finally {
      this.#appending.delete(id)
    }
  }

  /** The feed was dropped while the message was on its way: a topic begins anew, a user is gone. */
  #appendAnew(feed: string, content: Content, key: IdempotencyKey | undefined): Promise<Appended> {
    if (feedKind(feed) === 'user')
      throw new HeraldError('user_not_found', `there is no user ${feedLabel(feed)}`)
    this.#forget(feed)
    return this.append(feed, content, key)
  }

  read(feed: string, page: PageRequest): Promise<readonly Message[]> {
    return Promise.resolve(readPage(this.#engine.reader, this.#idOf(feed), page))
  }

  readJson(feed: string, page: PageRequest): Promise<JsonPage | undefined> {
    return Promise.resolve(readJsonPage(this.#engine.reader, this.#idOf(feed), page))
  }

  head(feed: string): Promise<FeedHead | undefined> {
    return Promise.resolve(this.#heads.get(feed))
  }

  async open(feed: string): Promise<FeedHead> {
    const known = this.#heads.get(feed)
    if (known) return known
    const head = await this.#engine.write('openFeed', { feed, newEpoch: newEpoch() })
    // A publish that was committed meanwhile knows more than this answer.
    if (!this.#heads.has(feed)) this.#heads.set(feed, head)
    return this.#heads.get(feed) ?? head
  }

  find(id: string): Promise<Message | undefined> {
    const row = getRow<{ json: string }>(this.#engine.reader, 'SELECT json FROM messages WHERE id = ?', id)
    return Promise.resolve(row && (JSON.parse(row.json) as Message))
  }

  topics(limit: number): Promise<readonly { feed: string; messages: number; lastTime: number }[]> {
    return Promise.resolve(
      allRows<{ feed: string; messages: number; lastTime: number }>(
        this.#engine.reader,
        `SELECT name AS feed, head - first + 1 AS messages, last_time AS lastTime FROM feeds
         WHERE name LIKE 'topic:%' AND head >= first ORDER BY last_time DESC LIMIT ?`,
        limit,
      ).map(({ feed, messages, lastTime }) => ({ feed, messages, lastTime })),
    )
  }

  async trim(now: number | undefined): Promise<number> {
    let dropped = 0
    for (const [index, { feed }] of [...this.#heads.values()].entries()) {
      if (index % TRIM_FEEDS === TRIM_FEEDS - 1) await nextTurn()
      dropped += await this.#trimFeed(feed, now)
    }
    if (now !== undefined) await this.#engine.write('forgetKeys', { before: now - IDEMPOTENCY_WINDOW_MS })
    await this.#dropEmpty()
    return dropped
  }

  async renewEpochs(): Promise<void> {
    const feeds = allRows<{ name: string }>(this.#engine.reader, 'SELECT name FROM feeds')
    await this.#engine.write('renewEpochs', Object.fromEntries(feeds.map(({ name }) => [name, newEpoch()])))
    this.#loadHeads()
    this.#bus.tell('renewed', {})
  }

  #loadHeads(): void {
    const rows = allRows<{ id: number; name: string; epoch: string; first: number; head: number }>(
      this.#engine.reader,
      // Feeds of removed users wait under another name for their messages to go.
      "SELECT id, name, epoch, first, head FROM feeds WHERE name NOT LIKE 'removed:%'",
    )
    for (const { id, name, epoch, first, head } of rows) {
      this.#heads.set(name, { feed: name, epoch, from: first, head })
      this.#ids.set(name, id)
    }
  }

  /** 0, which no row has, for a feed that does not exist. */
  #idOf(feed: string): number {
    const known = this.#ids.get(feed)
    if (known !== undefined) return known
    const row = getRow<{ id: number }>(this.#engine.reader, 'SELECT id FROM feeds WHERE name = ?', feed)
    if (row) this.#ids.set(feed, row.id)
    return row?.id ?? 0
  }

  /** Tells what one commit appended: one call for each feed, its messages in seq order. */
  #announce(committed: Parameters<CommitListener>[0]): void {
    const batches = new Map<string, Message[]>()
    for (const { call, result } of committed) {
      if (call.name !== 'append') {
        this.#noteFeeds(call, result)
        continue
      }
      const { id, feed } = call.args as AppendArgs
      const appended = result as AppendResult
      const content = this.#appending.get(id)
      if (appended.kind !== 'appended' || !content) continue
      const { epoch, from, seq, time } = appended
      this.#heads.set(feed, { feed, epoch, from, head: seq })
      const message: Message = { id, feed, seq, time, ...content }
      const batch = batches.get(feed)
      if (batch) batch.push(message)
      else batches.set(feed, [message])
    }
    for (const [feed, messages] of batches) {
      const head = this.#heads.get(feed)
      if (head) this.#bus.tell('appended', { head, messages })
    }
    if (batches.size > 0) this.#bus.tell('work', {})
  }

  /** Follows what commands about users do to feeds, in the order of the commits. */
  #noteFeeds({ name, args }: Call, result: unknown): void {
    if (name === 'follow' && typeof result === 'object') {
      const head = result as FeedHead
      if (this.#heads.get(head.feed)?.epoch !== head.epoch) {
        this.#forget(head.feed)
        this.#heads.set(head.feed, head)
      }
    }
    if (name === 'unfollow' || name === 'dropEmptyFeeds')
      for (const feed of (result as CommandResult<'dropEmptyFeeds'>).dropped) this.#forget(feed)
    if (name === 'removeUser' && result === true)
      this.#forget(userFeed((args as CommandArgs<'removeUser'>).id))
  }

  #forget(feed: string): void {
    this.#heads.delete(feed)
    this.#ids.delete(feed)
  }

  /** Topics that somebody followed for a while and nobody published to, and those whose last message is gone. */
  async #dropEmpty(): Promise<void> {
    const isFollowed = (feed: string): boolean =>
      getRow(this.#engine.reader, 'SELECT 1 AS there FROM follows WHERE feed = ? LIMIT 1', feed) !== undefined
    const empty: string[] = []
    for (const [index, { feed, from, head }] of [...this.#heads.values()].entries()) {
      if (index % TRIM_FEEDS === TRIM_FEEDS - 1) await nextTurn()
      if (head < from && feedKind(feed) === 'topic' && !isFollowed(feed)) empty.push(feed)
    }
    for (let at = 0; at < empty.length; at += TRIM_FEEDS)
      await this.#engine.write('dropEmptyFeeds', empty.slice(at, at + TRIM_FEEDS))
  }

  async #trimFeed(feed: string, now: number | undefined): Promise<number> {
    let dropped = 0
    for (;;) {
      const head = this.#heads.get(feed)
      const through = head ? this.#trimThrough(head, now) : 0
      if (!head || through < head.from) return dropped
      const trimmed = await this.#engine.write('trimFeed', { feed, through })
      if (!trimmed) return dropped
      dropped += trimmed.from - head.from
      // Only `from` is this answer's to say: the head may have moved since.
      const after = { ...(this.#heads.get(feed) ?? trimmed), from: trimmed.from }
      this.#heads.set(feed, after)
      this.#bus.tell('trimmed', { head: after })
    }
  }

  /** The last seq that retention does not keep, at most one step from the log's beginning. */
  #trimThrough({ feed, from, head }: FeedHead, now: number | undefined): number {
    const byCount = head - this.#retention.maxCount
    if (now === undefined) return Math.min(byCount, from + TRIM_STEP - 1)
    // Times may go back within a feed: what lies before the first message that is young enough goes.
    const young = getRow<{ seq: number | null }>(
      this.#engine.reader,
      `SELECT min(seq) AS seq FROM messages
       WHERE feed = ? AND seq >= ? AND seq < ? AND time + ${correctionOf('time')} >= ?`,
      this.#idOf(feed),
      from,
      from + TRIM_STEP,
      now - this.#retention.maxAgeMs,
    )
    const byAge = (young?.seq ?? head + 1) - 1
    return Math.min(Math.max(byCount, byAge), from + TRIM_STEP - 1)
  }
}
