import type { AppState, FeedState, Message, Range, ReadRanges } from '@herald/protocol'
import { countUnread } from '@herald/protocol'
import type { ConnectionView } from '@/services/connection/connection-view'
import type { Source, SourceHost } from '@/services/sources/source'

/** A message in the archive of a room: it has a name there and no number. */
interface Stanza {
  readonly id: string
  readonly from: string
  readonly body: string
}

interface Room {
  archive: Stanza[]
  /** The id up to which the user has read, on any device. */
  marker: string | null
}

/**
 * A server of chats as XMPP's are: rooms with an archive by ids, one marker a room for what was read, and no seqs, no epochs
 * and no unread counts. Script it with `say`, `mark`, `trim`, `leave`, `refuse`.
 */
export class ChatServer {
  readonly rooms = new Map<string, Room>()
  readonly #sources = new Set<ChatSource>()
  /** Ids that a device has said to have, in the order of its word. */
  readonly acked: string[] = []
  refusal: string | null = null
  #count = 0

  say(room: string, body: string, from = 'ann'): string {
    this.#count += 1
    const stanza = { id: `stanza-${String(this.#count)}`, from, body }
    this.#room(room).archive.push(stanza)
    for (const source of this.#sources) source.hear(room)
    return stanza.id
  }

  /** The user has read up to a stanza. */
  mark(room: string, id: string): void {
    this.#room(room).marker = id
    for (const source of this.#sources) source.marked(room)
  }

  /** The archive keeps only the newest. */
  trim(room: string, keep: number): void {
    const { archive } = this.#room(room)
    archive.splice(0, archive.length - keep)
  }

  leave(room: string): void {
    this.rooms.delete(room)
    for (const source of this.#sources) source.hear(room)
  }

  /** @returns how to hang up */
  connect(source: ChatSource): () => void {
    this.#sources.add(source)
    return () => {
      this.lose(source)
    }
  }

  /** A connection is over, and its client does not hear of it. */
  lose(source: ChatSource): void {
    this.#sources.delete(source)
  }

  #room(name: string): Room {
    const room = this.rooms.get(name) ?? { archive: [], marker: null }
    this.rooms.set(name, room)
    return room
  }
}

/** The archive ids of one feed, in the order of their seqs; null is a seq that stands for what was trimmed unseen. */
interface Numbering {
  readonly epoch: string
  readonly ids: (string | null)[]
}

/** What a chat source keeps on the device beside the inbox: which stanza has which seq. */
export type Numberings = Map<string, Numbering>

/** Seqs begin here, so that older history could be numbered downwards. */
export const FIRST_SEQ = 2 ** 40

export const chatFeed = (room: string): string => `chat:${room}`
const roomOf = (feed: string): string => feed.slice('chat:'.length)

/** A second kind of source: it numbers by itself what its server only names, and tells of rooms one by one. */
export class ChatSource implements Source {
  readonly #server: ChatServer
  readonly #numberings: Numberings
  readonly #host: SourceHost
  #hangUp: (() => void) | null = null
  #appState: AppState

  constructor(server: ChatServer, numberings: Numberings, host: SourceHost, appState: AppState) {
    this.#server = server
    this.#numberings = numberings
    this.#host = host
    this.#appState = appState
  }

  start(): void {
    if (this.#hangUp) return
    this.#say('connecting')
    if (this.#server.refusal !== null) {
      this.#say('stopped', this.#server.refusal)
      return
    }
    this.#hangUp = this.#server.connect(this)
    for (const feed of Object.keys(this.#host.feeds())) this.#dropLeft(feed)
    for (const room of this.#server.rooms.keys()) this.#catchUp(room)
    this.#say('live')
  }

  renew(): void {
    this.stop()
    this.start()
  }

  stop(): void {
    this.#hangUp?.()
    this.#hangUp = null
    this.#say('stopped')
  }

  suspend(): void {
    this.#hangUp?.()
    this.#hangUp = null
    this.#say('suspended')
  }

  setAppState(state: AppState): void {
    this.#appState = state
    if (state === 'foreground') this.start()
  }

  setNetwork(network: 'lost' | 'regained'): void {
    if (network === 'regained' && this.#appState === 'foreground') this.start()
  }

  /** One marker a room: that of the last seq. */
  sendRead(feed: string, _epoch: string, ranges: ReadRanges): void {
    const last = Math.max(...ranges.map(([, end]) => end))
    const id = this.#numberings.get(feed)?.ids[last - FIRST_SEQ]
    if (typeof id === 'string') this.#server.mark(roomOf(feed), id)
  }

  /** Something of a room came, or the room was left. */
  hear(room: string): void {
    const feed = chatFeed(room)
    if (this.#dropLeft(feed)) return
    if (!this.#host.feeds()[feed]) this.#tellFeed(room)
    void this.#bring(room, { catchUp: false })
  }

  marked(room: string): void {
    const feed = chatFeed(room)
    const { epoch } = this.#numbering(feed)
    const ranges = this.#readOf(room)
    if (ranges.length > 0) void this.#host.deliver({ type: 'read', feed, epoch, ranges }, { catchUp: false })
  }

  #catchUp(room: string): void {
    const backlog = this.#host.feeds()[chatFeed(room)] === undefined
    this.#tellFeed(room)
    this.#tellTrimmed(room)
    void this.#bring(room, { catchUp: true, backlog })
    this.marked(room)
  }

  /** A room that the user has left meanwhile is gone. */
  #dropLeft(feed: string): boolean {
    if (!feed.startsWith('chat:') || this.#server.rooms.has(roomOf(feed))) return false
    this.#numberings.delete(feed)
    void this.#host.deliver({ type: 'unfollow', feed }, { catchUp: false })
    return true
  }

  #tellFeed(room: string): void {
    const feed = chatFeed(room)
    const { epoch, ids } = this.#numbering(feed)
    const head = FIRST_SEQ + ids.length - 1
    const read = this.#readOf(room)
    const unread = countUnread(FIRST_SEQ, head, read)
    const state: FeedState = { feed, epoch, from: FIRST_SEQ, head, unread, read, muted: false }
    void this.#host.deliver({ type: 'feed', state }, { catchUp: false })
  }

  /** What was dropped from the archive before this device had it is one seq that is missing, by name. */
  #tellTrimmed(room: string): void {
    const feed = chatFeed(room)
    const { epoch, ids } = this.#numbering(feed)
    const last = ids.at(-1)
    const { archive } = this.#server.rooms.get(room) ?? { archive: [] }
    if (typeof last !== 'string' || archive.some(({ id }) => id === last)) return
    ids.push(null)
    const missing = FIRST_SEQ + ids.length - 1
    const gap = { type: 'gap', feed, epoch, from: missing, to: missing, reason: 'trimmed' } as const
    void this.#host.deliver(gap, { catchUp: true })
  }

  async #bring(room: string, arrival: { catchUp: boolean; backlog?: boolean }): Promise<void> {
    const feed = chatFeed(room)
    const { epoch, ids } = this.#numbering(feed)
    const { archive } = this.#server.rooms.get(room) ?? { archive: [] }
    const known = archive.findIndex(({ id }) => id === ids.at(-1))
    const messages = archive.slice(known + 1).map(({ id, from, body }): Message => {
      ids.push(id)
      const seq = FIRST_SEQ + ids.length - 1
      return { id: `uuid-of-${id}`, feed, seq, time: 1_000 + seq - FIRST_SEQ, title: from, body, priority: 3 }
    })
    if (messages.length === 0) return
    await this.#host.deliver({ type: 'messages', feed, epoch, messages }, arrival)
    this.#server.acked.push(...messages.map(({ id }) => id))
  }

  /** All up to the marker. */
  #readOf(room: string): [number, number][] {
    const marker = this.#server.rooms.get(room)?.marker ?? null
    const at = marker === null ? -1 : this.#numbering(chatFeed(room)).ids.indexOf(marker)
    const range: Range = [FIRST_SEQ, FIRST_SEQ + at]
    return at < 0 ? [] : [[range[0], range[1]]]
  }

  #numbering(feed: string): Numbering {
    const known = this.#numberings.get(feed)
    if (known) return known
    const begun = { epoch: `life of ${feed}`, ids: [] }
    this.#numberings.set(feed, begun)
    return begun
  }

  #say(name: ConnectionView['name'], closeName: string | null = null): void {
    this.#host.connection({ name, code: null, closeName, retryAt: null })
  }
}
