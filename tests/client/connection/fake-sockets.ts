import type { OpenSocket, SocketHandlers } from '@/services/socket/socket'

/** One socket under a test's hands. */
export class FakeSocket {
  readonly url: string
  readonly subprotocol: string
  readonly handlers: SocketHandlers
  readonly sent: string[] = []
  closedWith: { code: number; reason: string } | null = null

  constructor(url: string, handlers: SocketHandlers, subprotocol: string) {
    this.url = url
    this.subprotocol = subprotocol
    this.handlers = handlers
  }

  /** The frames that were sent. */
  get frames(): { type: string }[] {
    return this.sent.map((text) => JSON.parse(text) as { type: string })
  }

  /** Brings a frame to the client. */
  bring(frame: unknown): void {
    this.handlers.message(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }
}

/** Sockets in the order in which they were opened. */
export class FakeSockets {
  readonly all: FakeSocket[] = []

  readonly open: OpenSocket = (url, handlers, subprotocol) => {
    const socket = new FakeSocket(url, handlers, subprotocol)
    this.all.push(socket)
    return {
      send: (text) => socket.sent.push(text),
      close: (code, reason) => {
        socket.closedWith = { code, reason }
      },
    }
  }

  get last(): FakeSocket {
    const socket = this.all.at(-1)
    if (!socket) throw new Error('no socket was opened')
    return socket
  }

  /** Sockets that nobody has closed. */
  get unclosed(): FakeSocket[] {
    return this.all.filter((socket) => socket.closedWith === null)
  }
}
