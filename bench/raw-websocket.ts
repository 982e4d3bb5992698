import { connect, type Socket } from 'node:net'

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
  #received: Buffer = Buffer.alloc(0)
  #phase: 'opening' | 'open' | 'closed' = 'opening'

  constructor(port: number, handlers: WebSocketHandlers) {
    this.#handlers = handlers
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('connect', () => this.#socket.write(OPENING))
    this.#socket.on('data', (chunk) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
      this.#read()
    })
    this.#socket.on('error', () => this.#end(1006, ''))
    this.#socket.on('close', () => this.#end(1006, ''))
  }

  /** Sends a text frame under the mask 0, which leaves the text as it is (RFC 6455 §5.3). */
  send(text: string): void {
    const length = Buffer.byteLength(text)
    const head = length < 126 ? [0x81, 0x80 | length] : [0x81, 0xfe, length >> 8, length & 0xff]
    this.#socket.write(Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), Buffer.from(text)]))
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

  #read(): void {
    if (this.#phase === 'opening') {
      const end = this.#received.indexOf(HEAD_END)
      if (end < 0) return
      if (!this.#received.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) {
        this.#end(1006, '')
        return
      }
      this.#received = this.#received.subarray(end + HEAD_END.length)
      this.#phase = 'open'
      this.#handlers.opened()
    }
    while (this.#phase === 'open' && this.#readFrame());
  }

  #readFrame(): boolean {
    const data = this.#received
    if (data.length < 2) return false
    const short = (data[1] ?? 0) & 0x7f
    const start = short < 126 ? 2 : short === 126 ? 4 : 10
    if (data.length < start) return false
    const length =
      short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2))
    if (data.length < start + length) return false
    const payload = data.subarray(start, start + length)
    this.#received = data.subarray(start + length)
    const opcode = (data[0] ?? 0) & 0x0f
    if (opcode === 1) this.#handlers.text(payload.toString())
    else if (opcode === 8) this.#end(length < 2 ? 1005 : payload.readUInt16BE(0), payload.toString('utf8', 2))
    return true
  }
}
