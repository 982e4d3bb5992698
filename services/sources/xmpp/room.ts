import { childOf, childrenOf, writeXml, type XmlElement } from '@herald/protocol'
import type { SourceHost } from '../source'
import type { Archive, Archived } from './archive'
import { conditionOf, isTimeout } from './asks'
import { readMissed } from './catch-up'
import type { ChatFeeds } from './chat-feeds'
import type { ChatStore, RoomRecord } from './chat-record'
import type { DisplayedMarkers } from './displayed-markers'
import { submitForm } from './forms'
import { Inbound } from './inbound'
import { readWords, type Edit, type Letter, type Mark } from './letters'
import { NS } from './namespaces'
import type { Unwrapped } from './origin'
import type { Outbox } from './outbox'

/** So many nicks are tried. */
const MAX_NICKS = 9

export interface RoomPorts {
  readonly ask: (type: 'get' | 'set', child: string, to?: string) => Promise<XmlElement>
  readonly send: (xml: string) => boolean
  readonly host: SourceHost
  readonly store: ChatStore
  readonly feeds: ChatFeeds
  readonly archive: Archive
  readonly outbox: Outbox
  readonly markers: DisplayedMarkers
  readonly now: () => number
  /** The next session, or the next resume, tries again. */
  readonly failed: (what: string, error: unknown) => void
}

/** Where a room is, and who wants to know that it is no more. */
export interface RoomPlace {
  readonly feed: string
  readonly address: string
  readonly destroyed: () => void
}

/** `entering`: the room was asked to let the account in. `reading`: it is in, and reads what it missed. `open`: words come and go. */
type Phase = 'out' | 'entering' | 'reading' | 'open'

/** One room that the account is in, or wants to be in (XEP-0045). */
export class Room {
  readonly feed: string
  readonly address: string
  readonly #destroyed: () => void
  readonly #ports: RoomPorts
  readonly #inbound: Inbound
  #phase: Phase = 'out'
  /** One for each time that it was asked to let the account in: what belongs to an earlier one counts no more. */
  #visit = 0
  #nicks = 0
  /** The device has lost what it held of it. */
  #wasLost = false
  /** It was entered anew because it did not know the account any more: not twice in a row. */
  #isMended = false

  constructor(ports: RoomPorts, { feed, address, destroyed }: RoomPlace) {
    this.feed = feed
    this.#destroyed = destroyed
    this.address = address
    this.#ports = ports
    const { feeds, store, outbox, send, now } = ports
    const place = {
      moveCursor: (archive: RoomRecord['archive']) => {
        store.updateRoom(feed, { archive })
      },
      read: (item: Archived) => this.read(item),
    }
    this.#inbound = new Inbound({ place, isOrdered: () => true, feeds, store, outbox, send, now })
  }

  get record(): RoomRecord {
    return this.#ports.store.conversation(this.feed)?.room ?? GONE
  }

  get isOpen(): boolean {
    return this.#phase === 'open'
  }

  get isOut(): boolean {
    return this.#phase === 'out'
  }

  /** What a message means to the conversation; undefined: nothing. */
  readonly read = (found: Unwrapped): Letter | Mark | Edit | undefined => {
    const { type, from = '', id } = found.message.attrs
    const peer = this.address
    if (type === 'error') return id === undefined ? undefined : { type: 'bounced', peer, out: false, id }
    const nick = from.slice(peer.length + 1)
    return type === 'groupchat'
      ? readWords(found, { peer, nick, out: nick === this.record.nick, archive: peer })
      : undefined
  }

  /** Asks to be let in. What comes from now on waits for what was missed. */
  enter(): void {
    const { feeds, outbox, store } = this.#ports
    if (feeds.begin(this.address) && this.record.archive) {
      this.#wasLost = true
      store.updateRoom(this.feed, { archive: null })
    }
    this.#visit += 1
    this.#phase = 'entering'
    this.#nicks = 0
    this.#inbound.hold()
    outbox.doubt(({ feed }) => feed === this.feed)
    this.#knock()
  }

  leave(): void {
    this.#end()
    this.#ports.send(writeLeave(`${this.address}/${this.record.nick}`))
  }

