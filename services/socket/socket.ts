/** What a socket tells. Never called before OpenSocket has returned. */
export interface SocketHandlers {
  /** The handshake is done. At most once, and never after `closed`. */
  open(): void
  /** One text frame. Never after `closed`. */
  message(text: string): void
  /** The socket is over, by whatever cause. Exactly once. 1006 when nobody said why (RFC 6455 §7.4.1). */
  closed(code: number, reason: string): void
}

/** One websocket. */
export interface Socket {
  /** Sends a text frame. Does nothing unless the socket is open: `closed` comes or has come. */
  send(text: string): void
  /** Closes; `closed` follows within seconds, also when the platform never says so. */
  close(code: number, reason: string): void
}

/** Opens a websocket that speaks one subprotocol (RFC 6455 §1.9). Failures come as `closed`, never as a throw. */
export type OpenSocket = (url: string, handlers: SocketHandlers, subprotocol: string) => Socket
