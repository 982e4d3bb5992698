import {
  closeCodes,
  HeraldError,
  HELLO_TIMEOUT_MS,
  parseClientFrame,
  retryReason,
  type ClientFrame,
  type CloseName,
  type FeedState,
  type Hello,
  type ServerFrame,
} from '@herald/protocol'
import type { Duplex } from 'node:stream'
import type { SubscriptionEvent } from '../contracts/subscriptions'
import { clock, isBreach, isRefusal, tokenCloses, type LiveSocket, type SocketContext } from './context'
import type { StreamOutput } from './feed-stream'
import { FrameBudget } from './frame-budget'
import type { JoinQueue } from './join-queue'
import { Outbox } from './outbox'
import { readPlainFrame } from './plain-frames'
import { Session } from './session'
import { encodeFrame } from './wire/text-frame'
import type { WebSocket, WebSocketOwner } from './wire/websocket'

type Phase =
  | { readonly name: 'awaiting_hello' }
  /** `early` is what came for the user while the store was asked: it follows the welcome. */
  | { readonly name: 'joining'; readonly early: (() => void)[]; readonly session?: Session }
  | { readonly name: 'live'; readonly session: Session }
  | { readonly name: 'closed' }

/** What a connection needs of its websocket. */
export type WebSocketEnd = Pick<WebSocket, 'close' | 'checkDeadline'>

/** What all connections share of the endpoint that has them. */
export interface ConnectionHost {
  readonly joins: JoinQueue
  /** The socket is gone. */
  forget(connection: Connection): void
  /** Its hello was accepted. */
  joined(connection: Connection): void
}

/**
 * One socket, from its opening to its close: reads frames, checks them, and hands what is well-formed to the
 * session that hello began. Every breach has a close code of its own.
 */
export class Connection implements WebSocketOwner, StreamOutput {
  /** What the bus calls it. */
  readonly name: string
  readonly #websocket: WebSocketEnd
  readonly #context: SocketContext
  readonly #host: ConnectionHost
  readonly #outbox: Outbox
  readonly #address: string
  readonly #budget = new FrameBudget(clock.elapsed())
  readonly #openedAt = clock.elapsed()
  #heardAt = clock.elapsed()
  #phase: Phase = { name: 'awaiting_hello' }
  #closeDetail: string | undefined

  /** @param address who is behind it, for the audit. */
  constructor(
    websocket: WebSocketEnd,
    socket: Duplex,
    context: SocketContext,
    host: ConnectionHost,
    address = '',
  ) {
    this.#address = address
    this.#host = host
    this.#websocket = websocket
    this.#context = context
    this.name = context.hub.nameSocket()
    this.#outbox = new Outbox(socket)
    context.observer.opened()
  }

  get closed(): boolean {
    return this.#phase.name === 'closed'
  }

  /** Who it is; undefined before hello was accepted. */
  get who(): LiveSocket | undefined {
    const session = this.#session
    if (!session) return undefined
    const { user, device, tokenId, since } = session
    return { user: user.id, device: device.id, platform: device.platform, app: device.app, tokenId, since }
  }

