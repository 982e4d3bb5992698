import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { AppConsole } from './app-console'
import { AppRun, type AppOptions } from './app-run'
import { Device } from './device'
import { phoneOf, type LaunchOptions } from './launch-options'
import { pushEvent, silentPayload } from './native/push'
import { applyUiStyle } from './native/ui-style'
import type { NetworkType, SocketLog } from './network'
import type { Permissions } from './permissions'
import { ShownPage } from './shown-page'
import type { Channel, Notification } from './tray'
import type { WallClock } from './wall-clock'
import type { Work } from './work'

/** What a push provider brings. */
export interface ProviderPush {
  /** Without title and content nothing is shown: a silent push. */
  readonly title?: string
  readonly content?: string
  readonly payload: unknown
  /** The icon's number, which the system sets by itself. */
  readonly badge?: number
  /** Its SDK shows it whatever the app does, and tells the app of the click only: uni-push's `force_notification`. */
  readonly forced?: boolean
}

/** Starts the app on a phone of its own, and waits for its first page. */
export async function launch(options: LaunchOptions): Promise<Phone> {
  const ownBrowser = typeof options.chromium === 'string'
  const browser =
    typeof options.chromium === 'string'
      ? await chromium.launch({ executablePath: options.chromium, args: ['--no-sandbox'] })
      : options.chromium
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'uni-app-emulator-'))
  const cleanUp = async () => {
    if (ownBrowser) await browser.close()
    if (options.data === undefined) rmSync(data, { recursive: true, force: true })
  }
  const phone = new Phone(options, browser, data, cleanUp)
  try {
    await phone.relaunch()
    return phone
  } catch (error) {
    await phone.close()
    throw error
  }
}

/** A phone with one app on it. */
export class Phone {
  readonly page: ShownPage
  readonly console: AppConsole
  /** What the app asked of the native layer that is not simulated; each use threw as well. */
  readonly missing: string[] = []
  readonly #device: Device
  readonly #app: AppOptions
  readonly #cleanUp: () => Promise<void>
  #run: AppRun | null = null

  constructor(options: LaunchOptions, browser: Browser, data: string, cleanUp: () => Promise<void>) {
    this.#cleanUp = cleanUp
    this.console = new AppConsole(options.echo ?? false)
    this.#device = new Device(phoneOf(options, data))
    this.#app = {
      bundle: options.bundle,
      project: options.project ?? process.cwd(),
      browser,
      device: this.#device,
      console: this.console,
      missing: this.missing,
      onQuit: (restart) => void (restart ? this.relaunch() : this.kill()),
    }
    this.page = new ShownPage(() => this.#running().screen)
  }

  get running(): boolean {
    return this.#run !== null
  }

  /** What lies in the notification centre. */
  notifications(): readonly Notification[] {
    return this.#device.tray.shown
  }

  /** Every notification that was ever shown. */
  get notificationLog(): readonly Notification[] {
    return this.#device.tray.log
  }

  get channels(): readonly Channel[] {
    return this.#device.tray.channels
  }

  /** The number on the app's icon. */
  badge(): number {
    return this.#device.badge
  }

  get permissions(): Permissions {
    return this.#device.permissions
  }

  /** What the app made the phone do: "vibrate 200", "open https://…", "open app settings". */
  get actions(): readonly string[] {
    return this.#device.actions
  }

  get clock(): WallClock {
    return this.#device.clock
  }

