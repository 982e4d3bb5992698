import { connect, type Socket } from 'node:net'
import { once } from 'node:events'

const HEAD_END = Buffer.from('\r\n\r\n')

/**
 * One keep-alive connection that sends a request and waits for its answer, written to cost as little as it can: the
 * load must not be what is measured. It knows of HTTP what the gateway's answers need: a status and a Content-Length.
 */
export class HttpSender {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #onAnswer: ((body: string) => void) | undefined
  #onFault: ((error: Error) => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
      this.#read()
    })
    socket.on('error', (error) => this.#onFault?.(error))
    socket.on('close', () => this.#onFault?.(new Error('the gateway closed a connection')))
  }

  static async open(port: number): Promise<HttpSender> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new HttpSender(socket)
  }

  /** Sends the bytes of a whole request; resolves with the answer's body, rejects when its status is not 2xx. */
  send(request: Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#onAnswer = resolve
      this.#onFault = reject
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#onFault = undefined
    this.#socket.destroy()
  }

  #read(): void {
    const end = this.#received.indexOf(HEAD_END)
    if (end < 0) return
    const head = this.#received.toString('latin1', 0, end)
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1])
    const start = end + HEAD_END.length
    if (this.#received.length < start + length) return
    const body = this.#received.toString('utf8', start, start + length)
    this.#received = this.#received.subarray(start + length)
    if (head.startsWith('HTTP/1.1 2')) this.#onAnswer?.(body)
    else this.#onFault?.(new Error(`${head.slice(0, 40)}: ${body}`))
  }
}

/** The bytes of a publish. */
export function publishRequest(feed: string, token: string, content: object): Buffer {
  const body = JSON.stringify(content)
  return Buffer.from(
    `POST /v1/feeds/${feed}/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
