import {
  connect,
  constants,
  sensitiveHeaders,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
  type Settings,
} from 'node:http2'
import type { Socket } from 'node:net'
import type { ApnsAnswer } from './answers'
import { SharedAborts } from './shared-aborts'

/** A push that got no answer. */
export class SessionFailure extends Error {
  override readonly name = 'SessionFailure'
  /** Whether APNs may have seen the push all the same. */
  readonly unknown: boolean
  /** Whether APNs or the way to it is at fault, and not just this push's turn. */
  readonly provider: boolean

  constructor(message: string, { unknown, provider }: { unknown: boolean; provider: boolean }) {
    super(message)
    this.unknown = unknown
    this.provider = provider
  }
}

/** A push on its way: all that a session writes. */
export interface ApnsRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** An answer, and the provider token that it is the answer to. */
export interface GateAnswer extends ApnsAnswer {
  readonly jwt: string
}

export interface SessionOptions {
  readonly url: string
  /** PEM; absent: the authorities that Node knows. */
  readonly ca: string | undefined
  /** Something changed: room, or the end. */
  readonly onChange: () => void
  /** ms since some start. */
  readonly monotonic: () => number
}

const CONNECT_TIMEOUT_MS = 10_000
/** Apple: keep connections open, and ping those that had nothing to do for an hour. */
const IDLE_PING_MS = 60 * 60_000
const PONG_TIMEOUT_MS = 10_000
/** Whatever the service allows, so that a fault costs at most so many unknown outcomes. */
const MAX_STREAMS = 1000

/** One connection to APNs. What it counts as room follows the rule of the first stream; see `room`. */
export class ApnsSession {
  readonly #session: ClientHttp2Session
  readonly #onChange: () => void
  readonly #idle: NodeJS.Timeout
  readonly #connecting: NodeJS.Timeout
  readonly #aborts = new SharedAborts()
  /** When it was opened, ms since some start. */
  readonly openedAt: number
  /** Streams that APNs grants; undefined until its first SETTINGS. */
  #granted: number | undefined
  #socket: Socket | undefined
  #open = 0
  #answered = false
  #draining = false
  #ended = false
  #pinging = false
  /** After GOAWAY: the last stream that APNs looked at. */
  #lastProcessed = Infinity
  #fault: string | undefined

