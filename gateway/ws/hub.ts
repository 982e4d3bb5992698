import type { Message } from '@herald/protocol'
import type { FeedHead, FeedLog } from '../feeds/feed-log'
import type { SubscriptionEvent, Subscriptions } from '../users/directory'
import type { Connection } from './connection'
import type { FeedStream } from './feed-stream'
import { encodeFrame } from './text-frame'

/**
 * Who hears what: the streams of each feed, the connections of each user, the one connection of each device.
 * A message is framed once, whatever the number of sockets that it goes to.
 */
export class Hub {
  readonly #streams = new Map<string, Set<FeedStream>>()
  readonly #users = new Map<string, Set<Connection>>()
  readonly #devices = new Map<string, Connection>()
  readonly #onDelivered: (count: number) => void

  constructor(log: FeedLog, subscriptions: Subscriptions, onDelivered: (count: number) => void) {
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

  leave(user: string, device: string, connection: Connection): void {
    removeFrom(this.#users, user, connection)
    const key = deviceKey(user, device)
    if (this.#devices.get(key) === connection) this.#devices.delete(key)
  }

  addStream(stream: FeedStream): void {
    addTo(this.#streams, stream.feed, stream)
  }

  removeStream(stream: FeedStream): void {
    removeFrom(this.#streams, stream.feed, stream)
  }

  #onAppend({ feed, epoch }: FeedHead, messages: readonly Message[]): void {
    const streams = this.#streams.get(feed)
    const last = messages.at(-1)?.seq
    if (!streams || last === undefined) return
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
