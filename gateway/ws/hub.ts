import type { AppState, FeedState, Message } from '@herald/protocol'
import type { Bus, BusEvents } from '../contracts/bus'
import type { FeedHead, FeedLog } from '../contracts/feed-log'
import type { SharedSocket } from '../contracts/cluster'
import type { Connection } from './connection'
import type { FeedStream } from './feed-stream'
import { PageFrames } from './page-frames'
import { toFrames } from './pushed-frames'
import { encodeFrame } from './wire/text-frame'

interface HubOptions {
  readonly log: FeedLog
  readonly bus: Bus
  /** Names this gateway among those that share a store. */
  readonly gateway: string
  readonly onDelivered: (count: number) => void
  /**
   * Takes a device's place among all gateways; undefined when a later socket has it already. Absent: this gateway is alone,
   * or the order of the clock will do.
   */
  readonly takePlace?: TakePlace | undefined
}

export type TakePlace = (socket: SharedSocket, state: AppState) => Promise<number | undefined>

/**
 * Who hears what: the streams of each feed, the connections of each user, the one connection of each device.
 * A message is framed once, whatever the number of sockets that it goes to.
 */
export class Hub {
  readonly pages: PageFrames
  readonly #streams = new Map<string, Set<FeedStream>>()
  readonly #users = new Map<string, Set<Connection>>()
  readonly #devices = new Map<string, Connection>()
  /** The place of each device's connection, and of the latest elsewhere while that is asked for. */
  readonly #places = new Map<string, number>()
  /** The newest message of each feed since the start, for how long acks take. */
  readonly #newest = new Map<string, Message>()
  readonly #onDelivered: (count: number) => void
  readonly #bus: Bus
  readonly #gateway: string
  readonly #takePlace: TakePlace
  #sockets = 0

  constructor({ log, bus, gateway, onDelivered, takePlace = placeByTime() }: HubOptions) {
    this.pages = new PageFrames(log)
    this.#onDelivered = onDelivered
    this.#bus = bus
    this.#gateway = gateway
    this.#takePlace = takePlace
    bus.on('grew', ({ head }) => {
      this.grew(head)
    })
    bus.on('appended', ({ head, messages }) => {
      this.#onAppended(head, messages)
    })
    bus.on('trimmed', ({ head }) => {
      this.#onTrimmed(head)
    })
    bus.on('changed', (event) => {
      this.#onChanged(event)
    })
    bus.on('joined', (event) => {
      this.#onJoined(event)
    })
    bus.on('pushed', (event) => {
      this.pushed(event)
    })
  }

  /** A name for a socket that no other has, of no gateway. */
  nameSocket(): string {
    return `${this.#gateway} ${String((this.#sockets += 1))}`
  }

