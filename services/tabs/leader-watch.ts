import type { Clock, Timer } from '../clock'

/** A leader that is alive answers within this time; one that the browser froze does not. */
export const LEADER_ANSWER_MS = 3_000

export interface LeaderWatchPorts {
  readonly clock: Clock
  readonly ask: (reconnect: boolean) => void
  /** The leader is frozen: somebody who is looked at has to lead. */
  readonly onSilent: () => void
}

/** Asks the leader whether it is there; for a follower that the user looks at. */
export class LeaderWatch {
  readonly #ports: LeaderWatchPorts
  #timer: Timer = null

  constructor(ports: LeaderWatchPorts) {
    this.#ports = ports
  }

  ask(reconnect: boolean): void {
    this.#ports.ask(reconnect)
    if (this.#timer !== null) return
    this.#timer = this.#ports.clock.setTimeout(() => {
      this.#timer = null
      this.#ports.onSilent()
    }, LEADER_ANSWER_MS)
  }

  /** The leader answered, or there is no need to ask any more. */
  stop(): void {
    if (this.#timer !== null) this.#ports.clock.clearTimeout(this.#timer)
    this.#timer = null
  }
}
