import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import type { AppConsole } from './app-console'
import { AppTime } from './app-time'
import type { ScreenEvent } from './chrome/screen-state'
import type { Device } from './device'
import { Listeners } from './listeners'
import { LogicRuntime } from './logic-runtime'
import type { AppManifest, NativeHost } from './native/host'
import { openPlus } from './native/plus'
import { openWebviews } from './native/webview'
import { openWeex } from './native/weex-modules'
import { Screen } from './screen'

const FIRST_PAGE_TIMEOUT_MS = 30_000

export interface AppOptions {
  /** What `uni build -p app` wrote: dist/build/app. */
  readonly bundle: string
  /** Folder from which `@dcloudio/*` is resolved. */
  readonly project: string
  readonly browser: Browser
  readonly device: Device
  readonly console: AppConsole
  readonly missing: string[]
  readonly onQuit: (restart: boolean) => void
}

/** One run of the app, from its start to its end. */
export class AppRun {
  readonly time: AppTime
  readonly screen: Screen
  readonly host: NativeHost
  readonly #webviews: ReturnType<typeof openWebviews>
  #ended = false

  private constructor(
    time: AppTime,
    screen: Screen,
    host: NativeHost,
    webviews: ReturnType<typeof openWebviews>,
  ) {
    this.time = time
    this.screen = screen
    this.host = host
    this.#webviews = webviews
  }

  /** Starts the app and waits for its first page. @param clicked  the notification that started it */
  static async start(options: AppOptions, clicked?: object): Promise<AppRun> {
    const { device, console, missing, browser } = options
    const bundle = resolve(options.bundle)
    device.uiStyleChoice = 'auto'
    const time = new AppTime((error) => {
      console.add('error', 'Uncaught', error)
    }, device.work.wakeUp)
    const manifest = JSON.parse(readFileSync(join(bundle, 'manifest.json'), 'utf8')) as AppManifest
    const screen = await Screen.open(browser, device, bundle, manifest)
    const now = () => device.clock.now()
    const logic = new LogicRuntime({ ...options, bundle, platform: device.platform, now, time, console })
    const host: NativeHost = {
      device,
      time,
      console,
      screen,
      manifest,
      config: logic.config,
      toLogic: logic.toLogic,
      report: (path) => {
        missing.push(path)
        console.add('error', `${path} is not simulated`)
      },
      events: new Listeners(),
      weexEvents: new Listeners(),
      keys: new Listeners(),
      push: new Listeners(),
      own: new Set(),
      onEnd: [],
      quit: options.onQuit,
    }
    const webviews = openWebviews(host)
    const run = new AppRun(time, screen, host, webviews)
    screen.onEvent = (event) => {
      run.#hear(event)
    }
    const forget = device.network.onChange(() => {
      run.fire('netchange', {})
    })
    host.onEnd.push(forget)
    await logic.start({ plus: openPlus(host, webviews), weex: openWeex(host) })
    // Once, and only for those who listen by then: the next task after the app's script.
    if (clicked !== undefined) setImmediate(() => run.click(clicked))
    await run.#firstPage()
    return run
  }

  /** Fires an event of `plus.globalEvent`. */
  fire(type: string, event: object): void {
    this.time.run(() => this.host.events.fire(type, this.host.toLogic(event)))
  }

  /**
   * A click's event goes to who listens now. Both systems' SDKs keep the last one for the first listener; here it is lost,
   * which is stricter.
   */
  click(event: object): void {
    this.time.run(() => {
      const heard = this.host.push.fire('click', this.host.toLogic(event))
      if (!heard) this.host.console.add('warn', 'nobody listens to the click of a notification')
    })
  }

  receive(event: object): void {
    this.time.run(() => this.host.push.fire('receive', this.host.toLogic(event)))
  }

  /** The back button of Android and of navigation bars. */
  pressBack(): void {
    this.time.run(() => {
      if (!this.host.keys.fire('backbutton', {})) this.host.quit(false)
    })
  }

  /** iOS' swipe from the left edge. It closes the page unless the page forbids it. */
  swipeBack(): void {
    const { top } = this.screen
    const isOnlyPage = top === undefined || top.isTab
    if (isOnlyPage || ['none', 'appback'].includes(String(top.style.popGesture))) return
    this.#webviews.fire(top.id, 'popGesture', { type: 'start' })
    this.#webviews.fire(top.id, 'popGesture', { type: 'end', result: true })
    this.time.run(() => this.#webviews.close(top.id))
  }

  pullToRefresh(): void {
    const { top } = this.screen
    if (top !== undefined) this.#webviews.fire(top.id, 'pullToRefresh', {})
  }

  /** Ends the app at once, as the system does: its code hears nothing of it. */
  async end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.time.close()
    for (const end of this.host.onEnd) end()
    await this.screen.close()
  }

  #hear(event: ScreenEvent): void {
    if (event.name === 'message') this.fire('plusMessage', { data: event.message })
    else if (event.name === 'back') this.pressBack()
    else if (event.name === 'missing') this.host.report(event.path)
    else if (event.name === 'console') this.host.console.add('error', event.text)
    else if (event.name === 'style') {
      const webview = this.screen.find(event.webview)
      if (webview !== undefined) webview.style = { ...webview.style, ...event.style }
    }
  }

  async #firstPage(): Promise<void> {
    const deadline = Date.now() + FIRST_PAGE_TIMEOUT_MS
    while (this.screen.state.splash !== null && !this.#ended) {
      if (Date.now() > deadline) {
        await this.end()
        throw new Error(`the app showed no page; its console:\n${this.host.console.texts.join('\n')}`)
      }
      await new Promise((done) => setTimeout(done, 20))
    }
    await this.screen.settle()
  }
}
