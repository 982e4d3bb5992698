import {
  clipRanges,
  countUnread,
  parseClientFrame,
  unionRanges,
  type ClientFrame,
  type FeedState,
  type HistoryPage,
  type Message,
  type ReadRanges,
  type ServerFrame,
} from '@herald/protocol'
import type { OpenSocket, SocketHandlers } from '@/services/socket/socket'
import { message, writable } from './messages'

/** Small, so that catch-ups skip in a test of a few messages. */
export const MODEL_PAGE = 4
const MESSAGES_PER_FRAME = 2

interface ModelFeed {
  epoch: string
  from: number
  log: Message[]
  read: ReadRanges
  muted: boolean
}

/** Something on its way to a client: a frame, or that the socket is open. */
interface Parcel {
  readonly feed: string | null
  readonly text: string | null
}

/** The gateway's end of one socket. */
class ModelSocket {
  readonly handlers: SocketHandlers
  readonly toClient: Parcel[] = [{ feed: null, text: null }]
  readonly toGateway: string[] = []
  welcomed = false
  open = true

  constructor(handlers: SocketHandlers) {
    this.handlers = handlers
  }

  send(frame: ServerFrame): void {
    const feed = frame.type === 'feed' ? frame.state.feed : 'feed' in frame ? frame.feed : null
    this.toClient.push({ feed, text: JSON.stringify(frame) })
  }
}

/** One user's gateway in memory, with the network between under the test's hands. */
export class ModelGateway {
  readonly feeds = new Map<string, ModelFeed>()
  readonly acks: Extract<ClientFrame, { type: 'ack' }>[] = []
  /** The token of each hello. */
  readonly helloTokens: string[] = []
  readonly #sockets = new Map<string, ModelSocket>()
  #clock = 1

  constructor(feeds: readonly string[]) {
    for (const feed of feeds) this.feeds.set(feed, { epoch: 'e1', from: 1, log: [], read: [], muted: false })
  }

  /** How a device dials. The newest socket of a device is the one that its frames go over. */
  opener(device: string): OpenSocket {
    return (_url, handlers) => {
      const socket = new ModelSocket(handlers)
      this.#sockets.set(device, socket)
      return {
        send: (text) => {
          if (socket.open) socket.toGateway.push(text)
        },
        close: () => {
          socket.open = false
        },
      }
    }
  }

