import { createReadStream } from 'node:fs'
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer, type RawData } from 'ws'
import type { Message } from '@herald/protocol'

interface MessagesFrame {
  readonly type: 'messages'
  readonly messages: readonly Message[]
}

const CONTENT_TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }

/**
 * Stands between the page and the gateway. It can hold back messages and then give them at once, so that how fast they
 * were published does not matter, and it serves the usual snippet and its socket, which is fed with the same messages.
 */
export class Relay {
  readonly #gateway: URL
  readonly #snippetFolder: string
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  readonly #server: Server
  readonly #open = new Set<Duplex>()
  #held: Message[] = []
  #heldFrames = 0
  #holder: { client: WebSocket; frame: MessagesFrame } | undefined
  #phase: 'passing' | 'holding' | 'stalled' = 'passing'
  #snippet: WebSocket | undefined
  /** The last seq that the app has acked. */
  acked = 0
  /** The codes that sockets were closed with. */
  readonly closes: number[] = []
  url = ''

  constructor(gatewayUrl: string, snippetFolder: string) {
    this.#gateway = new URL(gatewayUrl)
    this.#snippetFolder = snippetFolder
    this.#server = createServer((request, response) => {
      const path = request.url ?? '/'
      if (path.startsWith('/snippet/')) this.#serveSnippet(path, response)
      // A gateway that hangs: the connection stands, and no answer comes.
      else if (this.#phase !== 'stalled' || !path.startsWith('/v1/')) this.#pass(request, response)
    })
    this.#server.on('connection', (socket: Duplex) => {
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
    })
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (this.#phase === 'stalled') return
      this.#sockets.handleUpgrade(request, socket, head, (client) => {
        if (request.url === '/snippet/socket') this.#snippet = client
        else this.#join(client, request)
      })
    })
  }

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    this.url = `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`
  }

  /** Holds back messages from now on; all else passes. */
  hold(): void {
    this.#phase = 'holding'
    this.#held = []
    this.#heldFrames = 0
  }

  get held(): readonly Message[] {
    return this.#held
  }

  /** In how many frames the gateway has sent what is held. */
  get heldFrames(): number {
    return this.#heldFrames
  }

  /** Gives the app what was held, each message in a frame of its own, as fast as its socket takes them. */
  release(): void {
    const { client, frame } = this.#holder ?? {}
    this.#phase = 'passing'
    for (const message of this.#held) client?.send(JSON.stringify({ ...frame, messages: [message] }))
  }

  /** Gives the snippet what was held, in the same way. */
  releaseToSnippet(): void {
    for (const message of this.#held) this.#snippet?.send(JSON.stringify(message))
  }

  get hasSnippet(): boolean {
    return this.#snippet?.readyState === WebSocket.OPEN
  }

  pass(): void {
    this.#phase = 'passing'
  }

  /** From now on the gateway answers nothing; the app's files are served. */
  stall(): void {
    this.#phase = 'stalled'
  }

  async close(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate()
    for (const socket of this.#open) socket.destroy()
    await new Promise<void>((done) => this.#server.close(() => done()))
  }

  #join(client: WebSocket, request: IncomingMessage): void {
    const { host = '', origin } = request.headers
    const upstream = new WebSocket(
      new URL(request.url ?? '/', this.#gateway.href.replace('http', 'ws')),
      ['herald.v1'],
      {
        perMessageDeflate: false,
        // Apps send no origin.
        headers: { host, ...(origin !== undefined && { origin }) },
      },
    )
    const early: string[] = []
    client.on('message', (bytes) => {
      const text = textOf(bytes)
      this.#noteAck(text)
      if (upstream.readyState === WebSocket.OPEN) upstream.send(text)
      else early.push(text)
    })
    upstream.on('open', () => {
      for (const text of early) upstream.send(text)
    })
    upstream.on('message', (bytes) => {
      const text = textOf(bytes)
      if (this.#phase !== 'holding' || !this.#keep(client, text)) client.send(text)
    })
    client.on('close', () => upstream.terminate())
    upstream.on('close', (code) => {
      this.closes.push(code)
      client.close(code >= 3000 ? code : 1011)
    })
    // What follows an error is a close.
    for (const end of [client, upstream]) end.on('error', () => undefined)
  }

  #noteAck(text: string): void {
    if (!text.startsWith('{"type":"ack"')) return
    const { seq } = JSON.parse(text) as { seq: number }
    this.acked = Math.max(this.acked, seq)
  }

  #keep(client: WebSocket, text: string): boolean {
    const frame = JSON.parse(text) as MessagesFrame | { type: 'other' }
    if (frame.type !== 'messages') return false
    this.#holder = { client, frame }
    this.#held.push(...frame.messages)
    this.#heldFrames += 1
    return true
  }

  #serveSnippet(path: string, response: ServerResponse): void {
    const name = path === '/snippet/' ? 'index.html' : path.slice('/snippet/'.length)
    response.setHeader('Content-Type', CONTENT_TYPES[extname(name)] ?? 'application/octet-stream')
    createReadStream(join(this.#snippetFolder, name))
      .on('error', () => {
        response.statusCode = 404
        response.end()
      })
      .pipe(response)
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const { method, headers, url } = request
    const upstream = httpRequest(new URL(url ?? '/', this.#gateway), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    upstream.on('error', () => response.destroy())
    request.pipe(upstream)
  }
}

/** ws gives each message as one Buffer unless it is told otherwise. */
function textOf(data: RawData): string {
  if (!Buffer.isBuffer(data)) throw new Error('a frame in parts')
  return data.toString()
}
