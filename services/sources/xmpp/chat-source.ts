import { childOf, writeXml, type AppState, type HistoryPage, type XmlElement } from '@herald/protocol'
import type { Timer } from '../../clock'
import { connectionView } from '../../connection/connection-view'
import type { State } from '../../connection/machine'
import type { Source, SourceHost } from '../source'
import { AccountArchive } from './account-archive'
import { Archive, type ArchiveQuery } from './archive'
import { ChatFeeds } from './chat-feeds'
import type { ChatStore, OutboxEntry } from './chat-record'
import { ChatSession, type ChatSessionPorts } from './chat-session'
import { AskError, isTimeout } from './asks'
import { DisplayedMarkers } from './displayed-markers'
import { readLetter } from './letters'
import { NS } from './namespaces'
import { readOlder } from './older'
import { OneAtATime } from './one-at-a-time'
import { bareOf, unwrap } from './origin'
import { Outbox } from './outbox'
import { itemsOf, OwnNode } from './own-node'
import { answerTo, enablePush, isQuestion, presence, type PushAddress } from './presence'
import type { Rooms } from './rooms'
import { RoomsDoor } from './rooms-door'
import type { Refusal } from './session'

/** What was read is told so long after, ms: one marker stands for what was read meanwhile. */
const READ_DELAY_MS = 1_000

export interface ChatSourcePorts extends ChatSessionPorts {
  readonly store: ChatStore
  /** A password that was just typed; it is not kept. */
  readonly password: () => string | undefined
  /** What pushes to this device go by; null: nobody pushes. */
  readonly pushAddress: () => Promise<PushAddress | null>
  readonly newId: () => string
  readonly onOutbox: (entries: readonly OutboxEntry[]) => void
  readonly onState: (state: State, refusal: Refusal | null) => void
}

/** Messages from the user's own chat server. */
export class ChatSource implements Source {
  readonly #ports: ChatSourcePorts
  readonly #host: SourceHost
  readonly #own: string
  readonly #session: ChatSession
  readonly #archive: Archive
  readonly #feeds: ChatFeeds
  readonly #markers: DisplayedMarkers
  readonly #mine: AccountArchive
  readonly #door: RoomsDoor
  readonly #catchingUp = new OneAtATime(() => this.#catchUp())
  readonly outbox: Outbox
  #appState: AppState
  #readTimer: Timer = null