  /** The owner goes to another app: App.onHide. JavaScript goes on until `freeze`, which both systems do in seconds. */
  background(): void {
    if (this.#device.behind) return
    this.#device.behind = true
    this.#running().fire('pause', {})
  }

  /** The owner comes back: App.onShow. A frozen app thaws first. */
  foreground(): void {
    const run = this.#running()
    run.time.thaw()
    if (!this.#device.behind) return
    this.#device.behind = false
    run.fire('resume', {})
  }

  /**
   * The system suspends the process, seconds after `background` (iOS; Android from 14 on ten seconds after it became
   * cached): timers stop, sockets stay open by the kernel alone, and no ping is answered.
   */
  freeze(): void {
    this.#running().time.freeze()
  }

  /** What came meanwhile reaches the app now. */
  thaw(): void {
    this.#running().time.thaw()
  }

  /** The system ends the app, which hears nothing of it. */
  async kill(): Promise<void> {
    const run = this.#run
    this.#run = null
    await run?.end()
  }

  /**
   * Starts the app anew, killing it first if it runs.
   * @param options.click  payload of the notification that starts it
   * @param options.behind  iOS starts it for a push, and nobody sees it
   */
  async relaunch(options: { readonly click?: unknown; readonly behind?: boolean } = {}): Promise<void> {
    await this.kill()
    this.#device.behind = options.behind ?? false
    const clicked =
      'click' in options ? { title: '', content: '', payload: options.click, type: 'click' } : undefined
    this.#run = await AppRun.start(this.#app, clicked)
  }

  /** The owner taps a notification: the app comes to the front, or starts, and gets its click event. */
  async tapNotification(notification: Notification | undefined = this.notifications().at(-1)): Promise<void> {
    if (notification === undefined) throw new Error('there is no notification')
    this.#device.tray.tapped(notification)
    const event = pushEvent(notification, this.#device.isIos)
    if (this.#run === null) {
      this.#device.behind = false
      this.#run = await AppRun.start(this.#app, event)
      return
    }
    this.foreground()
    this.#run.click(event)
  }

  /**
   * A push provider's message comes: to the app as `receive` while it runs, else as a notification. iOS shows it to the
   * owner of an app in the background itself, and does not tell the app.
   */
  push({ title = '', content = '', payload, badge, forced = false }: ProviderPush): void {
    if (badge !== undefined) this.#device.badge = badge
    const notification = { title, content, payload, from: 'provider', options: {} } as const
    const isSilent = title === '' && content === ''
    const hears = this.#run !== null && !this.#run.time.frozen
    const { isIos, behind } = this.#device
    const isBehind = isIos && behind
    if (!isSilent && (forced || isBehind || !hears)) {
      const { id } = this.#device.tray.show(notification)
      // Its SDK runs in the app's process, and a vendor's service elsewhere.
      if (!isIos && hears) this.#run?.host.own.add(id)
      return
    }
    // A frozen app gets what is silent at its thaw; nobody starts an ended one for it.
    const opens = isSilent ? silentPayload(payload, isIos) : payload
    this.#run?.receive({ ...pushEvent({ ...notification, opens }, isIos), type: 'receive' })
  }

  airplaneMode(on: boolean): void {
    this.#device.network.airplaneMode(on)
  }

  /** Goes over to another network, which breaks what is open. */
  switchNetwork(type: NetworkType): void {
    this.#device.network.switchTo(type)
  }

  /**
   * The network swallows everything from now on: nothing arrives, nothing fails, and the app is not told. Off, what was
   * sent meanwhile arrives.
   */
  stallNetwork(on: boolean): void {
    this.#device.network.stall(on)
  }

  /** The sockets that the app has opened or tried to, over all its runs. */
  get sockets(): SocketLog {
    return this.#device.network.sockets
  }

  /** What the app has done and made the phone do, over all its runs, as counts that only grow. */
  work(): Work {
    return this.#device.work.now()
  }

  /** Every text that the app has drawn on a native view, in order. */
  get drawn(): readonly string[] {
    return this.#device.drawn
  }

  /**
   * Lets time pass for the app without waiting for it: its timers run in their order and its clock goes on. What is on
   * the network takes its real time, and so do the pages' own timers.
   */
  passTime(ms: number): Promise<void> {
    return this.#running().time.advance(ms, (step) => this.clock.shift(step))
  }

  /** Writes to storage fail from now on, as on a full phone. */
  lowStorage(on: boolean): void {
    this.#device.lowStorage = on
  }

  darkMode(on: boolean): void {
    this.#device.darkMode = on
    if (this.#run !== null) applyUiStyle(this.#run.host)
  }

  /** Android's back button, or iOS' swipe from the edge. */
  back(): void {
    if (this.#device.isIos) this.#running().swipeBack()
    else this.#running().pressBack()
  }

  pullToRefresh(): void {
    this.#running().pullToRefresh()
  }

  /** Moves a finger over the screen. */
  swipe(move: {
    readonly from: readonly [number, number]
    readonly to: readonly [number, number]
  }): Promise<void> {
    return this.page.swipe(move)
  }

  /** Taps where the text is. */
  tap(text: string | RegExp): Promise<void> {
    return this.page.tap(text)
  }

  /** Ends the app and gives back what the phone took. */
  async close(): Promise<void> {
    await this.kill()
    this.#device.close()
    await this.#cleanUp()
  }

  #running(): AppRun {
    if (this.#run === null) throw new Error('the app does not run')
    return this.#run
  }
}
