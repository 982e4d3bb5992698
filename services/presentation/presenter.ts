import type { AppState, Message } from '@herald/protocol'
import type { Clock } from '../clock'
import type { PresentedLedger } from '../presented/presented-ledger'
import { BannerQueue } from './banner-queue'
import { decidePresentation, toneOf } from './decide'
import { admitAlerts, MAX_SINGLES, noFlood, type Admitted } from './flood'
import { PendingAlerts } from './pending-alerts'
import {
  LOUD,
  URGENT,
  type Alert,
  type AlertSettings,
  type AlertTone,
  type BannerPort,
  type SystemPort,
  type TonePort,
} from './presentation'
import { SummaryLine } from './summary-line'

/** Sounds closer together than this are one, in ms, unless the later is more urgent. */
const TONE_GAP_MS = 2_000

/** How long one alert may take to reach its surface, in ms. */
const TURN_MS = 5_000

/** What the presenter needs of the rest of the app. */
export interface PresenterPorts {
  readonly banner: BannerPort
  readonly system: SystemPort
  readonly tone: TonePort
  readonly clock: Clock
  /** What was presented on this device, by whatever way: each message is shown once. */
  readonly ledger: Pick<PresentedLedger, 'isNews' | 'note'>
  settings(): AlertSettings
  appState(): AppState
  isMuted(feed: string): boolean
  isRead(message: Message): boolean
  /** Told when a platform's notification failed: the message is in the list all the same. */
  report(error: unknown): void
}

/** Shows each message once on this device: as a banner, as a system notification, in a summary, or only in the list. */
export class Presenter {
  readonly #ports: PresenterPorts
  readonly #banners: BannerQueue
  readonly #summary: SummaryLine
  readonly #pending: PendingAlerts
  #flood = noFlood
  #floodPriority = 1
  /** The last thing that was begun: surfaces are asynchronous, and each must see what the one before it did. */
  #turn: Promise<void> = Promise.resolve()
  #lastTone = { at: Number.NEGATIVE_INFINITY, priority: 0 }

