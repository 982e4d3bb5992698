/** What one server's protocol asks of a subscriber's socket. */
export interface Dialect {
  /** `Sec-WebSocket-Protocol` that is asked for. */
  readonly subprotocol?: string
  /** The socket's path on the server. */
  path(socket: number): string
  /** Frames that go out as soon as the socket is open. */
  greet(socket: number): readonly Buffer[]
  /** Whether the socket is subscribed as soon as it is open, without a word of the server's. */
  readonly subscribedWhenOpen: boolean
  /**
   * A frame that came. `subscribed`: from now on the socket gets every message. `messages`: it may hold messages.
   * Frames to answer with go to `reply`.
   */
  onFrame(frame: DialectFrame, reply: (frame: Buffer) => void): 'subscribed' | 'messages' | 'other'
  /** What a socket says after it got messages, and how long it then says it not again, ms; `now` is of any clock. */
  readonly ack?: { frame(socket: number): Buffer; pauseMs(socket: number, now: number): number }
  /** What each socket says once in `everyMs`. */
  readonly heartbeat?: { readonly everyMs: number; readonly frame: Buffer }
}

/** A frame's payload is `bytes[start..end)`, good only during the call. */
export interface DialectFrame {
  readonly socket: number
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}
