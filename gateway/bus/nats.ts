import {
  connect,
  credsAuthenticator,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
  type Authenticator,
  type ConnectionOptions,
  type NatsConnection,
} from '@nats-io/transport-node'
import { setTimeout as pause } from 'node:timers/promises'
import type { OpenWire, Wire } from './wire'

/** What a text may have at most, if the servers take that much (they say so), bytes. */
const ROOM_BYTES = 256 * 1024

/** What may be on its way to a server that has not said that it came, bytes; what is more than that is lost, and looked up. */
const MAX_UNFLUSHED_BYTES = 16 * 1024 * 1024

/** How long one server is waited for, ms: a frozen one must not hold up the look at the next. */
const CONNECT_MS = 1000

/** A server that answers none of three pings is left, ms between them: in less than what a lost hint may take. */
const PING_MS = 500
const MAX_PINGS_OUT = 2

const BETWEEN_TRIES_MS = 200

/** How long a start waits for the bus. A gateway without one looks for what the others do. */
const PATIENCE_MS = 3000

/** A connection that stood so long was good: what ends it is news, ms. */
const GOOD_MS = 10_000

/** What goes out before the end may take so long, ms. */
const FLUSH_MS = 1000

export interface NatsOptions {
  readonly servers: readonly string[]
  /** The one subject on which these gateways speak. */
  readonly subject: string
  /** Refuses servers without TLS. `ca`: PEM, when the system does not know who signs. */
  readonly tls: { readonly ca: string | undefined } | undefined
  readonly user: string | undefined
  /** Asked for anew with each connection. */
  readonly secret: (() => string) | undefined
  readonly onFault: (error: unknown) => void
}

/**
 * A wire on core NATS: at most once, which is all that a wire promises. The library's own reconnecting is not used: it waits by
 * the wall clock, and gathers without bound what is sent meanwhile.
 */
export function natsWire(options: NatsOptions): OpenWire {
  return async (onText) => {
    const wire = new NatsWire(options, onText)
    const found = wire.keepOpen()
    await Promise.race([found, pause(PATIENCE_MS, undefined, { ref: false })])
    return wire
  }
}

class NatsWire implements Wire {
  readonly #options: NatsOptions
  readonly #onText: (text: string) => void
  #connection: NatsConnection | undefined
  #room = ROOM_BYTES
  #unflushed = 0
  #isFlushing = false
  #closed = false
  #openedAt = 0
  #lastFault = ''

  constructor(options: NatsOptions, onText: (text: string) => void) {
    this.#options = options
    this.#onText = onText
  }

  get roomBytes(): number {
    return this.#room
  }

  get isOpen(): boolean {
    return this.#connection !== undefined
  }

  send(text: string): void {
    const connection = this.#connection
    // Without a connection, or faster than a server takes it: lost, as others find by its count. The library throws
    // when it is asked to send on what has ended, and tells of the end by a promise.
    if (!connection || connection.isClosed() || this.#unflushed > MAX_UNFLUSHED_BYTES) return
    connection.publish(this.#options.subject, text)
    this.#unflushed += Buffer.byteLength(text)
    if (!this.#isFlushing) void this.#flush(connection)
  }

  async close(): Promise<void> {
    this.#closed = true
    const connection = this.#connection
    if (!connection) return
    await Promise.race([connection.flush().catch(() => undefined), pause(FLUSH_MS)])
    this.#connection = undefined
    await connection.close()
  }

  /** Resolves when there is a connection; looks for another one whenever it ends. */
  async keepOpen(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#open()
        return
      } catch (error) {
        this.#told(error)
        await pause(BETWEEN_TRIES_MS)
      }
    }
  }

  async #open(): Promise<void> {
    const connection = await connect(optionsOf(this.#options))
    let refusal: unknown
    const end = (reason: unknown): void => {
      refusal ??= reason
      void this.#end(connection, reason)
    }
    connection.subscribe(this.#options.subject, {
      callback: (error, message) => {
        if (error) end(error)
        else if (this.#connection === connection) this.#onText(message.string())
      },
    })
    void endOnError(connection, end)
    void connection.closed().then((error) => {
      end(error ?? 'it was closed')
    })
    // The server has it: what others send from now on comes.
    await connection.flush()
    if (refusal !== undefined || this.#closed) {
      await connection.close()
      throw toError(refusal)
    }
    this.#room = Math.min(ROOM_BYTES, connection.info?.max_payload ?? ROOM_BYTES)
    this.#unflushed = 0
    this.#isFlushing = false
    this.#openedAt = performance.now()
    this.#connection = connection
  }

  async #flush(connection: NatsConnection): Promise<void> {
    this.#isFlushing = true
    const bytes = this.#unflushed
    try {
      await connection.flush()
    } catch {
      // It has ended, which is told where it ends.
      return
    }
    if (this.#connection !== connection) return
    this.#unflushed -= bytes
    this.#isFlushing = false
    if (this.#unflushed > 0) await this.#flush(connection)
  }

  /** Whichever connection ends, another one is opened if it was the present one. */
  async #end(connection: NatsConnection, reason: unknown): Promise<void> {
    const isPresent = this.#connection === connection
    if (isPresent) this.#connection = undefined
    await connection.close()
    if (!isPresent || this.#closed) return
    if (performance.now() - this.#openedAt > GOOD_MS) this.#lastFault = ''
    this.#told(reason)
    await pause(BETWEEN_TRIES_MS)
    await this.keepOpen()
  }

  /** Tells of a fault once, however often it comes again. */
  #told(error: unknown): void {
    const fault = String(error)
    const isNews = fault !== this.#lastFault
    this.#lastFault = fault
    if (isNews && !this.#closed) this.#options.onFault(error)
  }
}

/** What a server refuses it says beside. A bus on which one may not speak is none. */
async function endOnError(connection: NatsConnection, end: (error: Error) => void): Promise<void> {
  for await (const status of connection.status()) if (status.type === 'error') end(status.error)
}

const toError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)))

function optionsOf({ servers, tls, user, secret }: NatsOptions): ConnectionOptions {
  const authenticator = authenticatorOf(user, secret)
  return {
    ...{ servers: [...servers], name: 'herald', noEcho: true, reconnect: false },
    ...{ timeout: CONNECT_MS, pingInterval: PING_MS, maxPingOut: MAX_PINGS_OUT },
    ...(tls && { tls: tls.ca === undefined ? {} : { ca: tls.ca } }),
    ...(authenticator && { authenticator }),
  }
}

function authenticatorOf(
  user: string | undefined,
  secret: (() => string) | undefined,
): Authenticator | undefined {
  if (!secret) return undefined
  if (user !== undefined) return usernamePasswordAuthenticator(user, secret)
  const text = secret()
  if (text.includes('BEGIN NATS USER JWT')) return credsAuthenticator(Buffer.from(text))
  // The seed of a user's nkey (NATS, ADR-14).
  if (/^SU[A-Z2-7]{56}$/.test(text)) return nkeyAuthenticator(Buffer.from(text))
  return tokenAuthenticator(text)
}
