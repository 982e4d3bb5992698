import { HeraldError, retryReason, SOCKET_PATH, SUBPROTOCOL, type CloseName } from '@herald/protocol'
import type { IncomingMessage, Server } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Bus } from '../contracts/bus'
import type { Standing } from '../contracts/cluster'
import { afterAnswers, watchAnswers } from '../process/answers'
import { refuseSocket } from '../process/end-socket'
import { hostFault } from '../process/host-header'
import { repeatedHeader } from '../process/single-headers'
import { Connection, type ConnectionHost } from './connection'
import { clock, type SocketContext, type LiveSocket } from './context'
import { endedSince } from './ended-since'
import { answerHandshake } from './wire/handshake'
import { asksForWebsocket, hasBody, ignoreUpgrade } from './wire/ignore-upgrade'
import { JoinQueue } from './join-queue'
import { WebSocket } from './wire/websocket'

const SWEEP_MS = 1000

/** How long a shutdown waits for peers to take their close frame, in ms. */
const CLOSE_GRACE_MS = 1500

export interface EndpointOptions extends SocketContext {
  readonly bus: Pick<Bus, 'on'>
  /** The queue of joins, for tests to hold. */
  readonly joins?: JoinQueue
  /** Whether a page of this origin may open a socket; `undefined` is a client that is no page. */
  isOriginAllowed(origin: string | undefined, request: IncomingMessage): boolean
  /** A device's hello was accepted on this socket. */
  onJoined?(socket: Socket): void
  /** Who is behind a request, past our own proxies. */
  addressOf(request: IncomingMessage): string
  /** Throws `rate_limited`, with `retryAfterS` when it knows it, for an address over its limit. */
  admit(address: string): Promise<void>
  /** Whether the address behind this connection may have one more. */
  claim?(socket: Duplex, address: string): boolean
}

/**
 * `GET /v1/socket`. Upgrades, then lets the connection speak. Faults of the handshake that a browser could not
 * see as an HTTP answer (origin, subprotocol) are told by a close code right after the upgrade.
 */
export class SocketEndpoint implements ConnectionHost {
  readonly joins: JoinQueue
  readonly #options: EndpointOptions
  readonly #connections = new Map<Connection, WebSocket>()
  readonly #sweep: NodeJS.Timeout
  #accepting = true

