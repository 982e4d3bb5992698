import { childOf, escapeXml, textOf, writeXml, type XmlElement } from '@herald/protocol'
import type { OutboxEntry } from './chat-record'
import { NS } from './namespaces'
import { bareOf } from './origin'
import type { OwnNode } from './own-node'
import { Room, writeLeave, type RoomPorts } from './room'

export interface RoomsPorts extends RoomPorts {
  readonly bookmarks: OwnNode
  /** What the account is called in a room where nothing else was said. */
  readonly nick: string
}

/** The rooms of an account: those that are bookmarked are entered, on all its devices (XEP-0402). */
export class Rooms {
  readonly #ports: RoomsPorts
  readonly #rooms = new Map<string, Room>()
  #syncing: Promise<void> = Promise.resolve()

  constructor(ports: RoomsPorts) {
    this.#ports = ports
    for (const [feed, { peer, room }] of Object.entries(ports.store.record.conversations))
      if (room) this.#open(feed, peer)
  }

  /** There is a session. In another one than before no room knows the account. */
  ready(resumed: boolean): Promise<void> {
    for (const room of this.#rooms.values()) {
      const { problem } = room.record
      if (problem === 'destroyed') continue
      // Whom a room has thrown out comes back with the next session, and not with the next breath.
      const isDue = room.isOut && (problem === null || problem === 'out')
      if (!resumed || isDue) room.enter()
    }
    return this.sync()
  }

  /** Enters a room, now or as soon as there is a session, and makes it if there is none. @returns its feed */
  join(room: string): string {
    const address = room.trim().toLowerCase()
    const known = this.#rooms.get(address)
    if (known && !known.isOut) return known.feed
    const { store, nick } = this.#ports
    this.#isLeft(address)
    const joined = known ?? this.#add(address, nick)
    store.updateRoom(joined.feed, { problem: 'out' })
    joined.enter()
    void this.sync()
    return joined.feed
  }

  /** Nothing of it stays on this device, nor, when they hear of it, on the account's others. */
  leave(feed: string): void {
    const { store } = this.#ports
    const room = [...this.#rooms.values()].find((one) => one.feed === feed)
    if (!room) return
    store.update({ leaving: [...store.record.leaving, `${room.address}/${room.record.nick}`] })
    this.#forget(room)
    void this.sync()
  }

  isOpen({ peer }: Pick<OutboxEntry, 'peer'>): boolean {
    return this.#rooms.get(peer)?.isOpen === true
  }

  /** Undefined: there is no such room. */
  of(address: string): Room | undefined {
    return this.#rooms.get(bareOf(address))
  }

  /** The room that sends a message to all, or sends it back; undefined: it is another one. */
  roomOf({ attrs }: XmlElement): Room | undefined {
    const { type, from = '' } = attrs
    const isOfRoom = type === 'groupchat' || (type === 'error' && !from.includes('/'))
    return isOfRoom ? this.of(from) : undefined
  }

  /** One after the other: what one has told the next one finds. */
  sync(): Promise<void> {
    this.#syncing = this.#syncing
      .then(() => this.#sync())
      .catch((error: unknown) => {
        this.#ports.failed('bookmarks', error)
      })
    return this.#syncing
  }

  async #sync(): Promise<void> {
    const { bookmarks, store, send } = this.#ports
    for (const occupant of store.record.leaving) {
      // It was left without a network.
      send(writeLeave(occupant))
      await this.#unmark(bareOf(occupant))
      this.#isLeft(bareOf(occupant))
    }
    const items = await bookmarks.items()
    if (items) this.#compare(new Map(items.flatMap(bookmarksIn)))
    for (const room of this.#rooms.values()) {
      const { isBookmarked, problem } = room.record
      if (isBookmarked) {
        // Whoever enters it again makes another one.
        if (problem === 'destroyed') {
          store.updateRoom(room.feed, { isBookmarked: false })
          await this.#unmark(room.address)
        }
      } else if (problem !== 'destroyed') await this.#mark(room)
    }
  }

  /** Rooms that another device has entered or left. @param marked nicks by the rooms' addresses */
  #compare(marked: ReadonlyMap<string, string>): void {
    const { store, nick } = this.#ports
    for (const [address, wanted] of marked) {
      if (store.record.leaving.some((occupant) => bareOf(occupant) === address)) continue
      const known = this.#rooms.get(address)
      const room = known ?? this.#add(address, wanted || nick)
      store.updateRoom(room.feed, { isBookmarked: true })
      if (!known) room.enter()
    }
    for (const room of [...this.#rooms.values()])
      if (room.record.isBookmarked && !marked.has(room.address)) this.#forget(room)
  }

  /** It was told, or is not so any more. */
  #isLeft(address: string): void {
    const { store } = this.#ports
    store.update({ leaving: store.record.leaving.filter((occupant) => bareOf(occupant) !== address) })
  }

  async #mark(room: Room): Promise<void> {
    const nick = writeXml('nick', {}, escapeXml(room.record.nick))
    if (await this.#ports.bookmarks.publish(room.address, writeBookmark('true', nick)))
      this.#ports.store.updateRoom(room.feed, { isBookmarked: true })
  }

  /** ejabberd tells other devices of what is changed, and not of what is taken away. */
  async #unmark(address: string): Promise<void> {
    await this.#ports.bookmarks.publish(address, writeBookmark('false'))
    await this.#ports.bookmarks.retract(address)
  }

  #add(address: string, nick: string): Room {
    const { feeds, store } = this.#ports
    const feed = feeds.feedOf(address)
    const room = { nick, archive: null, isBookmarked: false, problem: 'out' }
    store.updateConversation(feed, address, { room })
    return this.#open(feed, address)
  }

  #open(feed: string, address: string): Room {
    const destroyed = (): void => void this.sync()
    const room = new Room(this.#ports, { feed, address, destroyed })
    this.#rooms.set(address, room)
    return room
  }

  #forget(room: Room): void {
    const { host, store, outbox } = this.#ports
    room.leave()
    this.#rooms.delete(room.address)
    outbox.drop(room.feed)
    const { [room.feed]: _, ...conversations } = store.record.conversations
    store.update({ conversations })
    void host.deliver({ type: 'unfollow', feed: room.feed }, { catchUp: false })
  }
}

const writeBookmark = (autojoin: string, ...content: string[]): string =>
  writeXml('conference', { xmlns: NS.bookmarks, autojoin }, ...content)

/** A room that is to be entered, with the nick there; none, if it is not. */
function bookmarksIn(item: XmlElement): [string, string][] {
  const conference = childOf(item, 'conference', NS.bookmarks)
  const address = bareOf(item.attrs['id'] ?? '')
  const isEntered = /^(?:true|1)$/.test(conference?.attrs['autojoin'] ?? '')
  if (!conference || !isEntered || !/^[^@\s]+@[^@\s]+$/.test(address)) return []
  const nick = childOf(conference, 'nick')
  return [[address, nick ? textOf(nick).trim() : '']]
}
