import type { AppState, Pushed, ReadRanges } from '@herald/protocol'
import type { State } from '../connection/machine'
import type { Change, Inbox } from '../inbox/inbox'
import type { Arrival } from '../inbox/live-inbox'

/** What a source needs of the app. It knows no storage, no store and no alert. */
export interface SourceHost {
  /** What this device holds: cursors to ask from, reads to tell. */
  inbox(): Inbox
  /** Takes a change. Resolves when it is stored and presented; changes of one source come in order. */
  deliver(change: Change, arrival: Arrival): Promise<void>
  /** A push service has shown these: they are listed and counted, and raise no alert. Resolves when that is stored. */
  pushed(pushed: Pushed): Promise<void>
  state(state: State): void
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
