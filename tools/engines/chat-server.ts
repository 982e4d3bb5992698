/** What every chat server of the tests is called, and the names of what stands beside it. */
export const DOMAIN = 'localhost'
export const ROOMS = 'rooms.localhost'
export const COMPONENT = 'push.localhost'
export const COMPONENT_SECRET = 'a-secret-of-the-tests'

/** How a chat server on loopback is reached: plain JSON, which goes from one process to another. */
export interface ChatAddress {
  readonly name: 'prosody' | 'ejabberd'
  /** For clients over TCP; with STARTTLS and a certificate of its own. */
  readonly clientPort: number
  /** RFC 7395, without TLS. */
  readonly websocketUrl: string
  readonly componentPort: number
  /** Where accounts are made: the API of ejabberd, Prosody's configuration for its own program. */
  readonly accounts: string
}

/** A chat server with one component that anybody who knows its secret may be (XEP-0114). */
export interface ChatServer {
  readonly address: ChatAddress
  /** The end of what it has said. */
  readonly log: string
  /** Resolves when an account would outlive a kill. */
  untilKept(user: string): Promise<void>
  /** Ends it at once. */
  kill(): Promise<void>
  /** Starts it again, with the accounts and messages that it had. */
  run(): Promise<void>
  /** Ends it, and removes what it has. */
  dispose(): Promise<void>
}

/** Seconds, each far shorter than what a server has by itself, so that tests need not wait for minutes. */
export interface ChatTimes {
  /** Without an answer for so long a client counts as away. */
  readonly ackSeconds?: number
  /** How long a session is kept that was cut. */
  readonly resumeSeconds?: number
}

export const DEFAULT_TIMES: Required<ChatTimes> = { ackSeconds: 10, resumeSeconds: 20 }