  constructor({ url, ca, onChange, monotonic }: SessionOptions) {
    this.#onChange = onChange
    this.openedAt = monotonic()
    // A name is looked up anew for every connection: APNs moves load that way.
    this.#session = connect(url, {
      minVersion: 'TLSv1.2',
      settings: { enablePush: false },
      ...(ca !== undefined && { ca }),
    })
    this.#connecting = setTimeout(() => this.#destroy('it did not answer in time'), CONNECT_TIMEOUT_MS)
    this.#idle = setTimeout(() => this.#ping(), IDLE_PING_MS).unref()
    this.#session.on('connect', (_session: ClientHttp2Session, socket: Socket) => (this.#socket = socket))
    this.#session.on('remoteSettings', ({ maxConcurrentStreams }: Settings) => {
      clearTimeout(this.#connecting)
      this.#granted = Math.min(maxConcurrentStreams ?? MAX_STREAMS, MAX_STREAMS)
      this.#onChange()
    })
    this.#session.on('goaway', (_code: number, lastStreamId: number, data?: Buffer) =>
      this.#onGoAway(lastStreamId, data),
    )
    this.#session.on('error', (error: Error) => (this.#fault ??= error.message))
    this.#session.on('close', () => this.#onClose())
  }

  /** Whether anything ever came back on it. */
  get answered(): boolean {
    return this.#answered
  }

  /** Whether it takes no more pushes, ever. */
  get done(): boolean {
    return this.#draining || this.#ended
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Why it ended, if by a fault. */
  get fault(): string | undefined {
    return this.#fault
  }

  /**
   * How many more pushes it takes now. Node puts everything on the wire that is asked before the first SETTINGS, and
   * APNs grants a connection with a provider token one stream until a push on it was answered: so nothing before
   * SETTINGS, then exactly one, then what the service grants.
   */
  get room(): number {
    if (this.#granted === undefined || this.#draining || this.#ended || this.#pinging) return 0
    return (this.#answered ? this.#granted : Math.min(1, this.#granted)) - this.#open
  }

  /** Sends one push. Rejects with SessionFailure. */
  send(request: ApnsRequest, jwt: string, signal: AbortSignal): Promise<GateAnswer> {
    return new Promise((resolve, reject) => {
      let stream: ClientHttp2Stream
      try {
        stream = this.#session.request(requestHeaders(request, `bearer ${jwt}`))
      } catch (error) {
        this.retire() // it takes no more: it is closing, and its events have not come yet
        const message = error instanceof Error ? error.message : String(error)
        reject(new SessionFailure(message, { unknown: false, provider: false }))
        return
      }
      this.#open += 1
      this.#idle.refresh()
      const answer = { status: 0, text: '', retryAfter: undefined as string | undefined, jwt }
      const abort = () => {
        stream.close(constants.NGHTTP2_CANCEL)
        // A connection that is half open closes no stream, so nobody waits for that.
        reject(this.#failureOf(stream, true))
        this.#ping()
      }
      this.#aborts.add(signal, abort)
      stream.on('response', (answered) => {
        answer.status = answered[':status'] ?? 0
        if (answer.status === constants.HTTP_STATUS_OK) return
        answer.retryAfter = answered['retry-after']
        stream.setEncoding('utf8').on('data', (chunk: string) => (answer.text += chunk))
      })
      stream.on('error', ignore) // 'close' comes next and judges
      stream.on('close', () => {
        this.#aborts.delete(signal, abort)
        this.#open -= 1
        // Whatever came after the status, APNs had decided.
        if (answer.status > 0) {
          this.#answered = true
          resolve(answer)
        } else reject(this.#failureOf(stream, false))
        this.#leave()
        this.#onChange()
      })
      // Reading begins at once, which is cheaper than to begin with the answer; nothing is lost of an answer that has
      // a body, because its 'response' comes before its first data.
      stream.resume()
      stream.end(request.body)
    })
  }

  /** Takes no more pushes, and closes when those under way are answered. */
  retire(): void {
    if (this.done) return
    this.#draining = true
    if (this.#granted === undefined) this.#session.destroy()
    else if (!this.#session.closed && !this.#session.destroyed) this.#session.close()
    this.#leave()
    this.#onChange()
  }

  /** Ends at once; pushes under way fail as unknown. */
  destroy(): void {
    this.#destroy('it was closed')
  }

  #destroy(fault: string): void {
    this.#fault ??= fault
    this.#session.destroy()
    this.#socket?.destroy()
  }

  /** Node leaves a session that was closed for the peer to end, and would wait for ever for one that does not. */
  #leave(): void {
    if (!this.#draining || this.#open > 0) return
    this.#session.destroy()
    this.#socket?.destroy()
  }

  #failureOf({ id, rstCode }: ClientHttp2Stream, aborted: boolean): SessionFailure {
    // RFC 9113 §6.8 and §8.7: these were never looked at.
    const untouched =
      id === undefined || id > this.#lastProcessed || rstCode === constants.NGHTTP2_REFUSED_STREAM
    if (untouched) {
      return new SessionFailure('APNs closed the connection before it looked at the push', {
        unknown: false,
        provider: false,
      })
    }
    const why = aborted
      ? 'APNs did not answer in time'
      : `the connection broke: ${this.#fault ?? 'no reason was given'}`
    return new SessionFailure(why, { unknown: true, provider: true })
  }

  /** Finds out whether the connection is dead; it takes no pushes meanwhile. */
  #ping(): void {
    if (this.#pinging || this.#ended || this.#session.destroyed || this.#granted === undefined) return
    this.#pinging = true
    const deadline = setTimeout(() => this.#destroy('it answers no ping'), PONG_TIMEOUT_MS).unref()
    const pong = (error: Error | null) => {
      clearTimeout(deadline)
      this.#pinging = false
      if (error === null) {
        this.#idle.refresh()
        this.#onChange()
      } else this.#destroy(error.message)
    }
    if (!this.#session.ping(pong)) this.#destroy('it takes no ping')
  }

  #onGoAway(lastStreamId: number, data: Buffer | undefined): void {
    this.#lastProcessed = lastStreamId
    const { reason } = readReason(data)
    if (reason !== undefined) this.#fault ??= reason
    this.retire()
  }

  #onClose(): void {
    this.#ended = true
    clearTimeout(this.#connecting)
    clearTimeout(this.#idle)
    this.#onChange()
  }
}

/** Neither is to be put in the table of headers that both ends keep: Apple, and RFC 7541 §7.1.3. */
const SENSITIVE = [':path', 'authorization']

const ignore = (): void => undefined

function requestHeaders({ path, headers }: ApnsRequest, authorization: string): OutgoingHttpHeaders {
  return { ':method': 'POST', ':path': path, authorization, ...headers, [sensitiveHeaders]: SENSITIVE }
}

/** GOAWAY carries the reason as JSON, where there is one. */
function readReason(data: Buffer | undefined): { reason?: string } {
  try {
    const { reason } = { ...(JSON.parse(data?.toString() ?? '') as object) } as { reason?: unknown }
    return typeof reason === 'string' ? { reason } : {}
  } catch {
    return {}
  }
}