  constructor(http: Server, options: EndpointOptions) {
    this.#options = options
    this.joins = options.joins ?? new JoinQueue()
    this.#listen(options.bus)
    http.on('connection', ({ destroyed }: Socket) => {
      // Who was refused at the door is nobody that joins should wait for.
      if (!destroyed) this.joins.noteArrival()
    })
    watchAnswers(http)
    http.on('upgrade', (request, socket, head) => {
      socket.on('error', ignoreSocketError)
      afterAnswers(socket, () => {
        const isOurs = asksForWebsocket(request) || pathOf(request) === SOCKET_PATH
        // The answer before was the last one, or its taker has gone.
        if (!socket.writable) socket.destroy()
        else if (isOurs) void this.#onUpgrade(request, socket, head)
        else {
          socket.off('error', ignoreSocketError)
          ignoreUpgrade(http, request, socket, head)
          if (head.length > 0 && !hasBody(request))
            this.#options.breached?.(options.addressOf(request), 'flood')
        }
      })
    })
    this.#sweep = setInterval(() => {
      this.#checkDeadlines()
    }, SWEEP_MS)
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  joined(connection: Connection): void {
    const websocket = this.#connections.get(connection)
    if (websocket !== undefined) this.#options.onJoined?.(websocket.socket)
  }

  forget(connection: Connection): void {
    this.#connections.delete(connection)
  }

  /** The live sockets of a user. */
  socketsOf(user: string): LiveSocket[] {
    return [...this.#connections.keys()].flatMap(({ who }) => (who?.user === user ? [who] : []))
  }

  /** Every live socket. */
  get live(): LiveSocket[] {
    return [...this.#connections.keys()].flatMap(({ who }) => who ?? [])
  }

  /** Has everybody come back, who then hears how the feeds are now. */
  renew(): void {
    for (const connection of this.#connections.keys()) connection.close('feeds_changed')
  }

  /** What has ended in the store ends on live sockets too. */
  end({ tokens, users, devices }: Standing): void {
    const ended = {
      ...{ tokens: new Set(tokens), users: new Set(users) },
      devices: new Set(devices.map(({ user, device }) => `${user} ${device}`)),
    }
    this.#closeWhere(({ user }) => ended.users.has(user), 'user_disabled')
    this.#closeWhere(
      ({ user, device, tokenId }) => ended.tokens.has(tokenId) || ended.devices.has(`${user} ${device}`),
      'token_revoked',
    )
  }

  #listen(bus: Pick<Bus, 'on'>): void {
    const none: Standing = { tokens: [], users: [], devices: [] }
    bus.on('renewed', () => {
      this.renew()
    })
    bus.on('revoked', ({ tokenId }) => {
      this.end({ ...none, tokens: [tokenId] })
    })
    bus.on('user_ended', ({ user }) => {
      this.end({ ...none, users: [user] })
    })
    bus.on('device_ended', ({ at = Infinity, ...device }) => {
      this.end(endedSince(this.live, { ...none, devices: [{ ...device, at }] }, this.#options.now()))
    })
  }

  #closeWhere(matches: (who: LiveSocket) => boolean, name: CloseName): void {
    for (const connection of this.#connections.keys()) {
      const { who } = connection
      if (who && matches(who)) connection.close(name)
    }
  }

  /** Tells everyone to come back, each at a moment of their own within `retryMs`. */
  async close(retryMs: number): Promise<void> {
    this.#accepting = false
    clearInterval(this.#sweep)
    for (const connection of this.#connections.keys())
      connection.close('going_away', retryReason('going_away', retryMs))
    const deadline = clock.elapsed() + CLOSE_GRACE_MS
    while (this.#connections.size > 0 && clock.elapsed() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20))
    for (const websocket of this.#connections.values()) websocket.terminate()
  }

  async #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // First: whoever asks for what there is not shall not ask without a limit.
    const address = this.#options.addressOf(request)
    try {
      await this.#options.admit(address)
    } catch (error) {
      this.#refuseBusy(socket, address, new HeraldError('rate_limited'), retryAfter(error))
      return
    }
    const fault = hostFault(request) ?? repeatedHeader(request)
    if (fault !== undefined) this.#refuseBreach(socket, address, new HeraldError('invalid_header', fault))
    else if (pathOf(request) !== SOCKET_PATH)
      this.#refuseBreach(socket, address, new HeraldError('not_found'))
    else if (this.#options.claim?.(socket, address) === false)
      this.#refuseBusy(
        socket,
        address,
        new HeraldError('rate_limited', 'Too many connections of this address.'),
      )
    else if (!this.#accepting) this.#refuse(socket, new HeraldError('shutting_down'), { 'Retry-After': '2' })
    else this.#accept(request, socket, head, address)
  }

  #refuse(socket: Duplex, error: HeraldError, headers?: Readonly<Record<string, string>>): void {
    const reqId = refuseSocket(socket, error, headers)
    this.#options.observer.answered({ reqId, status: error.status, code: error.code })
  }

  /** Refuses one too many of an address, and has it audited. */
  #refuseBusy(
    socket: Duplex,
    address: string,
    error: HeraldError,
    headers?: Readonly<Record<string, string>>,
  ): void {
    this.#options.refused?.('rate_limited', address)
    this.#refuse(socket, error, headers)
  }

  /** Refuses a handshake that no client of ours sends. */
  #refuseBreach(
    socket: Duplex,
    address: string,
    error: HeraldError,
    headers?: Readonly<Record<string, string>>,
  ): void {
    this.#refuse(socket, error, headers)
    this.#options.breached?.(address)
  }

  #accept(request: IncomingMessage, socket: Duplex, head: Buffer, address: string): void {
    const handshake = answerHandshake(request, SUBPROTOCOL)
    if (!handshake.ok) {
      this.#refuseBreach(socket, address, handshake.error, handshake.headers)
      return
    }
    // A peer that went away during the handshake; and `http` upgrades nothing but sockets.
    if (!socket.readable || !socket.writable || !(socket instanceof Socket)) {
      socket.destroy()
      return
    }
    socket.write(handshake.answer)
    this.#options.observer.answered({ reqId: handshake.id, status: 101 })
    socket.off('error', ignoreSocketError)
    const websocket = new WebSocket(socket)
    const connection = new Connection(websocket, socket, this.#options, this, address)
    this.#connections.set(connection, websocket)
    websocket.listen(connection, head)
    if (!this.#options.isOriginAllowed(request.headers.origin, request)) connection.close('origin_forbidden')
    else if (handshake.subprotocol === undefined) connection.close('subprotocol_required')
  }

  #checkDeadlines(): void {
    const elapsed = clock.elapsed()
    const now = this.#options.now()
    for (const connection of this.#connections.keys()) connection.checkDeadlines(elapsed, now)
  }
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? ''

/** A peer that resets the connection during the handshake needs no answer. */
function ignoreSocketError(): void {
  // Nothing is open yet: there is nobody to tell, and 'close' follows.
}

function retryAfter(error: unknown): Record<string, string> {
  const seconds = error instanceof Error && 'retryAfterS' in error ? Number(error.retryAfterS) : NaN
  return Number.isNaN(seconds) ? {} : { 'Retry-After': String(seconds) }
}
