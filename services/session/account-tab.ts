import type { ErrorCode } from '@herald/protocol'
import type { Change, Inbox } from '../inbox/inbox'
import { LiveInbox } from '../inbox/live-inbox'
import type { Presenter } from '../presentation/presenter'
import { PresentedLedger } from '../presented/presented-ledger'
import type { TabMessage } from '../tabs/tabs'
import type { AccountPorts } from './account-ports'
import { Alerts } from './alerts'
import { Follower } from './follower'
import { Leader } from './leader'
import { Rejoin } from './rejoin'
import type { SessionRecord } from './session-record'
import type { TabPart } from './tab-part'

/** How long a change from one tab to another may take. */
const TAB_SWITCH_MS = 250

/** What a tab tells. */
interface TabListeners {
  /** This tab holds the socket now, or no longer. */
  readonly lead: (leads: boolean) => void
  /** The user's log began anew. */
  readonly renewed: () => void
}

/**
 * This tab's part in the account: it shows the inbox, and leads (holds the socket) or follows. Where there are no
 * tabs it always leads.
 */
export class AccountTab {
  readonly #ports: AccountPorts
  readonly #session: () => SessionRecord
  readonly ledger = new PresentedLedger()
  /** What is listed and was presented; pushes bring to it what they have. */
  readonly liveInbox: LiveInbox
  readonly #alerts: Alerts
  readonly #rejoin: Rejoin
  readonly #stopListening: () => void
  #part: TabPart
  readonly #on: TabListeners
  #loading: Promise<void> = Promise.resolve()
  #phase: 'new' | 'loading' | 'running' | 'ended' = 'new'

