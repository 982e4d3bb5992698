import type { Clock, Timer } from '../clock'
import { isUrgent, type Alert, type BannerPort } from './presentation'

/** How long a banner stays when nothing follows, in ms. */
export const BANNER_MS = 5_000

/** How long a banner stays at least before the next one takes its place, in ms: long enough to read a title. */
export const BANNER_MIN_MS = 1_500

/**
 * Shows one banner at a time. The next waits until the one before could be read; a summary waits for nobody, and an
 * urgent message for urgent ones only.
 */
export class BannerQueue {
  readonly #port: BannerPort
  readonly #clock: Clock
  #shown: { readonly alert: Alert; readonly at: number } | null = null
  #waiting: Alert[] = []
  #timer: Timer = null

  constructor(port: BannerPort, clock: Clock) {
    this.#port = port
    this.#clock = clock
  }

  /** Adds an alert. A summary stands for those that wait, and takes the banner at once. */
  show(alert: Alert): void {
    if (this.#shown === null) this.#display(alert)
    else if (alert.kind === 'summary') {
      this.#waiting = []
      this.#display(alert)
    } else if (isUrgent(alert) && !isUrgent(this.#shown.alert)) {
      this.#waiting = this.#unread()
      this.#display(alert)
    } else {
      const place = isUrgent(alert) ? this.#waiting.findIndex((other) => !isUrgent(other)) : -1
      this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, alert)
      this.#setTimer(this.#shown.at)
    }
  }

  /** Takes the banner away, by the user or since its time is over, and shows the next one. */
  dismiss(): void {
    const next = this.#waiting.shift()
    if (next) this.#display(next)
    else this.#hide()
  }

  /** Takes away what shows or waits of these messages. */
  remove(ids: ReadonlySet<string>): void {
    const isGone = (alert: Alert): boolean => alert.kind === 'message' && ids.has(alert.message.id)
    this.#waiting = this.#waiting.filter((alert) => !isGone(alert))
    if (this.#shown !== null && isGone(this.#shown.alert)) this.dismiss()
  }

  /** Takes everything away, and gives what nobody can have read: what waits, and a banner that has only just come. */
  takeUnread(): readonly Alert[] {
    const unread = this.#unread()
    this.#waiting = []
    this.#hide()
    return unread
  }

  /** What waits, and before it the banner on show if that has only just come. */
  #unread(): Alert[] {
    const isNew = this.#shown !== null && this.#clock.now() - this.#shown.at < BANNER_MIN_MS
    return isNew && this.#shown !== null ? [this.#shown.alert, ...this.#waiting] : this.#waiting
  }

  #display(alert: Alert): void {
    const at = this.#clock.now()
    this.#shown = { alert, at }
    this.#port.show(alert)
    this.#setTimer(at)
  }

  #hide(): void {
    this.#stopTimer()
    if (this.#shown === null) return
    this.#shown = null
    this.#port.hide()
  }

  #setTimer(shownAt: number): void {
    this.#stopTimer()
    const stays = this.#waiting.length > 0 ? BANNER_MIN_MS : BANNER_MS
    // A wall clock that was set back must not keep a banner for hours.
    const passed = Math.max(0, this.#clock.now() - shownAt)
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