  constructor(ports: PresenterPorts) {
    this.#ports = ports
    this.#banners = new BannerQueue(ports.banner, ports.clock)
    this.#pending = new PendingAlerts(ports.clock, () => void this.#inTurn(() => this.#retry()))
    this.#summary = new SummaryLine(ports.clock, {
      banner: (summary) => {
        this.#banners.show(summary)
      },
      system: (summary, priority) => this.#notify(summary, priority),
      closeSystem: () => this.#attempt(() => ports.system.closeSummary()),
    })
  }

  /** These were shown by another way: what has not reached its surface yet should not any more. */
  settle(ids: readonly string[]): void {
    this.#pending.settle(ids)
  }

  /**
   * Shows what is news of a batch. Resolves when everything was handed to the platform, and never rejects; `shown`
   * tells when the platform has taken it.
   * @param context `catchUp`: the batch is of what was missed while away, not of what happens now. `backlog`: it is
   *   older than this device's sign-in, which is no news: it goes to the list in silence. `evenRead`: who has read
   *   it has not seen it.
   */
  present(
    fresh: readonly Message[],
    context: { readonly catchUp: boolean; readonly backlog?: boolean; readonly evenRead?: boolean },
  ): Promise<void> {
    if (context.backlog === true) {
      const ids = fresh.map(({ id }) => id)
      this.#ports.ledger.note('shown', ids)
      this.settle(ids)
      return Promise.resolve()
    }
    const arrivedAt = this.#ports.clock.now()
    return this.#inTurn(async () => {
      const appState = this.#ports.appState()
      const alerting = fresh.filter((message) => this.#isAlert(message, appState, context.evenRead))
      const admitted = admitAlerts(this.#flood, alerting, arrivedAt, context.catchUp)
      this.#flood = admitted.flood
      await this.#showSummary(admitted, appState)
      for (const message of admitted.singles) await this.#showSingle(message, appState)
    })
  }

  /** Resolves when none of these waits to be shown: a platform that refuses is asked again. */
  shown(ids: readonly string[]): Promise<void> {
    return this.#pending.shown(ids)
  }

  /** Shows a message as if it had just come, whatever the settings decide; for trying them out. */
  test(message: Message): Promise<void> {
    return this.#inTurn(async () => {
      await this.#showSingle(message, 'foreground')
      await this.#notify({ kind: 'message', message }, message.priority)
      // It is tried once: whoever pressed the button sees what comes of it.
      this.#pending.settle([message.id])
    })
  }

  /** The user took the banner away, or opened it. */
  dismissBanner(): void {
    this.#banners.dismiss()
  }

  /** These messages were read, here or elsewhere, or deleted: nothing of them should still be shown. */
  async closeMessages(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    this.#pending.settle(ids)
    this.#banners.remove(new Set(ids))
    await this.#inTurn(async () => {
      // Once more: a banner may have come while another's notification was on its way.
      this.#banners.remove(new Set(ids))
      await this.#summary.remove(ids)
      await this.#attempt(() => this.#ports.system.close(ids))
    })
  }

  /** Nothing of it is unread any more: also a summary that a push brought. */
  closeSummary(): Promise<void> {
    return this.#inTurn(() => this.#summary.close())
  }

  /** Banners that nobody could see yet move to the tray with the app; on return the tray's summary has done its work. */
  appStateChanged(appState: AppState): Promise<void> {
    return this.#inTurn(async () => {
      if (appState === 'foreground') {
        await this.#comeBack()
        return
      }
      for (const alert of this.#banners.takeUnread()) {
        if (alert.kind === 'message') await this.#notify(alert, alert.message.priority)
      }
    })
  }

  /** Sign-out: leaves nothing of the user on the screen or in the tray. */
  clear(): Promise<void> {
    this.#pending.settle(this.#pending.messages.map(({ id }) => id))
    this.#banners.takeUnread()
    return this.#inTurn(async () => {
      this.#flood = noFlood
      this.#banners.takeUnread()
      await this.#summary.close()
      await this.#attempt(() => this.#ports.system.closeAll())
    })
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(() => this.#withinTime(work))
    return this.#turn
  }

  /** A platform that never answers keeps the next alert waiting for so long, and not for ever. */
  #withinTime(work: () => Promise<void>): Promise<void> {
    const { clock } = this.#ports
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, TURN_MS)
      void this.#attempt(work).then(() => {
        clock.clearTimeout(timer)
        resolve()
      })
    })
  }

  #isAlert(message: Message, appState: AppState, evenRead = false): boolean {
    const surface = decidePresentation({
      message,
      appState,
      settings: this.#ports.settings(),
      muted: this.#ports.isMuted(message.feed),
      alreadyRead: !evenRead && this.#ports.isRead(message),
      seen: (id) => !this.#ports.ledger.isNews(id),
      now: new Date(this.#ports.clock.now()),
    })
    this.#ports.ledger.note('shown', [message.id])
    return surface === 'banner' || surface === 'system'
  }

  /** A summary that goes on changes in silence, unless something more urgent than before is in it. */
  async #showSummary(admitted: Admitted, appState: AppState): Promise<void> {
    const [first, ...rest] = [...admitted.absorbed, ...admitted.summarised]
    if (first === undefined) return
    const highest = highestPriority(admitted.summarised)
    const louder = admitted.begins || highest > this.#floodPriority
    if (louder) this.#floodPriority = highest
    const priority = louder ? highest : 1
    await this.#closeSingles(admitted.absorbed)
    if (appState === 'background') this.#pending.add([first, ...rest])
    await this.#summary.add([first, ...rest], { begins: admitted.begins, priority, appState })
    if (appState === 'foreground') this.#playTone(priority)
  }

  async #showSingle(message: Message, appState: AppState): Promise<void> {
    const alert: Alert = { kind: 'message', message }
    if (appState === 'background') {
      await this.#notify(alert, message.priority)
      return
    }
    // One that cannot be drawn keeps none of the others back; the list is in front.
    await this.#attempt(() => {
      this.#banners.show(alert)
      this.#playTone(message.priority)
    })
  }

  /** Shows again what the platform refused. */
  async #retry(): Promise<void> {
    const appState = this.#ports.appState()
    if (appState === 'foreground') return
    const counted = this.#pending.messages.filter(({ id }) => this.#summary.holds(id))
    if (counted.length > 0) await this.#summary.showAgain(highestPriority(counted))
    const singles = this.#pending.messages.filter(({ id }) => !this.#summary.holds(id))
    await this.#showAnew(singles, highestPriority(singles), appState)
  }

  async #showAnew(messages: readonly Message[], priority: number, appState: AppState): Promise<void> {
    const [first, ...rest] = messages
    if (first !== undefined && messages.length > MAX_SINGLES)
      await this.#summary.add([first, ...rest], { begins: true, priority, appState })
    else for (const message of messages) await this.#showSingle(message, appState)
  }

  /** The user looks at the list. What the platform refused while the app was behind is a banner now. */
  async #comeBack(): Promise<void> {
    await this.#summary.close()
    const refused = this.#pending.hasFailed ? this.#pending.messages : []
    this.#pending.settle(this.#pending.messages.map(({ id }) => id))
    await this.#showAnew(refused, 1, 'foreground')
  }

  async #closeSingles(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return
    const ids = messages.map(({ id }) => id)
    // An urgent banner stays until it is put away: the summary comes after it.
    const away = messages.filter(({ priority }) => priority < URGENT)
    this.#banners.remove(new Set(away.map(({ id }) => id)))
    await this.#attempt(() => this.#ports.system.close(ids))
  }

  #playTone(priority: number): void {
    const tone = this.#nextTone(priority)
    if (tone.sound || tone.vibration) this.#ports.tone.play(tone, priority)
  }

  async #notify(alert: Alert, priority: number): Promise<void> {
    const settings = this.#ports.settings()
    const { preview } = settings
    // Android shows a silent notification below the others, and not over the app in front: not what is urgent.
    const inBurst = this.#nextTone(priority)
    const tone = priority >= LOUD ? toneOf(priority, settings) : inBurst
    if (alert.kind === 'message') this.#pending.add([alert.message])
    try {
      await this.#ports.system.notify(alert, { ...tone, preview })
      this.#pending.settle(alert.kind === 'message' ? [alert.message.id] : this.#summary.trayIds)
    } catch (error) {
      this.#ports.report(error)
      this.#pending.failed()
    }
  }

  /** A burst sounds once. */
  #nextTone(priority: number): AlertTone {
    const tone = toneOf(priority, this.#ports.settings())
    if (!tone.sound && !tone.vibration) return tone
    const now = this.#ports.clock.now()
    const tooSoon = now - this.#lastTone.at < TONE_GAP_MS && priority <= this.#lastTone.priority
    if (tooSoon) return { sound: false, vibration: false }
    this.#lastTone = { at: now, priority }
    return tone
  }

  async #attempt(work: () => Promise<void> | void): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#ports.report(error)
    }
  }
}

const highestPriority = (messages: readonly Message[]): number =>
  messages.reduce((highest, { priority }) => Math.max(highest, priority), 1)
