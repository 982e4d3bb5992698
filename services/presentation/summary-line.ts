import type { AppState, Message } from '@herald/protocol'
import type { Clock, Timer } from '../clock'
import { joinSummaries, summarise, type Summary } from './flood'

/** A summary changes no more often than this, in ms: systems drop notifications that change faster. */
export const SUMMARY_INTERVAL_MS = 1_000

/** Where a summary is shown. */
export interface SummarySurfaces {
  banner(summary: Summary): void
  /** @param priority of the loudest message that is new in it; 1 when it only changes */
  system(summary: Summary, priority: number): Promise<void>
  closeSystem(): Promise<void>
}

/**
 * The one summary. In the foreground it is a banner and counts one flood. In the background it lies in the tray until
 * the app is opened or all of it is read, so it counts every flood since. It is changed in place, at a bounded rate.
 */
export class SummaryLine {
  readonly #clock: Clock
  readonly #surfaces: SummarySurfaces
  #inBanner: Summary | null = null
  #inTray: Summary | null = null
  /** Unread messages that the tray's summary stands for. */
  readonly #trayIds = new Set<string>()
  #shownAt = Number.NEGATIVE_INFINITY
  #timer: Timer = null

  constructor(clock: Clock, surfaces: SummarySurfaces) {
    this.#clock = clock
    this.#surfaces = surfaces
  }

  /**
   * Counts messages in.
   * @param priority above 1 shows the change at once and may sound
   */
  async add(
    messages: readonly [Message, ...Message[]],
    { begins, priority, appState }: { begins: boolean; priority: number; appState: AppState },
  ): Promise<void> {
    const added = summarise(messages)
    if (appState === 'foreground') {
      this.#inBanner = joinSummaries(begins ? null : this.#inBanner, added)
    } else {
      this.#inTray = joinSummaries(this.#inTray, added)
      for (const { id } of messages) this.#trayIds.add(id)
    }
    const passed = this.#clock.now() - this.#shownAt
    if (begins || priority > 1 || passed >= SUMMARY_INTERVAL_MS || passed < 0)
      await this.#show(appState, priority)
    else
      this.#timer ??= this.#clock.setTimeout(() => void this.#show(appState, 1), SUMMARY_INTERVAL_MS - passed)
  }

  /** The unread messages that the tray's summary stands for. */
  get trayIds(): ReadonlySet<string> {
    return this.#trayIds
  }

  holds(id: string): boolean {
    return this.#trayIds.has(id)
  }

  /** Shows the tray's summary as it is: the platform refused it before. */
  async showAgain(priority: number): Promise<void> {
    await this.#show('background', priority)
  }

  /** These messages were read: a tray's summary of which nothing is unread goes. */
  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#trayIds.delete(id)
    if (this.#inTray !== null && this.#trayIds.size === 0) await this.close()
  }

  /** Takes the tray's summary away, that of an earlier run of the app too. */
  async close(): Promise<void> {
    this.#stopTimer()
    this.#inTray = null
    this.#trayIds.clear()
    await this.#surfaces.closeSystem()
  }

  async #show(appState: AppState, priority: number): Promise<void> {
    this.#stopTimer()
    this.#shownAt = this.#clock.now()
    if (appState === 'foreground') {
      if (this.#inBanner !== null) this.#surfaces.banner(this.#inBanner)
    } else if (this.#inTray !== null) await this.#surfaces.system(this.#inTray, priority)
  }

  #stopTimer(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer)
    this.#timer = null
  }
}
