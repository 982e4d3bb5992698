import type { Message, ServerFrame } from '@herald/protocol'
import type { FeedHead, FeedLog } from '../contracts/feed-log'
import type { SubscriptionEvent, Subscriptions } from '../contracts/subscriptions'
import type { Connection } from './connection'
import type { FeedStream } from './feed-stream'
import { PageFrames } from './page-frames'
import { encodeFrame } from './wire/text-frame'

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

  constructor(log: FeedLog, subscriptions: Subscriptions, onDelivered: (count: number) => void) {
    this.pages = new PageFrames(log)
    this.#onDelivered = onDelivered
    log.onAppend((head, messages) => {
      this.#onAppend(head, messages)
    })
    log.onHead((head) => {
      this.#onHead(head)
    })
    subscriptions.onChange((user, event, origin) => {
      this.#onChange(user, event, origin)
    })
  }

  /** Adds a connection that said hello. Answers the older connection of the same device, which must go. */
  join(user: string, device: string, connection: Connection): Connection | undefined {
    addTo(this.#users, user, connection)
    const key = deviceKey(user, device)
    const older = this.#devices.get(key)
    this.#devices.set(key, connection)
    return older
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

  /** Sends to one device, if it is connected. */
  sendTo(user: string, device: string, frame: ServerFrame): void {
    this.#devices.get(deviceKey(user, device))?.tell(frame)
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

  #onAppend({ feed, epoch }: FeedHead, messages: readonly Message[]): void {
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
  #onHead({ feed, epoch, from }: FeedHead): void {
    const streams = this.#streams.get(feed)
    if (!streams || from < 2) return
    const frame = encodeFrame({ type: 'gap', feed, epoch, from: 1, to: from - 1, reason: 'trimmed' })
    for (const stream of streams) stream.onTrim(frame)
  }

  #onChange(user: string, event: SubscriptionEvent, origin: object | undefined): void {
    for (const connection of this.#users.get(user) ?? []) {
      if (connection !== origin) connection.onSubscription(event)
    }
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
