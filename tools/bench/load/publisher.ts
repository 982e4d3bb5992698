import { connect, type Socket } from 'node:net'
import { once } from 'node:events'

/** Takes one message: resolves when the server has accepted it. */
export interface Publisher {
  publish(message: number, text: string): Promise<void>
  close(): void
}

export interface HttpTarget {
  readonly port: number
  /** `%` stands for the number of the feed. */
  readonly path: string
  readonly headers: readonly string[]
  readonly form: 'json' | 'text'
}

/** Publishes by POST over a kept-alive connection, one request at a time: the least that an HTTP client can do. */
export class HttpPublisher implements Publisher {
  readonly #target: HttpTarget
  readonly #feeds: number
  readonly #socket: Socket
  #answer = ''
  #settle: ((error?: Error) => void) | undefined

  private constructor(target: HttpTarget, feeds: number, socket: Socket) {
    this.#target = target
    this.#feeds = feeds
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#onText(text))
    socket.on('error', (error) => this.#settle?.(error))
    socket.on('close', () => this.#settle?.(new Error('the server closed the connection of a publisher')))
  }

  /** @param feeds message m goes to feed m modulo this. */
  static async open(target: HttpTarget, feeds: number): Promise<HttpPublisher> {
    const socket = connect({ port: target.port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new HttpPublisher(target, feeds, socket)
  }

  publish(message: number, text: string): Promise<void> {
    const { path, headers, form } = this.#target
    const body = form === 'json' ? JSON.stringify({ body: text }) : text
    const lines = [
      `POST ${path.replace('%', String(message % this.#feeds))} HTTP/1.1`,
      'Host: 127.0.0.1',
      `Content-Type: ${form === 'json' ? 'application/json' : 'text/plain'}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...headers,
    ]
    return new Promise((resolve, reject) => {
      this.#settle = (error) => {
        this.#settle = undefined
        if (error === undefined) resolve()
        else reject(error)
      }
      this.#socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #onText(text: string): void {
    this.#answer += text
    const end = this.#answer.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.#answer.slice(0, end)
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? NaN)
    if (Number.isNaN(length)) throw new Error(`an answer without a length: ${head}`)
    if (this.#answer.length < end + 4 + length) return
    const status = Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3))
    const answer = this.#answer
    this.#answer = ''
    this.#settle?.(status >= 200 && status < 300 ? undefined : new Error(`a publish was answered ${answer}`))
  }
}
