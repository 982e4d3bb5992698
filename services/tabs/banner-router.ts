import type { Clock, Timer } from '../clock'
import type { Alert, BannerPort } from '../presentation/presentation'
import type { Roster } from './roster'
import type { TabMessage } from './tabs'

/** How long a tab may take to show a banner before it is taken for dead. */
export const BANNER_ANSWER_MS = 400

export interface BannerRouterPorts {
  readonly id: string
  readonly local: BannerPort
  readonly roster: Roster
  readonly clock: Clock
  readonly send: (message: TabMessage) => void
  /** A tab did not answer and is no longer counted. */
  readonly onTabLost: () => void
}

/** The leader's banner: shown in the one tab that the user looks at. */
export class BannerRouter implements BannerPort {
  readonly #ports: BannerRouterPorts
  #number = 0
  #timer: Timer = null

  constructor(ports: BannerRouterPorts) {
    this.#ports = ports
  }

  show(alert: Alert): void {
    this.#stopWaiting()
    const { id, local, roster, send, clock } = this.#ports
    const to = roster.alerting
    if (to === undefined || to === id) {
      local.show(alert)
      return
    }
    this.#number += 1
    send({ type: 'banner', to, alert, number: this.#number })
    this.#timer = clock.setTimeout(() => {
      this.#timer = null
      roster.drop(to)
      this.show(alert)
      this.#ports.onTabLost()
    }, BANNER_ANSWER_MS)
  }

  hide(): void {
    this.#stopWaiting()
    this.#ports.local.hide()
    this.#ports.send({ type: 'bannerHide' })
  }

  /** A tab says that it shows the banner. */
  shown(number: number): void {
    if (number === this.#number) this.#stopWaiting()
  }

  #stopWaiting(): void {
    if (this.#timer !== null) this.#ports.clock.clearTimeout(this.#timer)
    this.#timer = null
  }
}