  publish(feed: string, count: number): void {
    const target = this.#feed(feed)
    for (let i = 0; i < count; i += 1) {
      const made = message(feed, target.log.length + 1, { time: (this.#clock += 1) }, target.epoch)
      target.log.push(made)
      this.#broadcast({ type: 'messages', feed, epoch: target.epoch, messages: [made] })
    }
  }

  /** Tells every device that a push service has taken these. */
  tellPushed(feed: string, ranges: [first: number, last: number][]): void {
    this.#broadcast({ type: 'pushed', feed, epoch: this.#feed(feed).epoch, ranges })
  }

  trim(feed: string, keep: number): void {
    const target = this.#feed(feed)
    target.from = Math.max(target.from, target.log.length - keep + 1)
    target.read = clipRanges(target.read, target.from, target.log.length)
    this.#broadcast({ type: 'feed', state: this.stateOf(feed) })
  }

  /** The log was lost and begins anew. */
  renew(feed: string): void {
    const target = this.#feed(feed)
    const epoch = `e${String(Number(target.epoch.slice(1)) + 1)}`
    this.feeds.set(feed, { epoch, from: 1, log: [], read: [], muted: false })
    for (const device of [...this.#sockets.keys()]) this.cut(device, 4007)
  }

  /** The socket ends and the client hears it. */
  cut(device: string, code = 1006): void {
    const socket = this.#sockets.get(device)
    this.#sockets.delete(device)
    if (!socket?.open) return
    socket.open = false
    socket.handlers.closed(code, '')
  }

  /** The socket ends and nobody tells the client. */
  lose(device: string): void {
    const socket = this.#sockets.get(device)
    if (socket) socket.open = false
    this.#sockets.delete(device)
  }

  /** A fault between: the next parcel of messages never comes. */
  drop(device: string): void {
    const waiting = this.#sockets.get(device)?.toClient ?? []
    const index = waiting.findIndex(({ text }) => text?.includes('"type":"messages"'))
    if (index >= 0) waiting.splice(index, 1)
  }

  /** Handles one frame of a device. */
  serve(device: string): boolean {
    const socket = this.#sockets.get(device)
    const text = socket?.toGateway.shift()
    if (!socket || text === undefined) return false
    const parsed = parseClientFrame(text)
    if (!parsed.ok) throw new Error(`a client sent a frame that the gateway refuses: ${parsed.detail}`)
    this.#handle(device, socket, parsed.frame)
    return true
  }

  /** Brings one parcel to a device: of `feed` the first, whatever waits of other feeds; `copies` of it. */
  carry(device: string, pick = 0, copies = 1): boolean {
    const socket = this.#sockets.get(device)
    if (!socket) return false
    const first = socket.toClient[0]
    if (!first) return false
    const feeds = [...new Set(socket.toClient.map((parcel) => parcel.feed))]
    const feed = first.feed === null ? null : feeds.filter((name) => name !== null)[pick % feeds.length]
    const index = Math.max(
      0,
      socket.toClient.findIndex((parcel) => parcel.feed === feed),
    )
    const [parcel] = socket.toClient.splice(index, 1)
    if (!parcel) return false
    if (parcel.text === null) socket.handlers.open()
    else for (let copy = 0; copy < copies && socket.open; copy += 1) socket.handlers.message(parcel.text)
    return true
  }

  stateOf(feed: string): FeedState {
    const { epoch, from, log, read, muted } = this.#feed(feed)
    return {
      feed,
      epoch,
      from,
      head: log.length,
      unread: countUnread(from, log.length, read),
      read: writable(read),
      muted,
    }
  }

  history(feed: string, before: number, limit: number): HistoryPage {
    const { epoch, from, log } = this.#feed(feed)
    const held = log.filter(({ seq }) => seq >= from && seq < before).slice(-limit)
    return { feed, epoch, from, head: log.length, messages: structuredClone(held) }
  }

  #feed(feed: string): ModelFeed {
    const found = this.feeds.get(feed)
    if (!found) throw new Error(`no feed ${feed}`)
    return found
  }

  #broadcast(frame: ServerFrame): void {
    for (const socket of this.#sockets.values()) if (socket.welcomed) socket.send(frame)
  }

  #handle(device: string, socket: ModelSocket, frame: ClientFrame): void {
    if (frame.type === 'hello') {
      this.helloTokens.push(frame.token)
      this.#welcome(socket, frame.cursors)
    }
    if (frame.type === 'ping') socket.send({ type: 'pong' })
    if (frame.type === 'ack') this.acks.push(frame)
    if (frame.type === 'read') this.#read(device, frame)
  }

  #welcome(socket: ModelSocket, cursors: Readonly<Record<string, { epoch: string; seq: number }>>): void {
    socket.welcomed = true
    const feeds = [...this.feeds.keys()].map((feed) => this.stateOf(feed))
    socket.send({ type: 'welcome', user: { id: 'me', name: 'Me' }, heartbeatMs: 25_000, feeds })
    for (const { feed, epoch, from, head } of feeds) {
      const cursor = cursors[feed]
      const known = cursor && cursor.epoch === epoch && cursor.seq <= head ? cursor.seq : from - 1
      if (cursor && cursor.epoch !== epoch)
        socket.send({ type: 'reset', feed, epoch, reason: 'unknown_epoch' })
      else if (cursor && cursor.seq > head)
        socket.send({ type: 'reset', feed, epoch, reason: 'cursor_ahead' })
      if (known < from - 1)
        socket.send({ type: 'gap', feed, epoch, from: known + 1, to: from - 1, reason: 'trimmed' })
      const start = Math.max(known, from - 1)
      const after = Math.max(start, head - MODEL_PAGE)
      if (after > start)
        socket.send({ type: 'gap', feed, epoch, from: start + 1, to: after, reason: 'skipped' })
      const missed = this.#feed(feed).log.slice(after)
      for (let i = 0; i < missed.length; i += MESSAGES_PER_FRAME) {
        socket.send({ type: 'messages', feed, epoch, messages: missed.slice(i, i + MESSAGES_PER_FRAME) })
      }
    }
  }

  #read(device: string, { feed, epoch, ranges }: Extract<ClientFrame, { type: 'read' }>): void {
    const target = this.#feed(feed)
    if (target.epoch !== epoch) return
    target.read = clipRanges(unionRanges(target.read, ranges), target.from, target.log.length)
    const { unread } = this.stateOf(feed)
    for (const [other, socket] of this.#sockets) {
      if (other !== device && socket.welcomed) socket.send({ type: 'read', feed, epoch, ranges, unread })
    }
  }
}
