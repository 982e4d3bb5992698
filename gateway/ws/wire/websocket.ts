import { MAX_INBOUND_FRAME_BYTES } from '@herald/protocol'
import type { Socket } from 'node:net'
import { FrameReader, type FrameSink } from './frame-reader'
import { encodeClose, encodePong } from './text-frame'

/** How long a peer may take to end the connection after a close frame, ms. */
const CLOSE_TIMEOUT_MS = 2000

/** What a peer may still send after our close frame, unread: it cannot know at once. Above it the socket is cut, bytes. */
const MAX_AFTER_CLOSE_BYTES = 1024 * 1024

/** Its owner's end of a websocket. */
export interface WebSocketOwner {
  /** A frame came, of whatever kind, or a part of one. False: it is one too many, and the owner has closed the socket. */
  onFrame(): boolean
  onText(payload: Buffer): void
  onBinary(): void
  /** A frame's header names more bytes than a message may have; the payload is not waited for. The owner closes. */
  onTooLarge(): void
  /** No frame is read any more, and none may be sent: the peer closed, or broke the framing. */
  onEnded(code: number): void
  /** The peer broke the framing; `flood`: it went on behind our close frame for longer than it could not know of it. */
  onBreach(how?: 'flood'): void
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
  /** Gone with our close frame: nothing is read or kept after it. */
  #reader: FrameReader | undefined = new FrameReader()
  #phase: 'open' | 'closing' | 'over' = 'open'
  /** Payload of the newest ping that has no pong yet, while an older pong is on its way. */
  #ping: Buffer | undefined
  #isPongOnItsWay = false
  #bytesAfterClose = 0
  /** The peer is within a frame that is too large, of which it may have sent the rest before it can know. */
  #isOversized = false
  /** What the peer's close frame said. */
  #code = 1006
  /** When our close frame was first seen to be out, ms of the clock that is given to `checkDeadline`. */
  #closingSince: number | undefined

  constructor(socket: Socket) {
    this.#socket = socket
  }

  get socket(): Socket {
    return this.#socket
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

  /**
   * Sends a close frame, and ends our half of the connection behind it: what the peer sends from now on, its own close
   * frame too, would change nothing. The reason is ASCII of at most 123 bytes.
   */
  close(code: number, reason: string): void {
    if (this.#phase !== 'open') return
    this.#phase = 'closing'
    this.#reader = undefined
    this.#ping = undefined
    this.#socket.end(encodeClose(code, reason))
  }

  terminate(): void {
    this.#socket.destroy()
  }

  /** Ends a socket whose peer does not end it after a close frame. @param elapsed ms of a clock that never jumps. */
  checkDeadline(elapsed: number): void {
    if (this.#phase === 'open') return
    this.#closingSince ??= elapsed
    if (elapsed - this.#closingSince > CLOSE_TIMEOUT_MS) this.terminate()
  }

  onBytes(bytes: Buffer): void {
    if (this.#reader === undefined) {
      this.#bytesAfterClose += bytes.length
      if (this.#bytesAfterClose > MAX_AFTER_CLOSE_BYTES) this.#cutFlood()
      return
    }
    const fault = this.#reader.read(bytes, this, MAX_INBOUND_FRAME_BYTES)
    if (fault === undefined || this.#phase !== 'open') return
    if (fault.code === 1009) {
      this.#isOversized = true
      this.#owner?.onTooLarge()
      return
    }
    this.#owner?.onBreach()
    this.#owner?.onProblem(fault.detail)
    this.close(fault.code, '')
    this.#owner?.onEnded(fault.code)
  }

  #cutFlood(): void {
    if (!this.#isOversized) this.#owner?.onBreach('flood')
    this.terminate()
  }

  onFrame(): boolean {
    return this.#phase === 'open' && this.#owner?.onFrame() === true
  }

  onText(payload: Buffer): void {
    this.#owner?.onText(payload)
  }

  onBinary(): void {
    this.#owner?.onBinary()
  }

  /** §5.5.3: of pings that come faster than their pongs are taken only the newest is answered. */
  onPing(payload: Buffer): void {
    if (this.#isPongOnItsWay) this.#ping = Buffer.from(payload)
    else this.#pong(payload)
  }

  /** The peer closes, or answers our close: the server ends the connection (§7.1.1). */
  onClose(code: number): void {
    this.#code = code
    // §5.5.1: the same code comes back. 1005 is never sent (§7.4.1).
    this.close(code === 1005 ? 1000 : code, '')
    this.#owner?.onEnded(code)
  }

  /** The peer has ended its half without a close frame, or after it. */
  onEnd(): void {
    this.#phase = 'over'
    this.#reader = undefined
    this.#socket.end()
    this.#owner?.onEnded(this.#code)
  }

  onError(detail: string): void {
    this.#owner?.onProblem(detail)
  }

  onSocketClosed(): void {
    this.#phase = 'over'
    this.#reader = undefined
    this.#owner?.onSocketClosed(this.#code)
  }

  #pong(payload: Buffer): void {
    this.#isPongOnItsWay = true
    this.#socket.write(encodePong(payload), () => {
      this.#isPongOnItsWay = false
      const ping = this.#ping
      this.#ping = undefined
      if (ping !== undefined && this.#phase === 'open') this.#pong(ping)
    })
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
