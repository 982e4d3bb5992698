import { connect, type Socket } from 'node:net'
import { clientFrame, FrameScanner, opcodes } from './load/websocket-frames'

const HEAD_END = Buffer.from('\r\n\r\n')
const OPENING =
  'GET /v1/socket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: herald.v1\r\n\r\n'

export interface WebSocketHandlers {
  opened(): void
  text(text: string): void
  closed(code: number, reason: string): void
}

/** A websocket client (RFC 6455) of as few lines as ten thousand of them in one process need: no checks, text only. */
export class RawWebSocket {
  readonly #socket: Socket
  readonly #handlers: WebSocketHandlers
  readonly #frames = new FrameScanner()
  #head: Buffer = Buffer.alloc(0)
  #phase: 'opening' | 'open' | 'closed' = 'opening'

  constructor(port: number, handlers: WebSocketHandlers) {
    this.#handlers = handlers
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('connect', () => this.#socket.write(OPENING))
    this.#socket.on('data', (chunk) => {
      this.#take(chunk)
    })
    this.#socket.on('error', () => this.#end(1006, ''))
    this.#socket.on('close', () => this.#end(1006, ''))
  }

  send(text: string): void {
    this.#socket.write(clientFrame(text))
  }

  /** Drops the connection; nothing is told any more. */
  destroy(): void {
    this.#phase = 'closed'
    this.#socket.destroy()
  }

  #end(code: number, reason: string): void {
    if (this.#phase === 'closed') return
    this.destroy()
    this.#handlers.closed(code, reason)
  }

  #take(chunk: Buffer): void {
    if (this.#phase === 'open') this.#scan(chunk)
    if (this.#phase !== 'opening') return
    this.#head = Buffer.concat([this.#head, chunk])
    const end = this.#head.indexOf(HEAD_END)
    if (end < 0) return
    if (!this.#head.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) {
      this.#end(1006, '')
      return
    }
    const rest = this.#head.subarray(end + HEAD_END.length)
    this.#phase = 'open'
    this.#handlers.opened()
    this.#scan(rest)
  }

  #scan(chunk: Buffer): void {
    this.#frames.scan(chunk, (opcode, bytes, start, end) => {
      if (this.#phase !== 'open') return
      if (opcode === opcodes.text) this.#handlers.text(bytes.toString('utf8', start, end))
      else if (opcode === opcodes.close)
        this.#end(end - start < 2 ? 1005 : bytes.readUInt16BE(start), bytes.toString('utf8', start + 2, end))
    })
  }
}
