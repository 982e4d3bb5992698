import type { Message } from '@herald/protocol'
import type { Bus, BusEvents } from '../contracts/bus'
import type { FeedHead, FeedLog } from '../contracts/feed-log'
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
}

/**
 * Who hears what: the streams of each feed, the connections of each user, the one connection of each device.
 * A message is framed once, whatever the number of sockets that it goes to.
 */
export class Hub {
  readonly pages: PageFrames
  readonly #streams = new Map<string, Set<FeedStream>>()
  readonly #users = new Map<string, Set<Connection>>()
  readonly #devices = new Map<string, Connection>()
  /** The newest message of each feed since the start, for how long acks take. */
  readonly #newest = new Map<string, Message>()
  readonly #onDelivered: (count: number) => void
  readonly #bus: Bus
  readonly #gateway: string
  #sockets = 0

  constructor({ log, bus, gateway, onDelivered }: HubOptions) {
    this.pages = new PageFrames(log)
    this.#onDelivered = onDelivered
    this.#bus = bus
    this.#gateway = gateway
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
      this.#onPushed(event)
    })
  }

  /** A name for a socket that no other has, of no gateway. */
  nameSocket(): string {
    return `${this.#gateway} ${String((this.#sockets += 1))}`
  }

  /** Adds a connection that said hello. The older one of the same device, wherever it is, goes. */
  join(user: string, device: string, connection: Connection): void {
    addTo(this.#users, user, connection)
    this.#devices.set(deviceKey(user, device), connection)
    this.#bus.tell('joined', { user, device, socket: connection.name })
  }

  /** How many sockets a user has beside the one that this device may have, which a new one replaces. */
  countBeside(user: string, device: string): number {
    return (this.#users.get(user)?.size ?? 0) - Number(this.#devices.has(deviceKey(user, device)))
  }

  /** True when the device has no connection any more; false when a newer one has taken this one's place. */
  leave(user: string, device: string, connection: Connection): boolean {
    removeFrom(this.#users, user, connection)
    const key = deviceKey(user, device)
    return this.#devices.get(key) === connection && this.#devices.delete(key)
  }

  addStream(stream: FeedStream): void {
    addTo(this.#streams, stream.feed, stream)
  }

  removeStream(stream: FeedStream): void {
    removeFrom(this.#streams, stream.feed, stream)
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
  #onJoined({ user, device, socket }: BusEvents['joined']): void {
    for (const connection of this.#users.get(user) ?? [])
      if (connection.name !== socket && connection.who?.device === device) connection.close('replaced')
  }

  /** Tells a device, if it is connected, what was pushed to it. */
  #onPushed({ user, device, spans }: BusEvents['pushed']): void {
    const connection = this.#devices.get(deviceKey(user, device))
    if (connection) for (const frame of toFrames(spans)) connection.tell(frame)
  }
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
