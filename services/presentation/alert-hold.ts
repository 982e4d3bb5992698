import type { AppState } from '@herald/protocol'
import type { Clock, Timer } from '../clock'

/** How long alerts wait for what may lie behind them in a socket that was not read, in ms. */
export const SETTLE_MS = 300

/** How often the app looks at the clock while it is in the foreground, in ms: nothing else wakes a phone so often. */
export const TICK_MS = 4_000

/**
 * A look that is so long ago says that the app was frozen, in ms: as much above the tick, which may be late, as below the
 * 8 s that the gateway waits for an ack from the foreground before it pushes.
 */
export const FREEZE_GAP_MS = 6_000

/** With other tabs beside it, which take the lead from one that says nothing for 3 s, in ms: what is shorter is no danger. */
export const TABS_TICK_MS = 1_000
export const TABS_GAP_MS = 2_500

/**
 * Tells when alerts may be raised. An app that was frozen finds in its socket the messages of that time and, behind
 * them, that a push service has shown them (`pushed`): both come in one burst of events, and the first must not alert
 * before the second is read. A background app may have been frozen at any moment, so there alerts always wait
 * SETTLE_MS; in the foreground only after a freeze or a return, else they go at once.
 */
export class AlertHold {
  readonly #clock: Clock
  readonly #isAlone: () => boolean
  #appState: AppState = 'background'
  #settledAt = Number.NEGATIVE_INFINITY
  #tickedAt = 0
  #tick: Timer = null
  #phase: 'running' | 'ended' = 'running'

  /** @param isAlone whether no other tab could lead in place of this one */
  constructor(clock: Clock, isAlone: () => boolean) {
    this.#clock = clock
    this.#isAlone = isAlone
  }

  /** The app is known to run now. */
  start(appState: AppState): void {
    this.#appState = appState
    this.#tickedAt = this.#clock.now()
    this.#look()
  }

  appStateChanged(appState: AppState): void {
    if (appState === this.#appState) return
    this.#settledAt = this.#clock.now() + SETTLE_MS
    this.start(appState)
  }

  /** Resolves when a burst that may be under way is over, and never after `stop`; null: now. */
  settling(): Promise<void> | null {
    this.#noticeFreeze()
    const left = this.#settledAt - this.#clock.now()
    const waitMs = this.#appState === 'background' ? SETTLE_MS : Math.min(left, SETTLE_MS)
    if (waitMs <= 0) return null
    return this.#pause(waitMs)
  }

  /** One in which the app was frozen begins anew: its timer may come before what has waited in the socket. */
  async #pause(ms: number): Promise<void> {
    const dueAt = this.#clock.now() + ms
    await new Promise<void>((resolve) => {
      this.#clock.setTimeout(() => {
        if (this.#phase === 'running') resolve()
      }, ms)
    })
    if (this.#clock.now() - dueAt >= TABS_GAP_MS) await this.#pause(SETTLE_MS)
  }

  /** Nothing that waits is raised any more. */
  stop(): void {
    this.#phase = 'ended'
    if (this.#tick !== null) this.#clock.clearTimeout(this.#tick)
  }

  #look(): void {
    if (this.#tick !== null) this.#clock.clearTimeout(this.#tick)
    this.#tick = null
    if (this.#phase === 'ended' || this.#appState === 'background') return
    this.#noticeFreeze()
    this.#tickedAt = this.#clock.now()
    this.#tick = this.#clock.setTimeout(
      () => {
        this.#look()
      },
      this.#isAlone() ? TICK_MS : TABS_TICK_MS,
    )
  }

  /** After a freeze the socket's events may come before the timer's. A clock that was set only costs SETTLE_MS. */
  #noticeFreeze(): void {
    const now = this.#clock.now()
    const gapMs = this.#isAlone() ? FREEZE_GAP_MS : TABS_GAP_MS
    if (this.#appState === 'background' || Math.abs(now - this.#tickedAt) < gapMs) return
    this.#tickedAt = now
    this.#settledAt = now + SETTLE_MS
  }
}
