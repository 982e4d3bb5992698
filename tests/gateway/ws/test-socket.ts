import {
  SUBPROTOCOL,
  parseServerFrame,
  type ClientFrame,
  type Hello,
  type ServerFrame,
} from '@herald/protocol'
import { WebSocket } from 'ws'

type FrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>

/** A client that says what a test tells it to, and keeps every frame that it hears until the test asks for it. */
export class TestSocket {
  readonly socket: WebSocket
  readonly closed: Promise<{ code: number; reason: string }>
  readonly heard: ServerFrame[] = []
  #next = 0
  #wake: () => void = () => undefined

  constructor(url: string, options: { origin?: string; protocols?: string[] } = {}) {
    this.socket = new WebSocket(url, options.protocols ?? [SUBPROTOCOL], { origin: options.origin })
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() })
        this.#wake()
      })
    })
    this.socket.on('error', () => {
      // A refused handshake ends in 'close' too, which the test awaits.
    })
    this.socket.on('message', (data: Buffer) => {
      const parsed = parseServerFrame(data.toString())
      if (!parsed.ok)
        throw new Error(
          `the gateway sent what it may not: ${parsed.detail}: ${data.toString().slice(0, 200)}`,
        )
      this.heard.push(parsed.frame)
      this.#wake()
    })
  }

  async opened(): Promise<this> {
    await new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject))
    return this
  }

  send(frame: ClientFrame | object): void {
    this.sendText(JSON.stringify(frame))
  }

  sendText(text: string | Buffer): void {
    this.socket.send(text)
  }

  /** The next frame that was not taken yet. */
  async next(): Promise<ServerFrame> {
    while (this.#next >= this.heard.length) {
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error('the socket closed before another frame came')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const frame = this.heard[this.#next++]
    if (!frame) throw new Error('no frame')
    return frame
  }

  /** The next frame of a type; frames of other types before it are passed over. */
  async nextOf<Type extends ServerFrame['type']>(type: Type): Promise<FrameOf<Type>> {
    for (;;) {
      const frame = await this.next()
      if (frame.type === type) return frame as FrameOf<Type>
    }
  }

  /** All seqs of a feed that came so far, as they came. */
  seqs(feed: string): number[] {
    return this.heard.flatMap((frame) =>
      frame.type === 'messages' && frame.feed === feed ? frame.messages.map(({ seq }) => seq) : [],
    )
  }

  /** Resolves when a seq of a feed has come. */
  async untilSeq(feed: string, seq: number): Promise<void> {
    while (!this.seqs(feed).includes(seq)) await this.next()
  }
}

/** A well-formed hello. */
export function helloOf(token: string, changes: Partial<Hello> = {}): Hello {
  const device = { id: 'device-0001', platform: 'h5' as const }
  return { type: 'hello', token, device, state: 'foreground', cursors: {}, ...changes }
}
