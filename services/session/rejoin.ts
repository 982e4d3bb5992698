import type { Clock } from '../clock'
import { SETTLE_MS } from '../presentation/alert-hold'

/** How long alerts wait for a socket when the one that brought them has ended, and once more when a dial hung, in ms. */
export const REJOIN_MS = 9_000

/** Of that, in which time it is dialed whatever the backoff says, in ms. */
const REDIAL_MS = 5_000

export interface RejoinPorts {
  readonly clock: Clock
  readonly random: () => number
  readonly isLive: () => boolean
  /** Ends a backoff. */
  readonly dial: () => void
  /** Begins a dial anew that is under way. False: none is. */
  readonly dialAnew: () => boolean
}

/** Waits for the next welcome, behind which the gateway says what pushes have shown meanwhile. */
export class Rejoin {
  readonly #ports: RejoinPorts
  #waiting: Promise<void> | null = null
  #phase: 'running' | 'ended' = 'running'

  constructor(ports: RejoinPorts) {
    this.#ports = ports
  }

  /** Resolves when a socket is there and could bring what comes right after its welcome, or when it takes too long. */
  wait(): Promise<void> {
    this.#waiting ??= this.#wait().finally(() => {
      this.#waiting = null
    })
    return this.#waiting
  }

  /** What waits never ends, as nothing is raised any more. */
  stop(): void {
    this.#phase = 'ended'
  }

  /**
   * A longer backoff is cut short once, at a moment of chance: a gateway that died has left many apps. A dial that hung
   * all the time may have begun on a network that was not there yet: one that begins now tells whether it is.
   */
  async #wait(): Promise<void> {
    const { random, dialAnew } = this.#ports
    if (await this.#isLiveWithin(random() * REDIAL_MS)) return
    if (dialAnew()) await this.#isLiveWithin(Infinity)
  }

  /** @param dialAt when a backoff is cut short, ms from now */
  async #isLiveWithin(dialAt: number): Promise<boolean> {
    const { isLive, dial } = this.#ports
    for (let waited = 0; waited < REJOIN_MS; waited += SETTLE_MS) {
      const live = isLive()
      await this.#pause(SETTLE_MS)
      if (live) return true
      if (waited <= dialAt && dialAt < waited + SETTLE_MS) dial()
    }
    return false
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#ports.clock.setTimeout(() => {
        if (this.#phase === 'running') resolve()
      }, ms)
    })
  }
}