  constructor(ports: AccountPorts, session: () => SessionRecord, on: TabListeners) {
    this.#on = on
    this.#ports = ports
    this.#session = session
    this.#alerts = new Alerts(ports, this.ledger, () => this.liveInbox.inbox)
    this.liveInbox = new LiveInbox({
      storage: ports.storage,
      clock: ports.clock,
      ledger: this.ledger,
      settling: () => this.#settling(),
      present: (fresh, arrival) => this.#alerts.presenter.present(fresh, arrival),
      shown: (ids) => this.#alerts.presenter.shown(ids),
      onPresented: (ids) => {
        this.#alerts.presenter.settle(ids)
      },
      onInbox: (inbox) => {
        this.#show(inbox)
      },
      onStorageFailed: (storageFailed) => {
        ports.view.connection({ storageFailed })
      },
    })
    this.#part = this.#follow()
    this.#rejoin = new Rejoin({
      clock: ports.clock,
      random: ports.random,
      isLive: () => this.isLive,
      dial: () => {
        this.#part.redial()
      },
      dialAnew: () => this.#part.dialAnew(),
    })
    this.#stopListening = ports.link.listen((message, from) => {
      this.#hear(message, from)
    })
  }

  get inbox(): Inbox {
    return this.liveInbox.inbox
  }

  get presenter(): Presenter {
    return this.#alerts.presenter
  }

  get isLive(): boolean {
    return this.#part.isLive
  }

  /** Settles when storage was read. */
  get loaded(): Promise<void> {
    return this.#loading
  }

  /** Shows what storage has, and connects if this tab is the one to. */
  start(): void {
    this.#phase = 'loading'
    this.#ports.link.send({ type: 'join' })
    this.#loading = this.liveInbox.load().then(() => {
      if (this.#phase !== 'loading') return
      this.#phase = 'running'
      this.#ports.view.ready()
    })
    this.#ports.view.connection({ leader: false })
    this.#ports.election.stand({
      won: () => void this.#becomeLeader(),
      lost: () => {
        this.#becomeFollower()
      },
    })
  }

  /**
   * Ends everything at once; nothing is shown or sent after it. Storage and tray are the caller's to clear.
   * @param pending what storage has not taken yet: is dropped, or is the last that is written.
   */
  stop(pending: 'keep' | 'drop'): void {
    this.#phase = 'ended'
    this.#alerts.hold.stop()
    this.#rejoin.stop()
    this.#stopListening()
    this.#part.stop()
    // Whoever still asks something of this tab, asks nobody.
    this.#part = this.#follow()
    this.#part.stop()
    this.#ports.election.withdraw()
    if (pending === 'drop') this.liveInbox.close()
    else void this.liveInbox.closeWhenFlushed()
  }

  /** The session has a new token. */
  renew(): void {
    this.#part.renew()
  }

  /** What the user did here: applied, told to the other tabs, stored, and sent by the tab that can. */
  async act(change: Change): Promise<void> {
    if (this.#phase === 'ended') return
    const stored = this.liveInbox.commit(change)
    this.#ports.link.send({ type: 'change', change })
    this.#part.tell(change)
    await stored
  }

  /** The user looks at this tab, or no longer. */
  visibilityChanged(): void {
    this.#part.visibilityChanged()
  }

  networkChanged(network: 'lost' | 'regained'): void {
    this.#part.networkChanged(network)
  }

  reconnect(): void {
    this.#part.reconnect()
  }

  /** Nothing comes over the socket until `reconnect`, or until the user leaves the app and comes back. */
  silence(): void {
    this.#part.silence()
  }

  dismissBanner(): void {
    this.#alerts.dismissBanner()
    this.#part.bannerDismissed()
  }

  /** Resolves when a tab that was frozen has heard who leads now; null: it has. */
  settled(): Promise<void> | null {
    return this.#alerts.hold.settling()
  }

  /**
   * What was thawed with a socket that the gateway had long ended lies before the word of a push that has shown it:
   * that comes with the next welcome. Never resolves when another tab leads meanwhile, which gets it by its own socket.
   */
  #settling(): Promise<void> | null {
    const part = this.#part
    const settling = this.#alerts.hold.settling()
    if (!settling) return null
    return settling.then(async () => {
      if (!this.isLive) await this.#rejoin.wait()
      if (!part.leads || this.#part !== part) await new Promise(() => undefined)
    })
  }

  #follow(): Follower {
    return new Follower(this.#ports, {
      liveInbox: this.liveInbox,
      // What is heard from here on waits until storage was read; all before it is in storage.
      reload: () => {
        this.#loading = this.#loading.then(async () => {
          if (this.#phase !== 'ended' && !this.#part.leads) await this.liveInbox.load()
        })
      },
    })
  }

  async #becomeLeader(): Promise<void> {
    this.#part.stop()
    // Another tab may have stored more than this one heard.
    if (this.#phase === 'running') this.#loading = this.#loading.then(() => this.liveInbox.load())
    const leader = new Leader(this.#ports, this.#session, {
      liveInbox: this.liveInbox,
      onRefused: (code) => {
        this.#refused(code)
      },
      onPresence: () => {
        this.#presenceChanged()
      },
      onRenewed: this.#on.renewed,
    })
    this.#part = leader
    this.#ports.view.connection({ leader: true })
    await this.#loading
    if (this.#part !== leader) return
    this.liveInbox.giveBackUnsettled()
    this.#alerts.begin()
    leader.start()
    this.#on.lead(true)
  }

  #becomeFollower(): void {
    this.#part.stop()
    // The leader has these messages from this tab, so that its own socket brings it no news of them.
    const ids = this.liveInbox.leaveAlerts()
    if (ids.length > 0) this.#ports.link.send({ type: 'unshown', ids })
    this.#part = this.#follow()
    this.#ports.view.connection({ leader: false })
    this.#on.lead(false)
    void this.#catchUp()
  }

  /** What came to the other tabs while this one led no more, and did not know, it took for its own, or not at all. */
  async #catchUp(): Promise<void> {
    await this.liveInbox.flushed()
    if (this.#phase !== 'ended' && !this.#part.leads) this.#ports.link.send({ type: 'join', led: true })
  }

  /** When the user goes from tab to tab, one says "hidden" before the other says "visible". */
  #presenceChanged(): void {
    const { roster } = this.#ports.link
    if (roster.appState === 'foreground' || roster.size === 1) this.#appStateChanged()
    else {
      this.#ports.clock.setTimeout(() => {
        this.#appStateChanged()
      }, TAB_SWITCH_MS)
    }
  }

  #appStateChanged(): void {
    const { appState } = this.#ports.link.roster
    if (!this.#part.leads) return
    this.#part.appStateChanged(appState)
    this.#alerts.appStateChanged(appState)
  }

  #hear(message: TabMessage, from: string): void {
    this.#part.hear(message, from)
    if (message.type === 'unshown') void this.#presentLeft(message.ids)
    else if (message.type === 'change') this.#takeFromTab(message.change)
    else this.#alerts.hear(message, this.#part.leads)
  }

  /** Not before it is known what pushes have shown of them. Who leads no more by then leaves them to the next. */
  async #presentLeft(ids: readonly string[]): Promise<void> {
    await this.#loading
    const part = this.#part
    if (!part.leads) return
    if (!this.isLive) await this.#rejoin.wait()
    if (this.#part === part) await this.liveInbox.presentLeft(ids)
    else if (this.#phase === 'running') this.#ports.link.send({ type: 'unshown', ids })
  }

  /** While storage is read, what it gives may be older than this change: then the change has to come after it. */
  #takeFromTab(change: Change): void {
    if (this.#part.leads) this.#part.take(change)
    else
      void this.#loading.then(() => {
        // This tab may lead meanwhile.
        if (this.#phase !== 'ended') this.#part.take(change)
      })
  }

  #show(inbox: Inbox): void {
    if (this.#phase === 'ended') return
    this.#ports.view.inbox(inbox)
    void this.#alerts.inboxChanged(inbox)
  }

  #refused(code: ErrorCode): void {
    if (this.#phase !== 'ended') this.#ports.onRefused(code, this.#session().token)
  }
}
