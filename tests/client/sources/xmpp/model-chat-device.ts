import { missingRanges, rangesHold, type Message } from '@herald/protocol'
import { LiveInbox } from '@/services/inbox/live-inbox'
import { PresentedLedger } from '@/services/presented/presented-ledger'
import { chatDataOf, rankOf } from '@/services/sources/xmpp/chat-feeds'
import { ChatStore, newChatRecord } from '@/services/sources/xmpp/chat-record'
import { ChatSource } from '@/services/sources/xmpp/chat-source'
import { MemoryKeyValue } from '@/services/storage/key-value'
import { MemoryStorage } from '@/services/storage/memory'
import type { FakeClock } from '../../fake-clock'
import { BOB, type ModelChatServer } from './model-chat-server'

interface App {
  readonly source: ChatSource
  readonly inbox: LiveInbox
  readonly store: ChatStore
}

/** A device of Ann's: what it keeps outlives the app on it. */
export class ModelChatDevice {
  readonly name: string
  /** Bodies that raised an alert. */
  readonly alerted: string[] = []
  readonly storage = new MemoryStorage()
  readonly #server: ModelChatServer
  readonly #clock: FakeClock
  readonly #random: () => number
  readonly #keyValue = new MemoryKeyValue()
  #ids = 0
  #app: App | null = null

  constructor(name: string, server: ModelChatServer, clock: FakeClock, random: () => number) {
    this.name = name
    this.#server = server
    this.#clock = clock
    this.#random = random
  }

  /** Starts the app; one that runs is killed, and says goodbye to nobody. */
  async start(): Promise<void> {
    this.#server.cut(this.name)
    this.#app?.source.stop()
    this.#app?.inbox.close()
    const app = this.#build()
    this.#app = app
    await app.inbox.load()
    app.source.start()
  }

  get #running(): App {
    if (!this.#app) throw new Error(`${this.name} does not run`)
    return this.#app
  }

  get source(): ChatSource {
    return this.#running.source
  }

  get #feed(): string {
    return this.source.converse(BOB)
  }

  get rows(): readonly Message[] {
    return this.#running.inbox.inbox.rows
  }

  /** "<" came, ">" went; what was written and is not sent is at the end. */
  get talk(): string[] {
    const said = [...this.rows].reverse().map((row) => `${chatDataOf(row).out ? '>' : '<'} ${row.body}`)
    return [...said, ...this.#running.store.record.outbox.map(({ body }) => `… ${body}`)]
  }

  /** What stands in the conversation unread, in an order that says nothing. */
  get unread(): string[] {
    const record = this.#running.inbox.inbox.feeds[this.#feed]
    const missing = record ? missingRanges(record.read, record.from, record.head) : []
    const isIn = (seq: number): boolean => missing.some(([first, last]) => first <= seq && seq <= last)
    return this.rows.flatMap(({ seq, body }) => (isIn(seq) ? [body] : [])).sort()
  }

  /** How far Bob's device is with each word of hers. */
  get states(): Record<string, string> {
    const known = this.#running.store.conversation(this.#feed)
    const own = this.rows.filter((row) => chatDataOf(row).out)
    return Object.fromEntries(
      own.map((row) => {
        const { body } = row
        if (rankOf(row) <= (known?.displayed ?? 0)) return [body, 'displayed']
        return [body, rankOf(row) <= (known?.delivered ?? 0) ? 'delivered' : 'sent']
      }),
    )
  }

  say(body: string): void {
    this.source.say(this.#feed, body)
  }

  async readAll(): Promise<void> {
    const { inbox, source } = this.#running
    const record = inbox.inbox.feeds[this.#feed]
    if (!record) return
    const { feed, epoch, from, head } = record
    await inbox.commit({ type: 'read', feed, epoch, ranges: [[from, head]] })
    source.sendRead(feed)
  }

  #build(): App {
    const record =
      ChatStore.read(this.#keyValue) ??
      newChatRecord({ user: 'ann', domain: 'chat.example', url: 'wss://chat.example/', resource: this.name })
    const store = new ChatStore(this.#keyValue, record)
    const inbox = new LiveInbox({
      ...{ storage: this.storage, clock: this.#clock, ledger: new PresentedLedger() },
      settling: () => null,
      present: (fresh, { backlog, evenRead }) => {
        const { feeds } = inbox.inbox
        const isRead = ({ feed, seq }: Message): boolean => rangesHold(feeds[feed]?.read ?? [], seq)
        const news = backlog ? [] : fresh.filter((row) => evenRead === true || !isRead(row))
        this.alerted.push(...news.map(({ body }) => body))
        return Promise.resolve()
      },
      shown: () => Promise.resolve(),
      onPresented: () => undefined,
      onInbox: () => undefined,
      onStorageFailed: () => undefined,
    })
    const source = new ChatSource(
      {
        open: this.#server.open,
        ...{ clock: this.#clock, random: this.#random, log: () => undefined, store },
        password: () => 'secret',
        pushAddress: () => Promise.resolve(null),
        newId: () => `${this.name}-${String((this.#ids += 1))}`,
        onOutbox: () => undefined,
        onState: () => undefined,
      },
      {
        feeds: () => inbox.inbox.feeds,
        rows: (feed) => inbox.inbox.rows.filter((row) => row.feed === feed),
        deliver: (change, arrival) => inbox.deliver(change, arrival),
        pushed: () => Promise.resolve(),
        connection: () => undefined,
      },
      'foreground',
    )
    return { source, inbox, store }
  }
}
