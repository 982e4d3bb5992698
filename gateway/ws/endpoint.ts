import { retryReason, SUBPROTOCOL } from '@herald/protocol'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { Connection } from './connection'
import { clock, type SocketContext } from './context'
import { JoinQueue } from './join-queue'

export const SOCKET_PATH = '/v1/socket'

/** Above this `ws` itself ends the socket with 1009; below it, ours says `frame_too_large` in words. */
const HARD_FRAME_LIMIT_BYTES = 256 * 1024

const SWEEP_MS = 1000

/** How long a shutdown waits for peers to take their close frame, in ms. */
const CLOSE_GRACE_MS = 1500

export interface EndpointOptions extends SocketContext {
  /** Whether a page of this origin may open a socket; `undefined` is a client that is no page. */
  isOriginAllowed(origin: string | undefined, request: IncomingMessage): boolean
  /** Throws `rate_limited`, with `retryAfterS` when it knows it, for an address over its limit. */
  admit(request: IncomingMessage): Promise<void>
}

/**
 * `GET /v1/socket`. Upgrades, then lets the connection speak. Faults of the handshake that a browser could not
 * see as an HTTP answer (origin, subprotocol) are told by a close code right after the upgrade.
 */
export class SocketEndpoint {
  readonly #options: EndpointOptions
  readonly #connections = new Set<Connection>()
  readonly #joins = new JoinQueue()
  readonly #server: WebSocketServer
  readonly #sweep: NodeJS.Timeout
  #accepting = true

  constructor(http: Server, options: EndpointOptions) {
    this.#options = options
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: HARD_FRAME_LIMIT_BYTES,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    })
    options.log.onRenew(() => {
      for (const connection of this.#connections) connection.close('feeds_changed')
    })
    http.on('upgrade', (request, socket, head) => {
      void this.#onUpgrade(request, socket, head)
    })
    this.#sweep = setInterval(() => {
      this.#checkDeadlines()
    }, SWEEP_MS)
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Ends the sockets of a token that was revoked. */
  revoke(tokenId: string): void {
    for (const connection of this.#connections)
      if (connection.tokenId === tokenId) connection.close('token_revoked')
  }

  /** Tells everyone to come back, each at a moment of their own within `retryMs`. */
  async close(retryMs: number): Promise<void> {
    this.#accepting = false
    clearInterval(this.#sweep)
    for (const connection of this.#connections)
      connection.close('going_away', retryReason('going_away', retryMs))
    const deadline = clock.elapsed() + CLOSE_GRACE_MS
    while (this.#server.clients.size > 0 && clock.elapsed() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20))
    for (const websocket of this.#server.clients) websocket.terminate()
  }

  async #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', ignoreSocketError)
    const path = (request.url ?? '').split('?', 1)[0]
    if (path !== SOCKET_PATH) refuse(socket, '404 Not Found', 'not_found')
    else if (!this.#accepting) refuse(socket, '503 Service Unavailable', 'shutting_down')
    else {
      try {
        await this.#options.admit(request)
      } catch (error) {
        refuse(socket, '429 Too Many Requests', 'rate_limited', retryAfter(error))
        return
      }
      this.#server.handleUpgrade(request, socket, head, (websocket) => {
        this.#onSocket(websocket, socket, request)
      })
    }
  }

  #onSocket(websocket: WebSocket, socket: Duplex, request: IncomingMessage): void {
    const connection = new Connection(websocket, socket, this.#options, this.#joins)
    this.#connections.add(connection)
    websocket.on('close', (code) => {
      connection.onSocketClosed(code)
      this.#connections.delete(connection)
    })
    if (!this.#options.isOriginAllowed(request.headers.origin, request)) connection.close('origin_forbidden')
    else if (websocket.protocol !== SUBPROTOCOL) connection.close('subprotocol_required')
  }

  #checkDeadlines(): void {
    const elapsed = clock.elapsed()
    const now = clock.now()
    for (const connection of this.#connections) connection.checkDeadlines(elapsed, now)
  }
}

/** A peer that resets the connection during the handshake needs no answer. */
function ignoreSocketError(): void {
  // Nothing is open yet: there is nobody to tell, and 'close' follows.
}

function retryAfter(error: unknown): string {
  const seconds = error instanceof Error && 'retryAfterS' in error ? Number(error.retryAfterS) : NaN
  return Number.isNaN(seconds) ? '' : `Retry-After: ${String(seconds)}\r\n`
}

function refuse(socket: Duplex, status: string, code: string, headers = ''): void {
  const body = JSON.stringify({
    error: { code, message: status.slice(4), retryable: !status.startsWith('404') },
  })
  socket.end(
    `HTTP/1.1 ${status}\r\n${headers}Content-Type: application/json\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`,
  )
}