  /** Somebody in the room has come or gone, or the room answers. */
  takePresence(presence: XmlElement): void {
    const { type, from = '' } = presence.attrs
    if (type === 'error') {
      if (this.#phase === 'entering') this.#refused(conditionOf(presence))
      return
    }
    const user = childOf(presence, 'x', NS.roomUsers)
    const codes = user ? childrenOf(user, 'status').map(({ attrs }) => attrs['code']) : []
    const nick = from.slice(this.address.length + 1)
    if (!codes.includes('110') && !(type === 'unavailable' && nick === this.record.nick)) return
    if (type === 'unavailable') this.#left(user, codes)
    else this.#came(nick, codes.includes('201'))
  }

  /** Something was said to all, or came back. Resolves when it is stored. */
  takeMessage(found: Unwrapped): Promise<void> | void {
    const { message } = found
    const isUnknown = message.attrs['type'] === 'error' && conditionOf(message) === 'not-acceptable'
    if (isUnknown && !this.#isMended) {
      // The room has forgotten the account, as one that was started anew does.
      this.#isMended = true
      if (this.#phase === 'open') this.enter()
      return
    }
    const read = this.read(found)
    if (read && read.type !== 'bounced') this.#isMended = false
    return read && this.#inbound.take(read)
  }

  #knock(): void {
    const { nick } = this.record
    const history = writeXml('history', { maxstanzas: '0' })
    const join = writeXml('x', { xmlns: NS.rooms }, history)
    const presence = writeXml('presence', { xmlns: NS.client, to: `${this.address}/${nick}` }, join)
    // Without a session the next one asks.
    if (!this.#ports.send(presence)) this.#end()
  }

  #refused(condition: string): void {
    const { store } = this.#ports
    this.#nicks += 1
    if (condition === 'conflict' && this.#nicks < MAX_NICKS) {
      store.updateRoom(this.feed, { nick: `${this.record.nick}_` })
      this.#knock()
      return
    }
    this.#end(condition)
  }

  #left(user: XmlElement | undefined, codes: readonly (string | undefined)[]): void {
    // Another nick, which comes with the next presence.
    if (codes.includes('303')) return
    const isDestroyed = user !== undefined && childOf(user, 'destroy') !== undefined
    const code = codes.find((one) => one !== undefined && one in REASONS)
    this.#end(isDestroyed ? 'destroyed' : (REASONS[code ?? ''] ?? 'out'))
    if (isDestroyed) this.#destroyed()
  }

  #came(nick: string, isNew: boolean): void {
    this.#ports.store.updateRoom(this.feed, { nick, problem: null })
    if (this.#phase !== 'entering') return
    this.#phase = 'reading'
    void this.#catchUp(this.#visit, isNew)
  }

  async #catchUp(visit: number, isNew: boolean): Promise<void> {
    const { ask, archive, host, outbox, markers, failed } = this.#ports
    try {
      if (isNew) await ask('set', OPEN_TO_ALL, this.address)
      const asked = { feeds: host.feeds(), cursor: this.record.archive }
      const unsent = outbox.entries.filter(({ feed }) => feed === this.feed)
      const from = { cursor: asked.cursor, unsent }
      const missed = await readMissed((query) => archive.page(query, this.address), from)
      if (visit !== this.#visit) return
      await this.#inbound.catchUp(missed, asked, this.#wasLost)
      this.#wasLost = false
      if (visit === this.#visit) this.#phase = 'open'
      await markers.pull(this.address)
      await markers.publishDue()
    } catch (error) {
      failed('room', error)
      if (visit !== this.#visit) return
      this.#end()
      if (isTimeout(error)) this.enter()
      return
    }
    if (visit === this.#visit) this.#inbound.release()
    outbox.resend()
  }

  #end(problem: string | null = null): void {
    this.#visit += 1
    this.#phase = 'out'
    this.#inbound.release()
    if (problem !== null) this.#ports.store.updateRoom(this.feed, { problem })
  }
}

/** @param occupant the room's address with the nick there */
export const writeLeave = (occupant: string): string =>
  writeXml('presence', { xmlns: NS.client, to: occupant, type: 'unavailable' })

/** Of a room that was left while something was on its way. */
const GONE: RoomRecord = { nick: '', archive: null, isBookmarked: false, problem: null }

/** What codes of a presence say of how one has left (XEP-0045 §15.6). */
const REASONS: Readonly<Record<string, string>> = {
  ...{ 301: 'banned', 307: 'kicked', 321: 'removed', 322: 'removed' },
}

/** A room that was just made is open as it is, and stays when the last one leaves it (XEP-0045 §10.1). */
const OPEN_TO_ALL = writeXml(
  'query',
  { xmlns: NS.roomOwners },
  submitForm('http://jabber.org/protocol/muc#roomconfig', { 'muc#roomconfig_persistentroom': '1' }),
)
