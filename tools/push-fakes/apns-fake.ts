/**
 * One gate of APNs, production or sandbox, over TLS and HTTP/2 as Apple documents it. It refuses what APNs refuses.
 *
 * ```ts
 * const fake = await startApnsFake({ environment: 'sandbox', keys: [{ teamId, keyId, publicKey }],
 *   devices: [{ token, environment: 'sandbox', topic: 'com.example.app' }] })
 * client.connect(fake.url, { ca: fake.ca })
 * fake.pushes          // what it took, in order; `shown` tells whether the device got it
 * fake.refused         // what it refused, and why
 * fake.tray(token)     // what the device shows now: a collapse id replaces
 * fake.badge(token)
 * fake.setDevice({ token, environment, topic, goneSince: Date.now() })   // 410 with that time
 * fake.setDevice({ ..., offline: true })   // keeps the last push only, until `offline` is off again
 * fake.script({ type: 'answer', status: 503, reason: 'ServiceUnavailable' }, { type: 'hang' })   // the next two
 * fake.goAway('Shutdown'); fake.cut(); fake.limitStreams(10)
 * ```
 */
import { randomUUID } from 'node:crypto'
import {
  constants,
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { ApnsDevices, type ApnsPush } from './apns-devices'
import type { ApnsFake, ApnsFakeOptions, ApnsFault, RefusedPush } from './apns-script'
import { checkProviderToken, type ApnsKey, type TokenHistory } from './apns-provider-tokens'
import {
  refuseBody,
  refuseHeaders,
  refuseTarget,
  tokenOf,
  type ApnsAnswer,
  type ApnsDevice,
  type ApnsRequest,
} from './apns-rules'
import { makeLocalCertificate } from './certificate'

export type { ApnsDevice, ApnsFake, ApnsFakeOptions, ApnsFault, ApnsKey, ApnsPush, RefusedPush }

const DEFAULT_STREAMS = 100

interface Connection {
  readonly tokens: TokenHistory
  open: number
  proven: boolean
}

class Fake implements ApnsFake {
  readonly ca: string
  readonly refused: RefusedPush[] = []
  readonly mostStreams = { before: 0, after: 0 }
  requests = 0
  connections = 0
  readonly #devices: ApnsDevices
  readonly #faults: ApnsFault[] = []
  readonly #sessions = new Map<ServerHttp2Session, Connection>()
  readonly #sockets = new Map<number | undefined, Socket>()
  readonly #options: ApnsFakeOptions
  readonly #now: () => number
  readonly #server
  #streams: number

  constructor(options: ApnsFakeOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#streams = options.maxConcurrentStreams ?? DEFAULT_STREAMS
    this.#devices = new ApnsDevices(this.#now, options.onShown)
    for (const device of options.devices ?? []) this.#devices.set(device)
    const certificate = makeLocalCertificate()
    this.ca = certificate.cert
    this.#server = createSecureServer({
      ...certificate,
      settings: { maxConcurrentStreams: options.announcedStreams ?? 1 },
      minVersion: 'TLSv1.2',
    })
    this.#server.on('connection', (socket: Socket) => {
      const { remotePort } = socket
      this.#sockets.set(remotePort, socket)
      socket.on('close', () => this.#sockets.delete(remotePort))
      socket.on('error', () => undefined) // a client that breaks off is none of this server's faults
    })
    this.#server.on('session', (session) => this.#onSession(session))
    this.#server.on(
      'stream',
      (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]) => {
        void this.#onStream(stream, headers, rawHeaders)
      },
    )
    this.#server.on('sessionError', () => undefined) // as above
  }

  get url(): string {
    return `https://localhost:${String((this.#server.address() as AddressInfo).port)}`
  }

  get pushes(): readonly ApnsPush[] {
    return this.#devices.pushes
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#options.port ?? 0, '127.0.0.1', resolve)
    })
  }

  tray = (token: string) => this.#devices.tray(token)
  badge = (token: string) => this.#devices.badge(token)
  setDevice = (device: ApnsDevice) => this.#devices.set(device)

  script(...faults: ApnsFault[]): void {
    this.#faults.push(...faults)
  }

  unscript(): void {
    this.#faults.length = 0
  }

  goAway(reason: string): void {
    for (const session of this.#sessions.keys()) {
      session.goaway(constants.NGHTTP2_NO_ERROR, 0, Buffer.from(JSON.stringify({ reason })))
      session.close()
    }
  }

  cut(): void {
    for (const socket of this.#sockets.values()) socket.destroy()
  }

  limitStreams(count: number): void {
    this.#streams = count
    for (const [session, { proven }] of this.#sessions) {
      if (proven) session.settings({ maxConcurrentStreams: count })
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.cut()
    await closed
  }

  #onSession(session: ServerHttp2Session): void {
    this.connections += 1
    this.#sessions.set(session, { tokens: {}, open: 0, proven: false })
    session.on('close', () => this.#sessions.delete(session))
    session.on('error', () => undefined) // it closes next
  }

  async #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: string[]) {
    const { session } = stream
    const connection = session && this.#sessions.get(session as ServerHttp2Session)
    stream.on('error', () => undefined) // the client broke off
    if (!connection) return
    connection.open += 1
    stream.on('close', () => (connection.open -= 1))
    const when = connection.proven ? 'after' : 'before'
    this.mostStreams[when] = Math.max(this.mostStreams[when], connection.open)
    if (!connection.proven && connection.open > 1) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM)
      return
    }
    const body = await bodyOf(stream)
    if (body === undefined || stream.destroyed) return
    const request = {
      method: String(headers[':method']),
      path: String(headers[':path']),
      headers: headers as Record<string, string | undefined>,
      rawHeaders,
      body,
    }
    this.requests += 1
    await this.#meet(this.#faults.shift(), stream, connection, request)
  }

  async #meet(
    fault: ApnsFault | undefined,
    stream: ServerHttp2Stream,
    connection: Connection,
    request: ApnsRequest,
  ): Promise<void> {
    if (fault?.type === 'hang') return
    if (fault?.type === 'answer') {
      this.#refuse(request, fault)
      respond(stream, request, fault, fault.headers, fault.body)
      return
    }
    if (fault?.type === 'kill') {
      if (fault.taken) this.#judge(connection, request)
      this.#sockets.get(stream.session?.socket.remotePort)?.destroy()
      return
    }
    if (fault?.type === 'goaway') {
      sendGoAway(stream, fault)
      if (!fault.taken) return
    }
    if (fault?.type === 'wait') await fault.until
    this.#answer(stream, connection, request)
  }

  #answer(stream: ServerHttp2Stream, connection: Connection, request: ApnsRequest): void {
    const answer = this.#judge(connection, request)
    respond(stream, request, answer)
    if (answer.status !== 200 || connection.proven) return
    connection.proven = true
    stream.session?.settings({ maxConcurrentStreams: this.#streams })
  }

  /** Takes or refuses a push. */
  #judge({ tokens }: Connection, request: ApnsRequest): ApnsAnswer {
    const environment = this.#options.environment ?? 'production'
    const { authorization } = request.headers
    const now = this.#now()
    const found = checkProviderToken(authorization, this.#options.keys ?? [], environment, tokens, now)
    const answer =
      refuseHeaders(request) ??
      ('reason' in found ? found : refuseTarget(request, environment, found.key, this.#devices.known)) ??
      refuseBody(request)
    const told = answer ?? { status: 200 }
    this.#options.onAnswered?.(request, told)
    if (answer === undefined) this.#devices.take(request)
    else this.#refuse(request, answer)
    return told
  }

  #refuse({ path, headers }: ApnsRequest, { status, reason, timestamp }: ApnsAnswer): void {
    this.refused.push({
      status,
      ...(reason !== undefined && { reason }),
      ...(timestamp !== undefined && { timestamp }),
      token: tokenOf(path),
      headers,
    })
  }
}

function respond(
  stream: ServerHttp2Stream,
  { headers }: ApnsRequest,
  { status, reason, timestamp }: ApnsAnswer,
  more: Readonly<Record<string, string>> = {},
  body = reason === undefined ? '' : JSON.stringify({ reason, timestamp }),
): void {
  if (stream.destroyed || stream.closed) return
  stream.respond({ ':status': status, 'apns-id': headers['apns-id'] ?? randomUUID(), ...more })
  stream.end(body)
}

function sendGoAway(
  stream: ServerHttp2Stream,
  { taken, reason = 'Shutdown' }: { taken: boolean; reason?: string },
) {
  const { session, id = 1 } = stream
  const opaque = Buffer.from(JSON.stringify({ reason }))
  // Client streams have odd numbers: two less is the one before (RFC 9113 §5.1.1).
  const last = taken ? id : id - 2
  session?.goaway(constants.NGHTTP2_NO_ERROR, Math.max(last, 0), opaque)
  // Node cannot name "none" as the last stream, so the first is refused by itself (RFC 9113 §8.7).
  if (last < 1) stream.close(constants.NGHTTP2_REFUSED_STREAM)
}

/** Starts the fake on a port of the loopback interface. */
export async function startApnsFake(options: ApnsFakeOptions = {}): Promise<ApnsFake> {
  const fake = new Fake(options)
  await fake.listen()
  return fake
}

/** Undefined when the client broke off. */
async function bodyOf(stream: ServerHttp2Stream): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) chunks.push(chunk as Buffer)
  } catch {
    return undefined
  }
  return Buffer.concat(chunks)
}
