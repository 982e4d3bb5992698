import type { Message } from '@herald/protocol'
import { History } from '@/services/inbox/history'
import type { Change, Inbox } from '@/services/inbox/inbox'
import { LiveInbox } from '@/services/inbox/live-inbox'
import { PresentedLedger } from '@/services/presented/presented-ledger'
import { silentLog } from '@/services/log'
import { GatewaySource } from '@/services/sources/gateway-source'
import { applyWrite, emptyInbox as emptyStored } from '@/services/storage/memory'
import type { InboxStorage, StorageWrite, StoredInbox } from '@/services/storage/storage'
import { settle, type FakeClock } from './fake-clock'
import type { ModelGateway } from './model-gateway'

const HISTORY_PAGE = 3

/** Storage that is kept when told to: a kill in between loses what was written since. */
export class SlowStorage implements InboxStorage {
  stored: StoredInbox = emptyStored()
  #waiting: { write: StorageWrite; done: () => void }[] = []

  load(): Promise<StoredInbox> {
    return Promise.resolve(structuredClone(this.stored))
  }

  write(write: StorageWrite): Promise<void> {
    return new Promise((done) => this.#waiting.push({ write: structuredClone(write), done }))
  }

  clear(): Promise<void> {
    this.stored = emptyStored()
    return Promise.resolve()
  }

  /** Keeps what waits. */
  flush(): boolean {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { write, done } of waiting) {
      this.stored = applyWrite(this.stored, write)
      done()
    }
    return waiting.length > 0
  }

  kill(): void {
    this.#waiting = []
  }
}

/** One device: the client's core over a storage that survives its restarts. */
export class ModelDevice {
  readonly name: string
  readonly storage = new SlowStorage()
  /** Every alert that this device has raised in all its lives. */
  readonly presented: string[] = []
  readonly byHistory = new Set<string>()
  readonly hidden = new Set<string>()
  readonly #gateway: ModelGateway
  readonly #clock: FakeClock
  #liveInbox!: LiveInbox
  #source!: GatewaySource
  #life = 0

  constructor(name: string, gateway: ModelGateway, clock: FakeClock) {
    this.name = name
    this.#gateway = gateway
    this.#clock = clock
  }

  get inbox(): Inbox {
    return this.#liveInbox.inbox
  }

  async start(): Promise<void> {
    this.#life += 1
    const life = this.#life
    this.#liveInbox = new LiveInbox({
      storage: this.storage,
      clock: this.#clock,
      ledger: new PresentedLedger(),
      settling: () => null,
      present: (fresh) => {
        // A killed app raises nothing.
        if (life === this.#life) this.presented.push(...fresh.map((row) => row.id))
        return Promise.resolve()
      },
      shown: () => Promise.resolve(),
      onPresented: () => undefined,
      onInbox: () => undefined,
      onStorageFailed: () => undefined,
    })
    await this.#liveInbox.load()
    const liveInbox = this.#liveInbox
    this.#source = new GatewaySource(
      { open: this.#gateway.opener(this.name), clock: this.#clock, random: () => 0.5, log: silentLog },
      {
        server: 'http://model',
        token: () => 't',
        device: () => ({ id: `${this.name}-device`, platform: 'h5' }),
      },
      {
        feeds: () => liveInbox.inbox.feeds,
        rows: (feed) => liveInbox.inbox.rows.filter((row) => row.feed === feed),
        deliver: (change, arrival) => liveInbox.deliver(change, arrival),
        pushed: ({ feed, epoch, ranges }) => {
          liveInbox.notePushed(feed, epoch, ranges)
          return liveInbox.flushed()
        },
        connection: () => undefined,
      },
      'foreground',
    )
    this.#source.start()
  }

  /** kill -9, and the app is started again. */
  async restart(): Promise<void> {
    this.#source.stop()
    this.#liveInbox.close()
    this.storage.kill()
    await this.start()
  }

  /** Comes to the foreground: dials at once, or doubts its socket. */
  wake(): void {
    this.#source.setAppState('foreground')
  }

  read(row: Message): void {
    const record = this.inbox.feeds[row.feed]
    if (!record) return
    this.#commit({ type: 'read', feed: row.feed, epoch: record.epoch, ranges: [[row.seq, row.seq]] })
    this.#source.sendRead(row.feed, record.epoch, [[row.seq, row.seq]])
  }

  async hide(row: Message): Promise<void> {
    this.hidden.add(row.id)
    this.read(row)
    this.#commit({ type: 'hide', ids: [row.id] })
    // A kill before this is stored brings the row back; what is tested is that nothing else does.
    do await settle()
    while (this.storage.flush())
  }

  async loadOlder(): Promise<boolean> {
    const before = new Set(this.inbox.rows.map((row) => row.id))
    const history = new History({
      api: {
        history: (feed, position) =>
          Promise.resolve(
            this.#gateway.history(feed, 'before' in position ? position.before : 0, HISTORY_PAGE),
          ),
      },
      inbox: () => this.inbox,
      commit: (change) => this.#liveInbox.commit(change),
    })
    const end = await history.loadOlder({ feed: null, unreadOnly: false, search: '' })
    for (const row of this.inbox.rows) if (!before.has(row.id)) this.byHistory.add(row.id)
    return end
  }

  #commit(change: Change): void {
    void this.#liveInbox.commit(change)
  }
}
