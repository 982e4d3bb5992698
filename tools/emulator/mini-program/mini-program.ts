import { resolve } from 'node:path'
import type { AppConsole } from '../app-console'
import type { NetworkType } from '../network'
import { readAppConfig } from './bundle'
import type { Dialog } from './interface'
import { MiniDevice } from './mini-device'
import { MiniPage } from './mini-page'
import { MiniRun } from './mini-run'
import type { MiniStorage } from './storage'
import type { LaunchOptions } from './system'
import type { Tab } from './tab-bar'

/** From WeChat's list of recently used mini-programs: developers.weixin.qq.com/miniprogram/dev/reference/scene-list.html */
const SCENE = 1089

export interface MiniProgramOptions {
  /** What `uni build -p mp-weixin` wrote: dist/build/mp-weixin. */
  readonly bundle: string
  /** Default "android". */
  readonly platform?: 'android' | 'ios'
  /** BCP 47; default "en". */
  readonly locale?: string
  readonly darkMode?: boolean
  /** Print the console too, to look for a fault. */
  readonly echo?: boolean
  /** Whether a socket that was cut in the background says `close` once the mini-program is back. Phones differ. */
  readonly closeAfterCut?: 'told' | 'untold'
  /** The hosts that requests and sockets may reach, by https and wss, as at WeChat; default: any, and plain http too. */
  readonly domains?: readonly string[]
  /** Interfaces that the owner's privacy guide does not name: they fail. */
  readonly undeclared?: readonly 'clipboard'[]
  /**
   * Where nodes stand in their page, in px from its top: by selector (`.list`, `#list`), those of one page in their order. For
   * `createSelectorQuery`, since CSS is not known here.
   */
  readonly places?: Readonly<Record<string, readonly number[]>>
  /** What the first start opens. */
  readonly start?: Start
}

export interface Start {
  /** Such as "pages/home/home"; default: the first page of app.json. */
  readonly path?: string
  readonly query?: Readonly<Record<string, string>>
  /** Why it was started. */
  readonly scene?: number
}

/** Starts the bundle and opens its first page. Throws when there is no such bundle, or when its app.js throws. */
export function launchMiniProgram(options: MiniProgramOptions): MiniProgram {
  return new MiniProgram(options)
}

/** A mini-program in WeChat. */
export class MiniProgram {
  /** The page on top. */
  readonly page: MiniPage
  readonly #bundle: string
  readonly #device: MiniDevice
  #run: MiniRun | null = null

  constructor(options: MiniProgramOptions) {
    this.#bundle = resolve(options.bundle)
    this.#device = new MiniDevice({
      locale: options.locale ?? 'en',
      darkMode: options.darkMode ?? false,
      platform: options.platform ?? 'android',
      echo: options.echo ?? false,
      closeAfterCut: options.closeAfterCut ?? 'told',
      domains: options.domains,
      undeclared: options.undeclared ?? [],
      places: options.places ?? {},
    })
    this.page = new MiniPage(() => this.#running())
    this.relaunch(options.start)
  }

  /** What it logged, over all runs; what it did not catch is an error here. */
  get console(): AppConsole {
    return this.#device.console
  }

  /** What it used that is not simulated. */
  get missing(): readonly string[] {
    return this.#device.missing
  }

  /** Toasts, vibrations, the clipboard: `toast Saved`, `vibrate short`, `copy …`. */
  get actions(): readonly string[] {
    return this.#device.actions
  }

  get storage(): MiniStorage {
    return this.#device.storage
  }

  /** Paths of the open pages, the one on top last. */
  get pages(): readonly string[] {
    return this.#running().pages.pages.map(({ path }) => path)
  }

  get tabs(): readonly Readonly<Tab>[] {
    return this.#running().tabs
  }

  /** The modal or action sheet that waits; null for none. */
  get dialog(): Omit<Dialog, 'choose'> | null {
    return this.#running().interface.dialog()
  }

  /** Sockets of this run: those there are, the most there were at once, and how many were refused. */
  get sockets(): { readonly count: number; readonly most: number; readonly refused: number } {
    const { count, most, refused } = this.#running().sockets
    return { count: count(), most: most(), refused: refused() }
  }

  get frozen(): boolean {
    return this.#running().host.time.frozen
  }

  /** Taps words of the dialog, else of the page. */
  tap(words: string): void {
    const dialog = this.#running().interface.dialog()
    if (dialog === null) this.page.tap(words)
    else if (dialog.choices.includes(words)) dialog.choose(words)
    else throw new Error(`the dialog has "${dialog.choices.join('", "')}", and no "${words}"`)
  }

  tapTab(text: string): void {
    const { tabs, pages, host } = this.#running()
    const index = tabs.findIndex((tab) => tab.text === text)
    const tab = tabs[index]
    if (tab === undefined || !pages.top.isTab)
      throw new Error(`there is no tab "${text}" on ${pages.top.path}`)
    pages.switchTab(`/${tab.path}`)
    pages.top.component.call('onTabItemTap', host.realm.copy({ index, pagePath: tab.path, text }))
  }

  /** The back arrow, or the phone's gesture; on the only page it leaves the mini-program. */
  back(): void {
    const { pages } = this.#running()
    if (pages.pages.length > 1) pages.navigateBack(1)
    else this.#running().hide()
  }

  /**
   * The user goes elsewhere. After 5 s JavaScript stops and requests end as interrupted, after 10 s the sockets are
   * gone. @param forMs  how much of that time passes now
   */
  async hide(forMs = 0): Promise<void> {
    this.#running().hide()
    await this.elapse(forMs)
  }

  /** The user comes back: what was kept is said first, then `onShow`. */
  show(): void {
    this.#running().show()
  }

  /** Puts the clock forward, and its timers with it. Nobody waits. */
  async elapse(ms: number): Promise<void> {
    await this.#running().host.time.elapse(ms)
  }

  /** The system ends it. Its storage remains. */
  kill(): void {
    this.#run?.end()
    this.#run = null
  }

  /** Ends it, if it runs, and starts it again. */
  relaunch({ path, query = {}, scene = SCENE }: Start = {}): void {
    this.kill()
    const [first = ''] = readAppConfig(this.#bundle).pages
    const options: LaunchOptions = { path: path ?? first, query, scene, referrerInfo: {} }
    const run = new MiniRun(this.#bundle, this.#device, options)
    this.#run = run
    try {
      run.start()
    } catch (error) {
      this.kill()
      throw error
    }
  }

  airplaneMode(on: boolean): void {
    this.#device.network.airplaneMode(on)
  }

  /** Sockets and requests do not move to another network. */
  switchNetwork(type: NetworkType): void {
    this.#device.network.switchTo(type)
  }

  darkMode(on: boolean): void {
    this.#device.darkMode = on
    this.#running().subscribers.fire('ThemeChange', { theme: on ? 'dark' : 'light' })
  }

  /** Ends it for good. */
  close(): void {
    this.kill()
    this.#device.storage.clear()
  }

  #running(): MiniRun {
    if (this.#run === null) throw new Error('the mini-program does not run')
    return this.#run
  }
}
