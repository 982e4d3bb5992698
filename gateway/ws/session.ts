import {
  HeraldError,
  type AppState,
  type ClientFrame,
  type Cursor,
  type Device,
  type FeedState,
  type Hello,
  type TokenInfo,
  type User,
} from '@herald/protocol'
import type { SubscriptionEvent } from '../contracts/subscriptions'
import type { FeedHead } from '../contracts/feed-log'
import type { Connection } from './connection'
import type { SocketContext } from './context'
import { FeedStream } from './feed-stream'
import { toFrames } from './pushed-frames'
import { encodeFrame } from './wire/text-frame'

const PONG = encodeFrame({ type: 'pong' })

type SessionFrame = Exclude<ClientFrame, Hello>

/** What one device hears and says after its hello was accepted. Its streams write to its connection themselves. */
export class Session {
  readonly user: User
  readonly device: Device
  readonly since: number
  readonly #connection: Connection
  readonly #context: SocketContext
  readonly #token: TokenInfo
  readonly #streams = new Map<string, FeedStream>()
  #appState: AppState

  constructor(
    connection: Connection,
    context: SocketContext,
    principal: { token: TokenInfo; user: User },
    hello: Hello,
  ) {
    this.#connection = connection
    this.#context = context
    this.#token = principal.token
    this.user = principal.user
    this.device = hello.device
    this.#appState = hello.state
    this.since = context.now()
  }

  get tokenId(): string {
    return this.#token.id
  }

  /** How many feeds the device hears. */
  get feedCount(): number {
    return this.#streams.size
  }

  isExpired(now: number): boolean {
    return this.#token.expires !== null && this.#token.expires <= now
  }

  /**
   * Takes the device's place, welcomes it and starts its streams; the older socket of the same device has to go. What
   * comes for the user while the store is asked waits for the welcome. True when there was one.
   */
  async start(cursors: Readonly<Record<string, Cursor>>): Promise<boolean> {
    const { hub, subscriptions, pushes, live, heartbeatMs } = this.#context
    const [user, device] = [this.user.id, this.device.id]
    const { platform, app } = this.device
    const socket = { user, device, platform, app, tokenId: this.tokenId }
    const [hasPlace, feeds, pushed] = await Promise.all([
      hub.join(socket, this.#appState, this.#connection),
      subscriptions.feedsOf(user),
      pushes.pushedTo({ user, device }),
    ])
    if (this.#connection.closed || !hasPlace) return false
    this.#connection.send({ type: 'welcome', user: this.user, heartbeatMs, feeds })
    for (const frame of toFrames(pushed)) this.#connection.send(frame)
    this.#heard()
    live.note(user, device, true)
    for (const state of feeds) this.#openStream(state, cursors[state.feed])
    return true
  }

  leave(): void {
    for (const feed of [...this.#streams.keys()]) this.#closeStream(feed)
    const { hub, presence, live } = this.#context
    const where = hub.leave(this.user.id, this.device.id, this.#connection)
    // What is believed of it is the word of the gateway that has it now.
    if (where === 'elsewhere') presence.forget(this.user.id, this.device.id)
    if (where !== 'gone') return
    presence.left(this.user.id, this.device.id)
    live.note(this.user.id, this.device.id, false)
  }

  onFrame(frame: SessionFrame): void {
    if (frame.type === 'state') this.#appState = frame.state
    this.#heard()
    switch (frame.type) {
      case 'ping':
        this.#connection.sendEncoded(PONG)
        break
      case 'state':
        break
      case 'ack':
        this.#onAck(frame)
        break
      case 'read':
        void this.#onRead(frame)
        break
    }
  }

  /** Something about the user's feeds changed elsewhere. */
  onSubscription(event: SubscriptionEvent): void {
    this.#connection.send(event)
    if (event.type === 'feed') this.#openStream(event.state, undefined)
    if (event.type === 'unfollow') this.#closeStream(event.feed)
  }

  /** What the device follows now, all of it: something may have changed that was not told. */
  onFeeds(feeds: readonly FeedState[]): void {
    const followed = new Set(feeds.map(({ feed }) => feed))
    for (const feed of [...this.#streams.keys()])
      if (!followed.has(feed)) this.onSubscription({ type: 'unfollow', feed })
    for (const state of feeds) this.onSubscription({ type: 'feed', state })
  }

  /** A frame can only come from the app's own JavaScript, so the device's word about itself holds anew. */
  #heard(): void {
    this.#context.presence.heard(this.user.id, this.device.id, this.#appState)
  }

  #openStream(head: FeedHead, cursor: Cursor | undefined): void {
    const { feed } = head
    if (this.#streams.has(feed)) return
    const { log, hub } = this.#context
    const stream = new FeedStream(feed, log, hub.pages, this.#connection)
    this.#streams.set(feed, stream)
    hub.addStream(stream)
    stream.start(cursor, head).catch((error: unknown) => {
      this.#connection.fail(error)
    })
  }

  #closeStream(feed: string): void {
    const stream = this.#streams.get(feed)
    if (!stream) return
    stream.end()
    this.#streams.delete(feed)
    this.#context.hub.removeStream(stream)
  }

  /** An ack of an older epoch, or of what was never sent, says nothing and is dropped. */
  #onAck({ feed, epoch, seq }: Extract<SessionFrame, { type: 'ack' }>): void {
    if (this.#streams.get(feed)?.has(epoch, seq) !== true) return
    const time = this.#context.now()
    const published = this.#context.hub.timeOf(feed, seq)
    if (published !== undefined) this.#context.observer.acked(Math.max(0, time - published))
    this.#context.acks.record({
      user: this.user.id,
      device: this.device.id,
      feed,
      epoch,
      seq,
      time,
    })
  }

  async #onRead({ feed, epoch, ranges }: Extract<SessionFrame, { type: 'read' }>): Promise<void> {
    try {
      await this.#context.subscriptions.markRead(this.user.id, feed, epoch, ranges, this.#connection.name)
    } catch (error) {
      // The feed was left or renewed meanwhile: the client hears so by another frame.
      if (error instanceof HeraldError && (error.code === 'epoch_unknown' || error.code === 'read_forbidden'))
        return
      this.#connection.fail(error)
    }
  }
}