  get #session(): Session | undefined {
    return 'session' in this.#phase ? this.#phase.session : undefined
  }

  send(frame: ServerFrame): void {
    this.sendEncoded(encodeFrame(frame))
  }

  /** Tells the device something about its user, behind the welcome. */
  tell(frame: ServerFrame): void {
    this.#afterWelcome(() => {
      this.send(frame)
    })
  }

  sendEncoded(frame: Buffer): void {
    if (!this.closed && !this.#outbox.push(frame)) this.close('slow_reader')
  }

  /** Resolves when the peer has taken most of what was sent. */
  ready(): Promise<void> {
    return this.#outbox.ready()
  }

  /** A read that was not stored must come again: the client sends what the next welcome does not know. */
  fail(error: unknown): void {
    if (!this.closed) this.#closeForError(error)
  }

  onSubscription(event: SubscriptionEvent): void {
    this.#afterWelcome(() => {
      if (this.#phase.name === 'live') this.#phase.session.onSubscription(event)
    })
  }

  /** Tells the device all that it follows, behind the welcome. */
  onFeeds(feeds: readonly FeedState[]): void {
    this.#afterWelcome(() => {
      if (this.#phase.name === 'live') this.#phase.session.onFeeds(feeds)
    })
  }

  #afterWelcome(act: () => void): void {
    if (this.#phase.name === 'joining') this.#phase.early.push(act)
    else act()
  }

  /** Closes with a code of the catalogue. `reason` adds to the name, ASCII, at most 123 bytes in all. */
  close(name: CloseName, reason: string = name, detail?: string): void {
    if (this.closed) return
    this.#closeDetail = detail
    this.#tellRefusal(name)
    // Before a hello there is nothing to say: a client that is too busy has joined.
    const isFlood = name === 'rate_limited' && !this.#session
    if (isBreach(name)) this.onBreach(isFlood ? 'flood' : undefined)
    if (name !== 'slow_reader') this.#outbox.flush()
    this.#websocket.close(closeCodes[name], reason)
    this.#end(closeCodes[name], name)
  }

  /** A token that ends on a live socket was let in before, and its end has a line of its own. */
  #tellRefusal(name: CloseName): void {
    if (isRefusal(name) && (!this.#session || name === 'rate_limited'))
      this.#context.refused?.(name, this.#address, this.who?.tokenId)
  }

  /** What the sweep looks at: silence, a missing hello, an expired token. */
  checkDeadlines(elapsed: number, now: number): void {
    this.#websocket.checkDeadline(elapsed)
    if (this.#phase.name === 'awaiting_hello' && elapsed - this.#openedAt > HELLO_TIMEOUT_MS) {
      this.close('hello_timeout')
    } else if (elapsed - this.#heardAt > 2 * this.#context.heartbeatMs) {
      this.close('idle')
    } else if (this.#phase.name === 'live' && this.#phase.session.isExpired(now)) {
      this.close('token_expired')
    }
  }

  /** Whether one more frame is within the budget, a ping, a pong or a part of a message too. */
  onFrame(): boolean {
    const feeds = this.#phase.name === 'live' ? this.#phase.session.feedCount : 0
    if (this.#budget.take(clock.elapsed(), feeds)) return true
    this.close('rate_limited')
    return false
  }

  /** Only messages break the silence: a network stack sends pings for an app that is frozen. */
  onText(payload: Buffer): void {
    this.#heardAt = this.#budget.takenAt
    this.#onText(payload.toString())
  }

  onBinary(): void {
    this.close('bad_frame', 'bad_frame', 'not a text frame')
  }

  onTooLarge(): void {
    this.close('frame_too_large')
  }

  onBreach(how?: 'flood'): void {
    this.#context.breached?.(this.#address, how)
  }

  onProblem(detail: string): void {
    this.#closeDetail ??= detail
  }

  onEnded(code: number): void {
    this.#end(code, 'peer')
  }

  /** The socket is gone, whoever ended it. */
  onSocketClosed(code: number): void {
    this.#end(code, 'peer')
    this.#host.forget(this)
  }

  #end(code: number, name: string): void {
    if (this.#phase.name === 'closed') return
    const session = this.#session
    this.#phase = { name: 'closed' }
    this.#outbox.close()
    session?.leave()
    this.#context.observer.closed({
      code,
      name,
      user: session?.user.id,
      device: session?.device.id,
      detail: this.#closeDetail,
    })
  }

  #onText(text: string): void {
    const plain = readPlainFrame(text)
    if (plain !== undefined) {
      this.#context.observer.received(plain.type)
      this.#onFrame(plain)
      return
    }
    const parsed = parseClientFrame(text)
    if (!parsed.ok) {
      this.close(parsed.problem === 'unknown' ? 'unknown_frame' : 'bad_frame', undefined, parsed.detail)
      return
    }
    this.#context.observer.received(parsed.frame.type)
    this.#onFrame(parsed.frame)
  }

  #onFrame(frame: ClientFrame): void {
    if (frame.type === 'hello') {
      if (this.#phase.name === 'awaiting_hello') this.#queue(frame)
      else this.close('unexpected_hello')
    } else if (this.#phase.name === 'live') {
      this.#phase.session.onFrame(frame)
    } else if (this.#phase.name === 'awaiting_hello') {
      this.close('hello_expected')
    }
    // Frames that overtake the welcome are dropped: the client may only ping then, and the welcome answers that.
  }

  #queue(hello: Hello): void {
    this.#phase = { name: 'joining', early: [] }
    const retryMs = this.#host.joins.enter(async () => {
      if (!this.closed) await this.#join(hello)
    })
    if (retryMs > 0) this.close('busy', retryReason('busy', retryMs))
  }

  async #join(hello: Hello): Promise<void> {
    try {
      const { token, user } = await this.#context.authenticate(hello.token)
      if (this.closed) return
      if (!user || !token.scopes.read) {
        this.close('token_invalid', 'token_invalid', 'the token may not read')
        return
      }
      const { hub, maxUserSockets = 0 } = this.#context
      if (maxUserSockets > 0 && hub.countBeside(user.id, hello.device.id) >= maxUserSockets) {
        this.close('too_many_sockets')
        return
      }
      await this.#welcome(new Session(this, this.#context, { token, user }, hello), hello)
    } catch (error) {
      this.#closeForError(error)
    }
  }

  /** The session has the device's place from here on, and is live when it has said welcome. */
  async #welcome(session: Session, { cursors, device }: Hello): Promise<void> {
    const early: (() => void)[] = []
    this.#phase = { name: 'joining', early, session }
    if (!(await session.start(cursors))) return
    this.#phase = { name: 'live', session }
    this.#host.joined(this)
    for (const act of early) act()
    this.#context.observer.joined({ user: session.user.id, device: device.id, platform: device.platform })
  }

  #closeForError(error: unknown): void {
    const code = error instanceof HeraldError ? error.code : undefined
    const name =
      code !== undefined && code in tokenCloses ? tokenCloses[code as keyof typeof tokenCloses] : 'internal'
    if (name === 'internal') this.#context.observer.fault(error)
    this.close(name)
  }
}
