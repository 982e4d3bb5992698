import type { Change } from '../inbox/inbox'
import type { LiveInbox } from '../inbox/live-inbox'
import { LeaderWatch } from '../tabs/leader-watch'
import type { TabLink } from '../tabs/tab-link'
import type { TabMessage } from '../tabs/tabs'
import type { AccountPorts } from './account-ports'
import type { TabPart } from './tab-part'
import type { View } from './view'

/** What a follower stands on. */
export interface FollowerPorts extends Pick<AccountPorts, 'clock'> {
  readonly link: Pick<TabLink, 'id' | 'visible' | 'send'>
  readonly election: Pick<AccountPorts['election'], 'seize'>
  readonly view: Pick<View, 'connection'>
}

export interface FollowerDuties {
  readonly liveInbox: Pick<LiveInbox, 'mirror'>
  /** Storage holds more than this tab has: it is to be read again. */
  readonly reload: () => void
}

/**
 * What a tab does that does not lead: it shows what the leader tells, asks it for what the user wants, and takes the lead from
 * one that does not answer.
 */
export class Follower implements TabPart {
  readonly leads = false
  readonly isLive = false
  readonly #ports: FollowerPorts
  readonly #duties: FollowerDuties
  readonly #watch: LeaderWatch
  #phase: 'running' | 'ended' = 'running'

  constructor(ports: FollowerPorts, duties: FollowerDuties) {
    this.#ports = ports
    this.#duties = duties
    this.#watch = new LeaderWatch({
      clock: ports.clock,
      ask: (reconnect) => {
        ports.link.send({ type: 'ask', reconnect })
      },
      onSilent: () => {
        ports.election.seize()
      },
    })
  }

  /** The leader hears of the change as every tab does. */
  tell(): void {
    return
  }

  take(change: Change): void {
    // The leader stores all that it has, and says so.
    if (!this.#duties.liveInbox.mirror(change)) this.#ports.link.send({ type: 'join' })
  }

  hear(message: TabMessage): void {
    if (message.type === 'alive') this.#watch.stop()
    if (message.type === 'connection') this.#ports.view.connection(message.view)
    if (message.type === 'flushed' && message.to === this.#ports.link.id) this.#duties.reload()
  }

  visibilityChanged(): void {
    if (this.#ports.link.visible) this.#ask(false)
  }

  /** The leader counts the tabs too, and tells the gateway. */
  appStateChanged(): void {
    return
  }

  /** The leader hears of the network itself. */
  networkChanged(): void {
    return
  }

  reconnect(): void {
    this.#ask(true)
  }

  silence(): void {
    this.#ports.link.send({ type: 'silence' })
  }

  redial(): void {
    return
  }

  dialAnew(): boolean {
    return false
  }

  /** The leader reads the saved session itself. */
  renew(): void {
    return
  }

  bannerDismissed(): void {
    this.#ports.link.send({ type: 'bannerDismissed' })
  }

  stop(): void {
    this.#phase = 'ended'
    this.#watch.stop()
  }

  #ask(reconnect: boolean): void {
    if (this.#phase === 'running') this.#watch.ask(reconnect)
  }
}
