import type { AppState } from '@herald/protocol'
import type { Change } from '../inbox/inbox'
import type { TabMessage } from '../tabs/tabs'

/** A tab's part among those of its browser: the leader holds the socket, the others follow it. */
export interface TabPart {
  readonly leads: boolean
  readonly isLive: boolean
  /** The user did this here, and it is applied: whoever holds the socket tells the gateway. */
  tell(change: Change): void
  /** Another tab applied this. */
  take(change: Change): void
  /** Another tab said something that is no change. */
  hear(message: TabMessage, from: string): void
  /** The user came to this tab, or left it. */
  visibilityChanged(): void
  /** The app, seen as all its tabs together, came to the foreground or left it. */
  appStateChanged(appState: AppState): void
  networkChanged(network: 'lost' | 'regained'): void
  /** The user wants a connection now. */
  reconnect(): void
  /** Whoever holds the socket lets it go until somebody asks for it. */
  silence(): void
  /** Ends a backoff; does nothing in any other state, such as while the platform has the app suspended. */
  redial(): void
  /** Begins a dial anew that is under way, as for a new token. Answers whether one is. */
  dialAnew(): boolean
  /** The session has a new token. */
  renew(): void
  /** The user took the banner of this tab away. */
  bannerDismissed(): void
  /** Ends it, for good. */
  stop(): void
}
