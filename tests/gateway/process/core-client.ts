import { countUnread, type Message, type ReadRanges } from '@herald/protocol'
import { WebSocket } from 'ws'
import { systemClock } from '../../../services/clock'
import { LiveInbox } from '../../../services/inbox/live-inbox'
import type { Inbox } from '../../../services/inbox/inbox'
import { PresentedLedger } from '../../../services/presented/presented-ledger'
import type { OpenSocket } from '../../../services/socket/socket'
import { GatewaySource } from '../../../services/sources/gateway-source'
import type { ConnectionView } from '../../../services/connection/connection-view'
import type { PushedRanges } from '../../../services/sources/source'
import { MemoryStorage } from '../../../services/storage/memory'
import type { InboxStorage } from '../../../services/storage/storage'

const ABNORMAL = 1006

/** The client's port for sockets on `ws`, for Node, which has no uni.connectSocket. */
export const openWithWs: OpenSocket = (url, handlers, subprotocol) => {
  const socket = new WebSocket(url, [subprotocol])
  socket.on('open', () => {
    handlers.open()
  })
  socket.on('message', (data: Buffer) => {
    handlers.message(data.toString())
  })
  socket.on('error', () => {
    // 'close' follows, with the code.
  })
  socket.on('close', (code, reason) => {
    handlers.closed(code || ABNORMAL, reason.toString())
  })
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close: (code, reason) => {
      socket.close(code, reason)
    },
  }
}

/** The app's own connection, source and inbox against a real gateway: all of the client but its platform. */
export class CoreClient {
  readonly alerted: string[] = []
  readonly source: GatewaySource
  readonly #liveInbox: LiveInbox
  state: ConnectionView = { name: 'stopped', code: null, closeName: null, retryAt: null }
  /** Times that the connection went live. */
  welcomes = 0

  private constructor(
    server: string,
    token: string,
    device: string,
    storage: InboxStorage,
    open: OpenSocket,
  ) {
    this.#liveInbox = new LiveInbox({
      storage,
      clock: systemClock,
      ledger: new PresentedLedger(),
      settling: () => null,
      present: (fresh) => {
        this.alerted.push(...fresh.map(({ id }) => id))
        return Promise.resolve()
      },
      shown: () => Promise.resolve(),
      onPresented: () => undefined,
      onInbox: () => undefined,
      onStorageFailed: () => undefined,
    })
    const ports = { open, clock: systemClock, random: () => 0, log: () => undefined }
    const account = { server, token: () => token, device: () => ({ id: device, platform: 'other' as const }) }
    const host = {
      feeds: () => this.#liveInbox.inbox.feeds,
      rows: (feed: string) => this.#liveInbox.inbox.rows.filter((row) => row.feed === feed),
      deliver: this.#liveInbox.deliver.bind(this.#liveInbox),
      pushed: ({ feed, epoch, ranges }: PushedRanges) => {
        this.#liveInbox.notePushed(feed, epoch, ranges)
        return this.#liveInbox.flushed()
      },
      connection: (view: ConnectionView) => {
        if (view.name === 'live' && this.state.name !== 'live') this.welcomes += 1
        this.state = view
      },
    }
    this.source = new GatewaySource(ports, account, host, 'foreground')
  }

  /** Loads what the device had stored, and connects. */
  static async start(
    server: string,
    token: string,
    device: string,
    storage: InboxStorage = new MemoryStorage(),
    open: OpenSocket = openWithWs,
  ): Promise<CoreClient> {
    const client = new CoreClient(server, token, device, storage, open)
    await client.#liveInbox.load()
    client.source.start()
    return client
  }

  get inbox(): Inbox {
    return this.#liveInbox.inbox
  }

  /** The rows of a feed in seq order. */
  rows(feed: string): Message[] {
    return this.inbox.rows.filter((row) => row.feed === feed).reverse()
  }

  /** The user reads messages on this device, connected or not. */
  async read(feed: string, ranges: ReadRanges): Promise<void> {
    const record = this.inbox.feeds[feed]
    if (!record) return
    await this.#liveInbox.commit({ type: 'read', feed, epoch: record.epoch, ranges })
    this.source.sendRead(feed, record.epoch, ranges)
  }

  unread(feed: string): number {
    const record = this.inbox.feeds[feed]
    return record ? countUnread(record.from, record.head, record.read) : 0
  }

  stop(): void {
    this.source.stop()
    this.#liveInbox.close()
  }
}
