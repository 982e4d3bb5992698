import { countUnread, type Message } from '@herald/protocol'
import { DOMAIN, type ChatAddress } from '@herald/engines/chat-server'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../services/clock'
import type { ConnectionView } from '../../services/connection/connection-view'
import type { Inbox } from '../../services/inbox/inbox'
import { LiveInbox } from '../../services/inbox/live-inbox'
import { PresentedLedger } from '../../services/presented/presented-ledger'
import { chatDataOf } from '../../services/sources/xmpp/chat-feeds'
import { ChatStore, newChatRecord, type ChatRecord } from '../../services/sources/xmpp/chat-record'
import { ChatSource, type ChatSourcePorts } from '../../services/sources/xmpp/chat-source'
import { MemoryKeyValue } from '../../services/storage/key-value'
import { MemoryStorage } from '../../services/storage/memory'
import { randomUUID } from 'node:crypto'
import { openWithWs } from '../gateway/process/core-client'
import { until } from '../gateway/process/until'
import type { Account } from './both-servers'
import { Line } from './line'

/** What stays on a phone while no app runs. */
export interface Kept {
  readonly storage: MemoryStorage
  readonly keyValue: MemoryKeyValue
}

type Patch = Partial<ChatSourcePorts> & { resource?: string; rewrite?: (text: string) => string }

/** All of the app but its platform and pages, with a chat account at a real server. */
export class ChatPhone {
  readonly kept: Kept
  readonly source: ChatSource
  readonly store: ChatStore
  readonly own: string
  /** Bodies that raised an alert. */
  readonly alerted: string[] = []
  readonly #liveInbox: LiveInbox
  readonly #lines: Line[] = []
  view: ConnectionView = { name: 'stopped', code: null, closeName: null, retryAt: null }
  lives = 0
  /** May change or, by '', lose what goes to the server. */
  rewrite: (text: string) => string = (text) => text

  private constructor(
    { websocketUrl }: ChatAddress,
    { user, jid, password }: Account,
    kept: Kept,
    patch: Patch,
  ) {
    this.kept = kept
    this.own = jid
    const { resource = 'phone', rewrite = this.rewrite, ...ports } = patch
    this.rewrite = rewrite
    const record =
      ChatStore.read(kept.keyValue) ?? newChatRecord({ user, domain: DOMAIN, url: websocketUrl, resource })
    this.store = new ChatStore(kept.keyValue, record)
    this.#liveInbox = new LiveInbox({
      ...{ storage: kept.storage, clock: systemClock, ledger: new PresentedLedger() },
      settling: () => null,
      present: async (fresh, { backlog }) => {
        if (backlog !== true) this.alerted.push(...fresh.map(({ body }) => body))
      },
      shown: () => Promise.resolve(),
      onPresented: () => undefined,
      onInbox: () => undefined,
      onStorageFailed: () => undefined,
    })
    this.source = new ChatSource(
      {
        open: (url, handlers, subprotocol) => this.#open(url, handlers, subprotocol),
        ...{ clock: systemClock, random: Math.random, log: () => undefined, store: this.store },
        password: () => password,
        pushAddress: () => Promise.resolve(null),
        newId: randomUUID,
        onOutbox: () => undefined,
        onState: () => undefined,
        ...ports,
      },
      {
        feeds: () => this.inbox.feeds,
        rows: (feed) => this.inbox.rows.filter((row) => row.feed === feed),
        deliver: (change, arrival) => this.#liveInbox.deliver(change, arrival),
        pushed: () => Promise.resolve(),
        connection: (view) => {
          if (view.name === 'live' && this.view.name !== 'live') this.lives += 1
          this.view = view
        },
      },
      'foreground',
    )
  }

  static async start(
    server: ChatAddress,
    account: Account,
    kept: Kept = { storage: new MemoryStorage(), keyValue: new MemoryKeyValue() },
    patch: Patch = {},
  ): Promise<ChatPhone> {
    const phone = new ChatPhone(server, account, kept, patch)
    await phone.#liveInbox.load()
    phone.source.start()
    onTestFinished(() => phone.kill())
    await until(
      () => phone.lives,
      (lives) => lives > 0,
      'a session',
      30_000,
    )
    return phone
  }

  /** Ends the app at once: nothing more is sent or stored. */
  kill(): void {
    this.cut()
    this.source.stop()
    this.#liveInbox.close()
  }

  /** The network is gone without a word. */
  cut(): void {
    for (const line of this.#lines) line.cut()
  }

  get inbox(): Inbox {
    return this.#liveInbox.inbox
  }

  /** The conversation with somebody, oldest first: "<" came, ">" went. In a room each has who wrote it. */
  talk(peer: string): string[] {
    return this.rows(peer).map((row) => {
      if (chatDataOf(row).out) return `> ${row.body}`
      return row.title === peer ? `< ${row.body}` : `${row.title ?? ''}: ${row.body}`
    })
  }

  rows(peer: string): Message[] {
    const feed = this.feedOf(peer)
    return this.inbox.rows.filter((row) => row.feed === feed).sort((a, b) => a.seq - b.seq)
  }

  unread(peer: string): number {
    const record = this.inbox.feeds[this.feedOf(peer)]
    return record ? countUnread(record.from, record.head, record.read) : 0
  }

  get record(): ChatRecord {
    return this.store.record
  }

  feedOf(peer: string): string {
    const found = Object.entries(this.record.conversations).find(
      ([, conversation]) => conversation.peer === peer,
    )
    return found?.[0] ?? ''
  }

  say(peer: string, body: string): void {
    this.source.say(this.source.converse(peer), body)
  }

  /** Enters a room. Resolves when it is in it. */
  async enter(room: string): Promise<void> {
    const rooms = await this.source.rooms()
    rooms.join(room)
    await this.isIn(room)
  }

  /** Resolves when it is in a room, and the account's other devices may know. */
  isIn(room: string): Promise<unknown> {
    return until(
      () => this.record.conversations[this.feedOf(room)]?.room,
      (known) => known?.problem === null && known.isBookmarked,
      `in ${room}`,
      30_000,
    )
  }

  /** The person reads all of a conversation. */
  async readAll(peer: string): Promise<void> {
    const record = this.inbox.feeds[this.feedOf(peer)]
    if (!record) return
    const { feed, epoch, from, head } = record
    await this.#liveInbox.commit({ type: 'read', feed, epoch, ranges: [[from, head]] })
    this.source.sendRead(feed)
  }

  /** The person scrolls to the top of a conversation. */
  async loadOlder(peer: string): Promise<void> {
    const page = await this.source.older(this.feedOf(peer))
    if (page) await this.#liveInbox.commit({ type: 'history', page })
  }

  shows(peer: string, ...talk: string[]): Promise<unknown> {
    return until(
      () => this.talk(peer),
      (all) => JSON.stringify(all) === JSON.stringify(talk),
      talk.join(),
      30_000,
    )
  }

  reads(peer: string, unread: number): Promise<unknown> {
    return until(
      () => this.unread(peer),
      (count) => count === unread,
      `${String(unread)} unread`,
      30_000,
    )
  }

  readonly #open: ChatSourcePorts['open'] = (url, handlers, subprotocol) => {
    const line = new Line(handlers)
    const socket = openWithWs(url, line.handlers, subprotocol)
    this.#lines.push(line)
    onTestFinished(() => {
      socket.close(1000, '')
    })
    return {
      close: (code, reason) => {
        socket.close(code, reason)
      },
      send: (text) => {
        const sent = line.isUp ? this.rewrite(text) : ''
        if (sent !== '') socket.send(sent)
      },
    }
  }
}
