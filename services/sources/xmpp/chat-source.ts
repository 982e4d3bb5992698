import { writeXml, type AppState, type HistoryPage, type XmlElement } from '@herald/protocol'
import type { Timer } from '../../clock'
import { connectionView } from '../../connection/connection-view'
import type { State } from '../../connection/machine'
import type { Source, SourceHost } from '../source'
import { Archive } from './archive'
import { readMissed } from './catch-up'
import { ChatFeeds } from './chat-feeds'
import type { ChatStore, OutboxEntry } from './chat-record'
import { ChatSession, type ChatSessionPorts } from './chat-session'
import { AskError } from './asks'
import { DisplayedMarkers } from './displayed-markers'
import { Inbound } from './inbound'
import { readLetter } from './letters'
import { NS } from './namespaces'
import { readOlder } from './older'
import { unwrap } from './origin'
import { Outbox } from './outbox'
import { answerTo, enablePush, presence, type PushAddress } from './presence'
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
  readonly #inbound: Inbound
  readonly outbox: Outbox
  #appState: AppState
  #readTimer: Timer = null
  /** Whether all that came before this session is here. */
  #isCaughtUp = false
  #catchingUp: Promise<void> | null = null

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
      sent: (refs) => {
        this.outbox.settle(refs)
      },
      unsure: () => undefined,
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
    this.#archive = new Archive(ask)
    this.#feeds = new ChatFeeds({ host, store, own: this.#own, now: () => clock.now(), newEpoch: newId })
    this.#markers = new DisplayedMarkers({
      ...{ ask, host, feeds: this.#feeds, store, own: this.#own },
      tell: (feed, told, end) => {
        this.#inbound.sayRead(feed, told, end)
      },
    })
    this.outbox = new Outbox({
      store,
      send: (xml, ref) => this.#session.send(xml, ref),
      settled: (entry) => void this.#inbound.wrote(entry),
      changed: ports.onOutbox,
    })
    const send = (xml: string): boolean => this.#session.send(xml)
    this.#inbound = new Inbound({
      feeds: this.#feeds,
      store,
      outbox: this.outbox,
      send,
      now: () => clock.now(),
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
      void this.#tellReads()
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
    const peer = store.conversation(feed)?.peer
    if (peer === undefined) throw new Error('there is no such conversation')
    const since = store.record.archive
    this.outbox.add({ id: newId(), feed, peer, body, time: clock.now(), since })
  }

  /** Messages that lie below what is held of a conversation; undefined: there is none. Rejects with an AskError. */
  older(feed: string): Promise<HistoryPage | undefined> {
    const peer = this.#ports.store.conversation(feed)?.peer
    if (peer === undefined) return Promise.resolve(undefined)
    return readOlder(
      { archive: this.#archive, host: this.#host, feeds: this.#feeds, own: this.#own },
      feed,
      peer,
    )
  }

  #account() {
    const { store, password } = this.#ports
    const { user, domain, url, resource, keys } = store.record
    return { user, domain, url, resource, password: password(), keys: keys ?? undefined }
  }

  async #ready(resumed: boolean): Promise<void> {
    if (this.#appState === 'background') this.#session.setActive(false)
    if (!resumed) this.#begin()
    void this.#enablePush()
    try {
      if (!this.#isCaughtUp) await this.#catchUpOnce()
      this.outbox.resend()
      await this.#markers.publishDue()
    } catch (error) {
      this.#failed('catch-up', error)
    }
  }

  /** A new session has to be set up. What comes now waits until what was missed is here. */
  #begin(): void {
    this.#isCaughtUp = false
    this.outbox.doubt()
    this.#inbound.hold()
    this.#session.ask('set', writeXml('enable', { xmlns: NS.carbons })).catch((error: unknown) => {
      this.#failed('carbons', error)
    })
    this.#session.send(presence())
  }

  /** A resume in the middle of it goes on with the same: the server answers what it was asked before. */
  #catchUpOnce(): Promise<void> {
    this.#catchingUp ??= this.#catchUp().finally(() => {
      this.#catchingUp = null
    })
    return this.#catchingUp
  }

  async #catchUp(): Promise<void> {
    try {
      const missed = await readMissed(this.#archive, this.#ports.store.record)
      await this.#inbound.catchUp(missed, this.#own)
    } finally {
      this.#inbound.release()
    }
    this.#isCaughtUp = true
    await this.#markers.pull()
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

  async #tellReads(): Promise<void> {
    if (!this.#session.isReady) return
    try {
      await this.#markers.publishDue()
    } catch (error) {
      this.#failed('markers', error)
    }
  }

  #take(element: XmlElement): Promise<void> | void {
    if (element.name === 'iq') this.#answer(element)
    if (element.name !== 'message') return
    const found = unwrap(element, this.#own)
    if (!found) {
      this.#ports.log('chat.forged', { type: element.attrs['type'] ?? '' })
      return
    }
    if (found.by === 'archive') {
      this.#archive.take(found)
      return
    }
    const event = found.by === 'live' ? this.#markers.takeEvent(found.message) : null
    if (event) return event
    const read = readLetter(found, this.#own)
    return read && this.#inbound.take(read)
  }

  #answer(iq: XmlElement): void {
    const { type } = iq.attrs
    if (type === 'get' || type === 'set') this.#session.send(answerTo(iq))
  }
}