  /**
   * Adds a connection that said hello. The older one of the same device, wherever it is, goes. False: a later one has the
   * place already.
   */
  async join(socket: SharedSocket, state: AppState, connection: Connection): Promise<boolean> {
    const { user, device } = socket
    const key = deviceKey(user, device)
    addTo(this.#users, user, connection)
    this.#devices.set(key, connection)
    this.#places.delete(key)
    this.#closeOthers(user, device, connection.name)
    const place = await this.#takePlace(socket, state)
    if (connection.closed || this.#devices.get(key) !== connection) return false
    if (place === undefined || (this.#places.get(key) ?? 0) > place) {
      this.#replace(key, connection)
      return false
    }
    this.#places.set(key, place)
    this.#bus.tell('joined', { user, device, socket: connection.name, place })
    return true
  }

  /** How many sockets a user has beside the one that this device may have, which a new one replaces. */
  countBeside(user: string, device: string): number {
    return (this.#users.get(user)?.size ?? 0) - Number(this.#devices.has(deviceKey(user, device)))
  }

  /** Where the device is now: nowhere, or at a newer connection, of this gateway or of another. */
  leave(user: string, device: string, connection: Connection): 'gone' | 'here' | 'elsewhere' {
    removeFrom(this.#users, user, connection)
    const key = deviceKey(user, device)
    const present = this.#devices.get(key)
    if (present === undefined) return 'elsewhere'
    if (present !== connection) return 'here'
    this.#devices.delete(key)
    this.#places.delete(key)
    return 'gone'
  }

  addStream(stream: FeedStream): void {
    addTo(this.#streams, stream.feed, stream)
  }

  removeStream(stream: FeedStream): void {
    removeFrom(this.#streams, stream.feed, stream)
  }

  /** The feeds that somebody here hears, each with the life of its log. */
  get heard(): Map<string, string> {
    const heard = new Map<string, string>()
    for (const [feed, [stream]] of this.#streams) if (stream) heard.set(feed, stream.epoch)
    return heard
  }

  /** A feed's log goes as far as its head. */
  grew({ feed, head }: FeedHead): void {
    for (const stream of this.#streams.get(feed) ?? []) stream.onHead(head)
  }

  /** What a user's sockets may not have been told of. */
  refresh(user: string, feeds: readonly FeedState[]): void {
    for (const connection of this.#users.get(user) ?? []) connection.onFeeds(feeds)
  }

  /** Another gateway has the device's place. */
  replaced(user: string, device: string): void {
    const key = deviceKey(user, device)
    const connection = this.#devices.get(key)
    if (connection) this.#replace(key, connection)
  }

  /** Tells a device, if it is connected, what was pushed to it. */
  pushed({ user, device, spans }: BusEvents['pushed']): void {
    const connection = this.#devices.get(deviceKey(user, device))
    if (connection) for (const frame of toFrames(spans)) connection.tell(frame)
  }

  /** When a feed's newest message came, if `seq` is that one, ms since 1970. */
  timeOf(feed: string, seq: number): number | undefined {
    const newest = this.#newest.get(feed)
    return newest?.seq === seq ? newest.time : undefined
  }

  #onAppended({ feed, epoch }: FeedHead, messages: readonly Message[]): void {
    const newest = messages.at(-1)
    if (newest === undefined) return
    this.#newest.set(feed, newest)
    const streams = this.#streams.get(feed)
    if (!streams) return
    const last = newest.seq
    let frame: Buffer | undefined
    const shared = (): Buffer => (frame ??= encodeFrame({ type: 'messages', feed, epoch, messages }))
    for (const stream of streams) stream.onAppend(messages, last, shared)
    this.#onDelivered(streams.size * messages.length)
  }

  /** Retention moved the beginning of a feed: what lies before it is gone. */
  #onTrimmed({ feed, epoch, from }: FeedHead): void {
    const streams = this.#streams.get(feed)
    if (!streams || from < 2) return
    const frame = encodeFrame({ type: 'gap', feed, epoch, from: 1, to: from - 1, reason: 'trimmed' })
    for (const stream of streams) stream.onTrim(frame)
  }

  #onChanged({ user, change, origin }: BusEvents['changed']): void {
    for (const connection of this.#users.get(user) ?? []) {
      if (connection.name !== origin) connection.onSubscription(change)
    }
  }

  /** Closes the older sockets of a device: another one has its place, here or at another gateway. */
  #onJoined({ user, device, socket, place }: BusEvents['joined']): void {
    const key = deviceKey(user, device)
    const connection = this.#devices.get(key)
    if (connection === undefined || connection.name === socket) return
    // One that came before has told so late; and one whose place is asked for is compared when it has it.
    const mine = this.#places.get(key)
    if (mine === undefined || mine > place) this.#places.set(key, Math.max(mine ?? 0, place))
    else this.#replace(key, connection)
  }

  #replace(key: string, connection: Connection): void {
    this.#devices.delete(key)
    this.#places.delete(key)
    connection.close('replaced')
  }

  #closeOthers(user: string, device: string, socket: string): void {
    for (const connection of this.#users.get(user) ?? [])
      if (connection.name !== socket && connection.who?.device === device) connection.close('replaced')
  }
}

/** Places by the clock, none of them twice. */
function placeByTime(): TakePlace {
  let last = 0
  return () => Promise.resolve((last = Math.max(last + 1, Date.now())))
}

/** Ids hold no blank, so the key is unambiguous. */
const deviceKey = (user: string, device: string): string => `${user} ${device}`

function addTo<Key, Value>(map: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const set = map.get(key)
  if (set) set.add(value)
  else map.set(key, new Set([value]))
}

function removeFrom<Key, Value>(map: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const set = map.get(key)
  set?.delete(value)
  if (set?.size === 0) map.delete(key)
}
