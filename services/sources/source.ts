import type { AppState, Message, ReadRanges } from '@herald/protocol'
import type { ConnectionView } from '../connection/connection-view'
import type { ChangeOf, Inbox } from '../inbox/inbox'
import type { Arrival } from '../inbox/live-inbox'

/**
 * What a source says of its feeds. The messages of a feed have seqs that go up by one, from any number on, in one life of its log
 * (`epoch`): a source whose server counts none counts by itself, and begins another life when it cannot tell what it
 * missed. `feed` and `unfollow` are deltas: a feed that is not named stays as it is. `welcome` is many of them at the start
 * of a connection. What is said twice, in whatever order, does no harm.
 */
export type SourceChange = ChangeOf<
  'welcome' | 'feed' | 'unfollow' | 'messages' | 'gap' | 'reset' | 'read' | 'revise'
>

/** Seqs of a feed that a push service has shown on this device. */
export interface PushedRanges {
  readonly feed: string
  readonly epoch: string
  readonly ranges: ReadRanges
}

/** What a source needs of the app. It knows no storage, no store and no alert. */
export interface SourceHost {
  /** What this device holds of each feed, those of other sources too: cursors to ask from, reads to tell. */
  feeds(): Inbox['feeds']
  /** The messages of a feed that this device holds, newest first. */
  rows(feed: string): readonly Message[]
  /** Takes a change. Resolves when it is stored and presented; changes of one source come in order. */
  deliver(change: SourceChange, arrival: Arrival): Promise<void>
  /** A push service has shown these: they are listed and counted, and raise no alert. Resolves when that is stored. */
  pushed(pushed: PushedRanges): Promise<void>
  /** How its connection is. Stopped for `token_invalid`, `token_expired`, `token_revoked` or `user_disabled`: the session ends. */
  connection(view: ConnectionView): void
}

/** Where a source asks, and as whom. */
export interface SourceCredentials {
  /** The server's address, `https://host`. */
  readonly server: string
  /** Asked for at each connection: a session gets new ones. */
  readonly token: () => string
}

/** Makes the source that a user's messages come from. Whoever uses it does not know which it is. */
export type OpenSource = (credentials: SourceCredentials, host: SourceHost, appState: AppState) => Source

/** Where messages come from: the gateway's socket, an XMPP server … */
export interface Source {
  /** Connects, and stays connected. Does nothing when it is. */
  start(): void
  /** There is a new token: the connection goes on with it, at once where there is one. */
  renew(): void
  /** Disconnects until `start`. */
  stop(): void
  /** Disconnects until the app is in the foreground again: the platform freezes it. */
  suspend(): void
  /** The app came to the foreground or left it. */
  setAppState(state: AppState): void
  setNetwork(network: 'lost' | 'regained'): void
  /** Tells that the user has read; what cannot be told now is told at the next connection. */
  sendRead(feed: string, epoch: string, ranges: ReadRanges): void
}
