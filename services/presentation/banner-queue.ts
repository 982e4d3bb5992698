import type { Clock, Timer } from '../clock'
import { isUrgent, type Alert, type BannerPort } from './presentation'

/** How long a banner stays when nothing follows, in ms; an urgent message's stays until somebody puts it away. */
export const BANNER_MS = 5_000

/** How long a banner stays at least before the next one takes its place, in ms: long enough to read a title. */
export const BANNER_MIN_MS = 1_500

/** What has waited longer than this behind an urgent message is no news any more when that one goes, in ms: the list has it. */
export const STALE_MS = 10_000

/** An alert, and since when it shows or waits. */
interface Timed {
  readonly alert: Alert
  readonly at: number
}

/**
 * Shows one banner at a time. The next waits until the one before could be read; a summary waits for nobody, and an
 * urgent message for urgent ones only. An urgent one goes when it is dismissed, opened or read, and not by time: what
 * comes meanwhile waits behind it.
 */
export class BannerQueue {
  readonly #port: BannerPort
  readonly #clock: Clock
  #shown: Timed | null = null
  #waiting: Timed[] = []
  #timer: Timer = null

  constructor(port: BannerPort, clock: Clock) {
    this.#port = port
    this.#clock = clock
  }

  /** Adds an alert. A summary stands for those that wait, and takes the banner at once from what is not urgent. */
  show(alert: Alert): void {
    const entry = { alert, at: this.#clock.now() }
    const urgentShows = this.#shown !== null && isUrgent(this.#shown.alert)
    if (alert.kind === 'summary') this.#waiting = this.#waiting.filter((other) => isUrgent(other.alert))
    if (this.#shown === null || (alert.kind === 'summary' && !urgentShows)) this.#display(alert)
    else if (isUrgent(alert) && !urgentShows) {
      this.#waiting = this.#unread()
      this.#display(alert)
    } else {
      const place = isUrgent(alert) ? this.#waiting.findIndex((other) => !isUrgent(other.alert)) : -1
      this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, entry)
      this.#setTimer()
    }
  }

  /** Takes the banner away, by the user or since its time is over, and shows the next one. */
  dismiss(): void {
    this.#waiting = this.#waiting.filter((entry) => this.#isNews(entry))
    const next = this.#waiting.shift()
    if (next) this.#display(next.alert)
    else this.#hide()
  }

  /** Takes away what shows or waits of these messages. */
  remove(ids: ReadonlySet<string>): void {
    const isGone = ({ alert }: Timed): boolean => alert.kind === 'message' && ids.has(alert.message.id)
    this.#waiting = this.#waiting.filter((entry) => !isGone(entry))
    if (this.#shown !== null && isGone(this.#shown)) this.dismiss()
  }

  /**
   * Takes everything away, and gives what nobody can have read: what waits, a banner that has only just come, and an
   * urgent one that nobody put away.
   */
  takeUnread(): readonly Alert[] {
    const unread = this.#unread()
    this.#waiting = []
    this.#hide()
    return unread.map(({ alert }) => alert)
  }

  #unread(): Timed[] {
    const shown = this.#shown
    const isNew = shown !== null && (isUrgent(shown.alert) || this.#clock.now() - shown.at < BANNER_MIN_MS)
    const waiting = this.#waiting.filter((entry) => this.#isNews(entry))
    return isNew ? [shown, ...waiting] : waiting
  }

  #isNews({ alert, at }: Timed): boolean {
    return isUrgent(alert) || this.#clock.now() - at < STALE_MS
  }

  #display(alert: Alert): void {
    this.#shown = { alert, at: this.#clock.now() }
    this.#port.show(alert)
    this.#setTimer()
  }

  #hide(): void {
    this.#stopTimer()
    if (this.#shown === null) return
    this.#shown = null
    this.#port.hide()
  }

  #setTimer(): void {
    this.#stopTimer()
    if (this.#shown === null || isUrgent(this.#shown.alert)) return
    const stays = this.#waiting.length > 0 ? BANNER_MIN_MS : BANNER_MS
    // A wall clock that was set back must not keep a banner for hours.
    const passed = Math.max(0, this.#clock.now() - this.#shown.at)
    this.#timer = this.#clock.setTimeout(
      () => {
        this.dismiss()
      },
      Math.max(0, stays - passed),
    )
  }

  #stopTimer(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer)
    this.#timer = null
  }
}
