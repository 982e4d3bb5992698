import {
  countUnread,
  feedKind,
  type FeedState,
  type Message,
  type Range,
  type Scopes,
  type TopicList,
} from '@herald/protocol'
import { ApiError } from '../api/api-error'
import { GatewayApi } from '../api/gateway-api'
import type { SendRequest } from '../api/http'
import { History } from '../inbox/history'
import type { Change, Inbox } from '../inbox/inbox'
import type { OpenSource } from '../sources/source'
import type { FeedRecord } from '../storage/storage'
import { findMessage } from '../inbox/message-list'
import type { AccountPorts } from './account-ports'
import { DevicePush } from './device-push'
import type { Chats } from './chats'
import { hasGateway, type SessionRecord } from './session-record'
import { AccountTab } from './account-tab'

/** Everything that the signed-in user can do. One per tab and session. */
export class Account {
  readonly history: History
  readonly tab: AccountTab
  readonly push: DevicePush
  /** Null where the platform has none. */
  readonly chats: Chats | null
  readonly #api: GatewayApi
  #session: SessionRecord
  #scopes: Scopes | null = null

  constructor(ports: AccountPorts, session: SessionRecord) {
    this.#session = session
    const current = (): SessionRecord => this.#session
    const token = (): string => this.#session.token
    const { openSource, openChats } = ports
    const isWithGateway = hasGateway(session)
    const send = isWithGateway ? ports.sendRequest : sendNowhere
    this.#api = new GatewayApi(send, session.server, token, ports.onRefused)
    const chats = openChats?.(ports, isWithGateway ? this.#api : null) ?? null
    this.chats = chats
    const openBoth: OpenSource = (credentials, host, appState) => {
      if (chats && !isWithGateway) return chats.beside(null, host, appState)
      const source = openSource(credentials, host, appState)
      return chats ? chats.beside(source, host, appState) : source
    }
    // A chat server's refusal is no end: the page of chats asks for the password again.
    const onRefused: typeof ports.onRefused = isWithGateway ? ports.onRefused : () => undefined
    this.tab = new AccountTab({ ...ports, openSource: openBoth, onRefused }, current, {
      lead: (leads) => {
        this.push.lead(leads)
      },
      renewed: () => {
        this.push.changed()
      },
    })
    this.push = new DevicePush({
      ports,
      session: current,
      api: this.#api,
      tab: this.tab,
      fetchMessage: (id) => this.fetchMessage(id),
    })
    this.history = new History({
      api: {
        history: (feed, position) =>
          chats && feedKind(feed) === 'chat' ? chats.history(feed) : this.#api.history(feed, position),
      },
      inbox: () => this.inbox,
      commit: (change) => this.tab.act(change),
    })
  }

  /** The gateway's API as this session; for what has no method here. */
  get api(): GatewayApi {
    return this.#api
  }

  get session(): SessionRecord {
    return this.#session
  }

  /** Goes on with another token of the same person: nothing is stopped, and nothing that is held is let go. */
  renew(session: SessionRecord): void {
    this.#session = session
    this.#scopes = null
    this.tab.renew()
    this.push.renew()
  }

  get inbox(): Inbox {
    return this.tab.inbox
  }

  /** Asks the gateway for what is new over HTTP, and for a connection. Throws ApiError. */
  async refresh(): Promise<void> {
    this.tab.reconnect()
    if (!hasGateway(this.#session)) return
    const { feeds } = await this.#api.me()
    for (const state of feeds) await this.tab.act({ type: 'feed', state })
    if (this.tab.isLive) return
    for (const { feed } of feeds) {
      const changes = await catchUpChanges(this.#api, () => this.inbox.feeds[feed])
      for (const change of changes) await this.tab.act(change)
    }
  }

  async markRead(messages: readonly Message[]): Promise<void> {
    const ranges = new Map<string, Range[]>()
    for (const { feed, seq } of messages) {
      const read = ranges.get(feed) ?? []
      read.push([seq, seq])
      ranges.set(feed, read)
    }
    await Promise.all([...ranges].map(([feed, read]) => this.#read(this.inbox.feeds[feed], read)))
  }

  async markAllRead(feed: string | null): Promise<void> {
    const records = Object.values(this.inbox.feeds).filter((record) => feed === null || record.feed === feed)
    const retaining = records.filter(({ from, head }) => head >= from)
    await Promise.all(retaining.map((record) => this.#read(record, [[record.from, record.head]])))
  }

  async hide(ids: readonly string[]): Promise<void> {
    const wanted = new Set(ids)
    const rows = this.inbox.rows.filter((row) => wanted.has(row.id))
    await Promise.all([this.markRead(rows), this.tab.act({ type: 'hide', ids })])
  }

  async fetchMessage(id: string): Promise<Message | undefined> {
    // A click from a cold start comes before storage was read.
    await this.tab.loaded
    const held = findMessage(this.inbox, id)
    if (held) return held
    try {
      return await this.#api.message(id)
    } catch (error) {
      if (error instanceof ApiError && error.code === 'message_not_found') return undefined
      throw error
    }
  }

  /** Asks the gateway as this session. The question comes with the page that has it, and its code too. Throws ApiError. */
  ask<Answer>(question: (api: GatewayApi) => Promise<Answer>): Promise<Answer> {
    return question(this.#api)
  }

  /** What this session's token may do. Throws ApiError. */
  async scopes(): Promise<Scopes> {
    this.#scopes ??= (await this.#api.me()).token.scopes
    return this.#scopes
  }

  /** Ends everything at once. Storage and tray are the caller's to clear. */
  stop(pending: 'keep' | 'drop'): void {
    // Before its source is stopped: it says goodbye.
    this.chats?.stop(pending)
    this.tab.stop(pending)
    this.push.stop()
  }

  async follow(feed: string): Promise<void> {
    await this.tab.act({ type: 'feed', state: await this.#api.follow(feed) })
  }

  async unfollow(feed: string): Promise<void> {
    await this.#api.unfollow(feed)
    await this.tab.act({ type: 'unfollow', feed })
  }

  async setMuted(feed: string, muted: boolean): Promise<void> {
    const record = this.inbox.feeds[feed]
    // No server knows of a chat that it is muted here.
    const isChat = record !== undefined && feedKind(feed) === 'chat'
    const state = isChat ? { ...stateOf(record), muted } : await this.#api.follow(feed, muted)
    await this.tab.act({ type: 'feed', state })
  }

  listTopics(): Promise<TopicList> {
    return this.#api.topics()
  }

  async #read(record: FeedRecord | undefined, ranges: readonly Range[]): Promise<void> {
    if (record) await this.tab.act({ type: 'read', feed: record.feed, epoch: record.epoch, ranges })
  }
}

/** Without a gateway nothing is asked of the page's own server. */
const sendNowhere: SendRequest = () => Promise.reject(new Error('there is no gateway'))

const stateOf = ({ feed, epoch, from, head, read, muted }: FeedRecord): FeedState => ({
  ...{ feed, epoch, from, head, read, muted },
  unread: countUnread(from, head, read),
})

/**
 * What brings a feed's newest page in without a socket: through a proxy that lets no websocket pass, a pull on
 * the list still shows what is new. `record` is asked again after the answer: the socket may have been faster.
 */
async function catchUpChanges(
  api: Pick<GatewayApi, 'history'>,
  record: () => FeedRecord | undefined,
): Promise<Change[]> {
  const behind = record()
  if (!behind || behind.cursor >= behind.head) return []
  const { feed, epoch, messages } = await api.history(behind.feed, { before: behind.head + 1 })
  const now = record()
  const first = messages[0]
  if (!now || now.epoch !== epoch || !first) return []
  const skipped = first.seq > now.cursor + 1
  const gap: Change = { type: 'gap', feed, epoch, from: now.cursor + 1, to: first.seq - 1, reason: 'skipped' }
  return [...(skipped ? [gap] : []), { type: 'messages', feed, epoch, messages }]
}
