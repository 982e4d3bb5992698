import { countUnread, type Message } from '@herald/protocol'
import { LiveInbox } from '@/services/inbox/live-inbox'
import { PresentedLedger } from '@/services/presented/presented-ledger'
import { chatDataOf } from '@/services/sources/xmpp/chat-feeds'
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

  get unread(): number {
    const record = this.#running.inbox.inbox.feeds[this.#feed]
    return record ? countUnread(record.from, record.head, record.read) : 0
  }

  /** How far Bob's device is with each word of hers. */
  get states(): Record<string, string> {
    const known = this.#running.store.conversation(this.#feed)
    const own = this.rows.filter((row) => chatDataOf(row).out)
    return Object.fromEntries(
      own.map(({ seq, body }) => {
        if (seq <= (known?.displayed ?? 0)) return [body, 'displayed']
        return [body, seq <= (known?.delivered ?? 0) ? 'delivered' : 'sent']
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
      present: (fresh, { backlog }) => {
        if (backlog !== true) this.alerted.push(...fresh.map(({ body }) => body))
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
