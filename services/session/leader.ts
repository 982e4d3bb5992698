import { feedKind, type AppState, type ErrorCode, type Message } from '@herald/protocol'
import type { ConnectionView } from '../connection/connection-view'
import type { Change, Inbox } from '../inbox/inbox'
import type { Arrival, LiveInbox } from '../inbox/live-inbox'
import type { PushedRanges, Source, SourceChange, SourceHost } from '../sources/source'
import type { TabMessage } from '../tabs/tabs'
import type { AccountPorts } from './account-ports'
import type { SessionRecord } from './session-record'
import type { TabPart } from './tab-part'
import type { View } from './view'

/** How long another tab of this browser may take to find out that it does not lead any more, in ms. */
export const TAKE_BACK_MS = 1_000

/** Whoever takes the place of this socket twice within this time, in ms, keeps it: two browsers would take turns for ever. */
export const TAKE_BACK_AGAIN_MS = 60_000

/** What the leader stands on. */
export interface LeaderPorts extends Pick<AccountPorts, 'openSource' | 'clock' | 'link' | 'whenHidden'> {
  readonly view: Pick<View, 'connection'>
}

export interface LeaderDuties {
  readonly liveInbox: LiveInbox
  readonly onRefused: (code: ErrorCode) => void
  /** A tab came to be seen, is seen no more, or has gone. */
  readonly onPresence: () => void
  /** The user's log began anew: the gateway's store was restored, and may have forgotten what it was told of this device. */
  readonly onRenewed: () => void
}

/** What only the leading tab does: it holds the source, and tells the other tabs what comes. */
export class Leader implements SourceHost, TabPart {
  readonly leads = true
  readonly #source: Source
  readonly #ports: LeaderPorts
  readonly #duties: LeaderDuties
  #view: ConnectionView = { name: 'stopped', code: null, closeName: null, retryAt: null }
  #phase: 'new' | 'started' | 'ended' = 'new'
  #tookBackAt = Number.NEGATIVE_INFINITY

  constructor(ports: LeaderPorts, session: () => SessionRecord, duties: LeaderDuties) {
    this.#ports = ports
    this.#duties = duties
    const credentials = { server: session().server, token: () => session().token }
    this.#source = ports.openSource(credentials, this, ports.link.roster.appState)
  }

  get isLive(): boolean {
    return this.#view.name === 'live'
  }

  redial(): void {
    if (this.#view.name === 'waiting') this.#source.start()
  }

  dialAnew(): boolean {
    if (this.#view.name !== 'connecting') return false
    this.#source.renew()
    return true
  }

  tell(change: Change): void {
    if (change.type === 'read') this.#source.sendRead(change.feed, change.epoch, change.ranges)
  }

  take(change: Change): void {
    void this.#duties.liveInbox.commit(change)
    this.tell(change)
  }

  hear(message: TabMessage, from: string): void {
    if (message.type === 'presence' || message.type === 'gone') this.#duties.onPresence()
    if (message.type === 'join') void this.welcomeTab(from, message.led === true)
    if (message.type === 'silence') this.silence()
    if (message.type !== 'ask') return
    this.#ports.link.send({ type: 'alive' })
    if (message.reconnect) this.reconnect()
  }

  visibilityChanged(): void {
    this.#duties.onPresence()
  }

  networkChanged(network: 'lost' | 'regained'): void {
    this.#source.setNetwork(network)
  }

  reconnect(): void {
    this.#source.start()
  }

  silence(): void {
    this.#source.suspend()
  }

  renew(): void {
    this.#source.renew()
  }

  /** The banner is this tab's own: there is nobody to tell. */
  bannerDismissed(): void {
    return
  }

  start(): void {
    this.#phase = 'started'
    this.#source.start()
    this.appStateChanged(this.#ports.link.roster.appState)
  }

  stop(): void {
    this.#phase = 'ended'
    this.#source.stop()
  }

  appStateChanged(appState: AppState): void {
    if (this.#phase !== 'started') return
    this.#source.setAppState(appState)
    if (appState === 'background' && this.#ports.whenHidden === 'suspend') this.#source.suspend()
  }

  /** A tab has come: it learns the connection, and that storage now holds all that this tab has. */
  async welcomeTab(id: string, hasLed: boolean): Promise<void> {
    this.#ports.link.send({ type: 'connection', view: this.#view })
    if (hasLed) this.#duties.liveInbox.storeAll()
    await this.#duties.liveInbox.flushed()
    this.#ports.link.send({ type: 'flushed', to: id })
  }

  feeds(): Inbox['feeds'] {
    return this.#duties.liveInbox.inbox.feeds
  }

  rows(feed: string): readonly Message[] {
    return this.#duties.liveInbox.inbox.rows.filter((row) => row.feed === feed)
  }

  async deliver(change: SourceChange, arrival: Arrival): Promise<void> {
    const done = this.#duties.liveInbox.deliver(change, arrival)
    if (change.type === 'reset' && feedKind(change.feed) === 'user') this.#duties.onRenewed()
    // A tab that comes later reads storage, which holds this before `welcomeTab` says so.
    if (!this.#ports.link.isAlone) this.#ports.link.send({ type: 'change', change })
    await done
  }

  async pushed({ feed, epoch, ranges }: PushedRanges): Promise<void> {
    const { liveInbox } = this.#duties
    liveInbox.notePushed(feed, epoch, ranges)
    await liveInbox.flushed()
  }

  connection(view: ConnectionView): void {
    if (this.#phase === 'ended') return
    this.#view = view
    this.#ports.view.connection(this.#view)
    this.#ports.link.send({ type: 'connection', view: this.#view })
    const name = view.name === 'stopped' ? view.closeName : null
    if (
      name === 'token_invalid' ||
      name === 'token_expired' ||
      name === 'token_revoked' ||
      name === 'user_disabled'
    )
      this.#duties.onRefused(name)
    if (name === 'replaced' && this.#ports.link.hasMet) this.#takeBackSoon()
  }

  /** A tab that led before dials when it thaws, and hangs up as soon as it hears of this one. What stays is another browser. */
  #takeBackSoon(): void {
    const { clock } = this.#ports
    if (Math.abs(clock.now() - this.#tookBackAt) < TAKE_BACK_AGAIN_MS) return
    this.#tookBackAt = clock.now()
    clock.setTimeout(() => {
      if (this.#phase !== 'ended' && this.#view.closeName === 'replaced') this.#source.start()
    }, TAKE_BACK_MS)
  }
}