  constructor(ports: ChatSourcePorts, host: SourceHost, appState: AppState) {
    const { store } = ports
    const { user, domain } = store.record
    this.#ports = ports
    this.#host = host
    this.#appState = appState
    this.#own = `${user}@${domain}`.toLowerCase()
    this.#session = new ChatSession(ports, () => this.#account(), {
      ready: ({ resumed }) => void this.#ready(resumed),
      stanza: (element) => this.#take(element),
      sent: (refs, resumed) => {
        this.outbox.settle(refs, resumed ? 'resumed' : 'live')
      },
      keys: (keys) => {
        store.update({ keys })
      },
      state: (state, refusal) => {
        ports.onState(state, refusal)
        host.connection(connectionView(state))
      },
    })
    const ask = this.#session.ask.bind(this.#session)
    const { clock, newId } = ports
    this.#archive = new Archive(ask, this.#own)
    this.#feeds = new ChatFeeds({
      ...{ host, store, own: this.#own, now: () => clock.now(), newEpoch: newId },
      answered: (feed) => {
        this.sendRead(feed)
      },
    })
    const isOpen = (of: Pick<OutboxEntry, 'peer'> & { readonly room?: unknown }): boolean =>
      of.room ? this.#door.rooms?.isOpen(of) === true : this.#mine.isCaughtUp
    this.#markers = new DisplayedMarkers({
      ...{ ask, host, feeds: this.#feeds, store, own: this.#own, isOpen },
      tell: (feed, told, end) => {
        this.#mine.inbound.sayRead(feed, told, end)
      },
    })
    this.outbox = new Outbox({
      store,
      send: (xml, ref) => this.#session.send(xml, ref),
      isOpen,
      settled: (entry, word) => {
        if (this.#mine.settled(entry, word)) void this.#catchingUp.do()
      },
      changed: ports.onOutbox,
    })
    const parts = {
      ...{ archive: this.#archive, host, feeds: this.#feeds, store, outbox: this.outbox, own: this.#own },
      send: (xml: string) => this.#session.send(xml),
      now: () => clock.now(),
    }
    this.#mine = new AccountArchive(parts)
    this.#door = new RoomsDoor({
      ...{ ...parts, ask, nick: user, markers: this.#markers, bookmarks: new OwnNode(ask, NS.bookmarks) },
      failed: this.#failed.bind(this),
    })
  }

  start(): void {
    this.#session.handle('start')
  }

  renew(): void {
    this.#session.handle('renewed')
  }

  /** The server keeps the session for a while: another tab, or the next start, takes its place. */
  stop(): void {
    this.#session.handle('stop')
  }

  suspend(): void {
    this.#session.handle('suspend')
  }

  setAppState(state: AppState): void {
    const changed = state !== this.#appState
    this.#appState = state
    if (changed) this.#session.setActive(state === 'foreground')
    if (state === 'foreground') this.#session.handle('foreground')
  }

  setNetwork(network: 'lost' | 'regained'): void {
    this.#session.handle(network === 'lost' ? 'networkLost' : 'networkRegained')
  }

  sendRead(feed: string): void {
    if (!this.#ports.store.conversation(feed)) return
    if (this.#readTimer !== null) return
    this.#readTimer = this.#ports.clock.setTimeout(() => {
      this.#readTimer = null
      void this.#catchingUp.do()
    }, READ_DELAY_MS)
  }

  /** Ends the session at the server, which then keeps nothing for this device. */
  async leave(): Promise<void> {
    const push = await this.#ports.pushAddress().catch(() => null)
    if (push && this.#session.isReady) {
      const disable = writeXml('disable', { xmlns: NS.push, jid: push.jid, node: push.node })
      // The server has nothing to disable, or the network is gone: the gateway forgets the node all the same.
      await this.#session.ask('set', disable).catch(() => undefined)
    }
    this.#session.leave()
  }

  /** Opens a conversation. @param peer a bare address @returns its feed */
  converse(peer: string): string {
    const address = peer.trim().toLowerCase()
    this.#feeds.begin(address)
    return this.#feeds.feedOf(address)
  }

  /** Sends a message, now or as soon as there is a session. Throws a StorageError when it cannot be kept. */
  say(feed: string, body: string): void {
    const { store, clock, newId } = this.#ports
    const known = store.conversation(feed)
    if (known === undefined) throw new Error('there is no such conversation')
    const { peer, room } = known
    const entry = { id: newId(), feed, peer, body, time: clock.now(), since: (room ?? store.record).archive }
    const behind = this.#host.feeds()[feed]?.cursor ?? 0
    this.outbox.add({ ...entry, behind, ...(room && { room: true }) })
  }

  /** The rooms of the account. Rejects when their code cannot be fetched. */
  rooms(): Promise<Rooms> {
    return this.#door.open()
  }

  /** Messages that lie below what is held of a conversation; undefined: there is none. Rejects with an AskError. */
  older(feed: string): Promise<HistoryPage | undefined> {
    const known = this.#ports.store.conversation(feed)
    if (known === undefined) return Promise.resolve(undefined)
    const room = known.room && this.#door.rooms?.of(known.peer)
    const page = (query: ArchiveQuery) =>
      room ? this.#archive.page(query, known.peer) : this.#archive.page({ ...query, with: known.peer })
    const read = room?.read ?? ((item) => readLetter(item, this.#own))
    return readOlder({ page, read, host: this.#host, feeds: this.#feeds }, feed)
  }

  #account() {
    const { store, password } = this.#ports
    const { keys, ...account } = store.record
    return { ...account, password: password(), keys: keys ?? undefined }
  }

  async #ready(resumed: boolean): Promise<void> {
    if (this.#appState === 'background') this.#session.setActive(false)
    if (!resumed) this.#begin()
    void this.#enablePush()
    void this.#inRooms(this.#door.ready(resumed))
    await this.#catchingUp.do()
  }

  /**
   * Reads what was missed, and tells what was written and read here. A server that is slow is asked again, for as long as there is
   * a session: each try takes the time of an answer. Answers whether it was too slow.
   */
  async #catchUp(): Promise<boolean> {
    if (!this.#session.isReady) return false
    try {
      if (!this.#mine.isCaughtUp) {
        await this.#mine.catchUp()
        await this.#markers.pull()
      }
      this.outbox.resend()
      await this.#markers.publishDue()
      return false
    } catch (error) {
      this.#failed('catch-up', error)
      return isTimeout(error)
    }
  }

  /** A new session has to be set up. What comes now waits until what was missed is here. */
  #begin(): void {
    this.outbox.doubt(() => true)
    this.#mine.begin()
    this.#session.ask('set', writeXml('enable', { xmlns: NS.carbons })).catch((error: unknown) => {
      this.#failed('carbons', error)
    })
    this.#session.send(presence())
  }

  async #inRooms(done: Promise<void>): Promise<void> {
    try {
      await done
    } catch (error) {
      if (error instanceof AskError) this.#failed('rooms', error)
      // The next session fetches their code.
      else this.#ports.log('chat.rooms_missing', { error: String(error) })
    }
  }

  async #enablePush(): Promise<void> {
    try {
      const address = await this.#ports.pushAddress()
      if (address) await this.#session.ask('set', enablePush(address))
      this.#ports.store.update({ pushes: address !== null })
    } catch (error) {
      this.#failed('push', error)
    }
  }

  /** The next session tries again. */
  #failed(what: string, error: unknown): void {
    if (!(error instanceof AskError)) throw error
    this.#ports.log('chat.failed', { what, condition: error.condition })
  }

  #take(element: XmlElement): Promise<void> | void {
    if (element.name === 'iq' && isQuestion(element)) this.#session.send(answerTo(element))
    const { rooms } = this.#door
    if (element.name === 'presence') rooms?.of(element.attrs['from'] ?? '')?.takePresence(element)
    if (element.name !== 'message') return
    const found = unwrap(element, this.#own, this.#archive.asked)
    if (!found) {
      this.#ports.log('chat.forged', { type: element.attrs['type'] ?? '' })
      return
    }
    if (found.by === 'archive') {
      this.#archive.take(found)
      return
    }
    const event = found.by === 'live' && childOf(found.message, 'event', NS.pubsubEvents)
    if (event) return this.#takeEvent(found.message, event)
    const room = found.by === 'live' ? rooms?.roomOf(found.message) : undefined
    if (room) return room.takeMessage(found)
    const read = readLetter(found, this.#own)
    return read && this.#mine.inbound.take(read)
  }

  /** Another device of the account has changed one of its lists. */
  #takeEvent({ attrs: { from } }: XmlElement, event: XmlElement): Promise<void> | void {
    // Anybody may send an event of a node of his own.
    if (from !== undefined && bareOf(from) !== this.#own) return
    const items = childOf(event, 'items')
    const node = items?.attrs['node']
    if (node === NS.bookmarks) void this.#inRooms(this.#door.changed())
    if (node === NS.displayedMarkers) return this.#markers.take(itemsOf(items))
  }
}
