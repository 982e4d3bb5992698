import { feedKind, type AppState, type ReadRanges } from '@herald/protocol'
import type { Source, SourceHost } from './source'

/** One source of two: the gateway's, where there is one, and a chat server's that may come later and go. */
export class SourceWithChats implements Source {
  readonly #first: Source | null
  readonly #onStop: () => void
  #chats: Source | null = null
  #isStarted = false
  appState: AppState

  /** @param onStop the tab leads no more, or nobody is signed in */
  constructor(first: Source | null, appState: AppState, onStop: () => void) {
    this.#first = first
    this.#onStop = onStop
    this.appState = appState
  }

  /** Null: there are no chats any more; whoever takes them away ends them. */
  setChats(chats: Source | null): void {
    this.#chats = chats
    if (this.#isStarted) chats?.start()
  }

  start(): void {
    this.#isStarted = true
    this.#first?.start()
    this.#chats?.start()
  }

  /** The gateway's token is no concern of a chat server beside it. */
  renew(): void {
    const renewed = this.#first ?? this.#chats
    renewed?.renew()
  }

  stop(): void {
    this.#isStarted = false
    this.#first?.stop()
    this.#chats?.stop()
    this.#onStop()
  }

  suspend(): void {
    this.#first?.suspend()
    this.#chats?.suspend()
  }

  setAppState(state: AppState): void {
    this.appState = state
    this.#first?.setAppState(state)
    this.#chats?.setAppState(state)
  }

  setNetwork(network: 'lost' | 'regained'): void {
    this.#first?.setNetwork(network)
    this.#chats?.setNetwork(network)
  }

  sendRead(feed: string, epoch: string, ranges: ReadRanges): void {
    const source = feedKind(feed) === 'chat' ? this.#chats : this.#first
    source?.sendRead(feed, epoch, ranges)
  }
}

/** What a chat account fills. How the connection to the gateway is, is for the gateway's source to say, where there is one. */
export const chatHost = (host: SourceHost, isAlone: boolean): SourceHost => ({
  feeds: () => host.feeds(),
  rows: (feed) => host.rows(feed),
  deliver: (change, arrival) => host.deliver(change, arrival),
  pushed: (pushed) => host.pushed(pushed),
  connection: (view) => {
    if (isAlone) host.connection(view)
  },
})
