import type { Socket } from 'node:net'
import { FrameReader, type FrameSink } from './frame-reader'
import { encodeClose, encodePong } from './text-frame'

/** Above this a message ends the socket with 1009 before it is read; below it, ours says `frame_too_large` in words. */
const HARD_MESSAGE_LIMIT_BYTES = 256 * 1024

/** How long a peer may take to answer a close frame, ms. */
const CLOSE_TIMEOUT_MS = 30_000

/** Its owner's end of a websocket. */
export interface WebSocketOwner {
  onText(payload: Buffer): void
  onBinary(): void
  /** Something that the close code does not say. */
  onProblem(detail: string): void
  /** The socket is gone; 1006 where no close frame came. */
  onSocketClosed(code: number): void
}

const owned = Symbol('websocket')

/** A socket knows its websocket by a field, so that all sockets share their listeners. */
interface OwnedSocket extends Socket {
  [owned]: WebSocket
}

/**
 * The gateway's end of one upgraded socket (RFC 6455): reads frames, answers pings, closes in order. What the gateway
 * sends goes past it, through the outbox.
 */
export class WebSocket implements FrameSink {
  readonly #socket: Socket
  #owner: WebSocketOwner | undefined
  readonly #reader = new FrameReader()
  #phase: 'open' | 'closing' | 'over' = 'open'
  /** What the peer's close frame said. */
  #code = 1006
  /** When our close frame went out, ms of the clock that is given to `checkDeadline`. */
  #closingSince: number | undefined

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Begins to read. @param head bytes that came behind the upgrade request. */
  listen(owner: WebSocketOwner, head: Buffer): void {
    const socket = Object.assign(this.#socket, { [owned]: this })
    this.#owner = owner
    socket.setTimeout(0)
    socket.setNoDelay(true)
    socket.on('data', onData)
    socket.on('end', onEnd)
    socket.on('error', onError)
    socket.on('close', onClose)
    if (head.length > 0) socket.unshift(head)
  }

  /** Sends a close frame and waits for the peer's; the reason is ASCII of at most 123 bytes. */
  close(code: number, reason: string): void {
    if (this.#phase !== 'open') return
    this.#phase = 'closing'
    this.#socket.write(encodeClose(code, reason))
  }

  terminate(): void {
    this.#socket.destroy()
  }

  /** Ends a socket whose peer does not answer a close frame. @param elapsed ms of a clock that never jumps. */
  checkDeadline(elapsed: number): void {
    if (this.#phase === 'open') return
    this.#closingSince ??= elapsed
    if (elapsed - this.#closingSince > CLOSE_TIMEOUT_MS) this.terminate()
  }

  onBytes(bytes: Buffer): void {
    if (this.#phase === 'over') return
    const fault = this.#reader.read(bytes, this, HARD_MESSAGE_LIMIT_BYTES)
    if (fault === undefined) return
    this.#owner?.onProblem(fault.detail)
    this.close(fault.code, '')
    this.#finish()
  }

  onText(payload: Buffer): void {
    if (this.#phase !== 'over') this.#owner?.onText(payload)
  }

  onBinary(): void {
    if (this.#phase !== 'over') this.#owner?.onBinary()
  }

  onPing(payload: Buffer): void {
    if (this.#phase === 'open') this.#socket.write(encodePong(payload))
  }

  /** The peer closes, or answers our close: the server ends the connection (§7.1.1). */
  onClose(code: number): void {
    this.#code = code
    // §5.5.1: the same code comes back. 1005 is never sent (§7.4.1).
    this.close(code === 1005 ? 1000 : code, '')
    this.#finish()
  }

  /** The peer has ended its half without a close frame, or after it. */
  onEnd(): void {
    this.#finish()
  }

  onError(detail: string): void {
    this.#owner?.onProblem(detail)
  }

  onSocketClosed(): void {
    this.#phase = 'over'
    this.#owner?.onSocketClosed(this.#code)
  }

  /** Nothing more is read; what was written still goes out. */
  #finish(): void {
    this.#phase = 'over'
    this.#socket.end()
  }
}

function onData(this: Socket, bytes: Buffer): void {
  ;(this as OwnedSocket)[owned].onBytes(bytes)
}

function onEnd(this: Socket): void {
  ;(this as OwnedSocket)[owned].onEnd()
}

function onError(this: Socket, error: Error): void {
  ;(this as OwnedSocket)[owned].onError(error.message)
}

function onClose(this: Socket): void {
  ;(this as OwnedSocket)[owned].onSocketClosed()
}
