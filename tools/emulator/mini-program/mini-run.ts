import { missing } from '../strict'
import { Bundle, readAppConfig } from './bundle'
import type { Method } from './definition'
import type { MiniHost } from './host'
import { openInterface, type Interface } from './interface'
import type { MiniDevice } from './mini-device'
import { MiniTime } from './mini-time'
import { PageStack } from './page-stack'
import { Realm } from './realm'
import { openRequests } from './requests'
import { openSockets, type Sockets } from './sockets'
import { openSystem, Subscribers, type LaunchOptions } from './system'
import { openSelectorQueries } from './selector-query'
import { openTabBar, type Tab } from './tab-bar'
import { openWx } from './wx'

/** JavaScript is suspended and requests are interrupted: developers.weixin.qq.com/miniprogram/dev/framework/runtime/operating-mechanism.html */
const FREEZE_AFTER_MS = 5_000
const CUT_AFTER_MS = 10_000

type AppObject = Record<string, unknown>

/** One run of a mini-program, from its start to its end. */
export class MiniRun {
  readonly host: MiniHost
  readonly pages: PageStack
  readonly sockets: Sockets
  readonly interface: Interface
  readonly tabs: readonly Tab[]
  readonly subscribers: Subscribers
  readonly #options: LaunchOptions
  readonly #requests: ReturnType<typeof openRequests>
  #app: AppObject | null = null
  #visible = true
  #deadlines: (() => void)[] = []

  constructor(folder: string, device: MiniDevice, options: LaunchOptions) {
    this.#options = options
    this.host = openHost(folder, device)
    this.pages = new PageStack(this.host)
    this.subscribers = new Subscribers(this.host)
    this.sockets = openSockets(this.host)
    this.#requests = openRequests(this.host)
    this.interface = openInterface(this.host, this.pages)
    const tabBar = openTabBar(this.host, this.pages)
    this.tabs = tabBar.tabs
    const wx = openWx(this.host, {
      pages: this.pages,
      interface: this.interface,
      queries: openSelectorQueries(this.host, this.pages),
      system: openSystem(this.host, this.subscribers, () => this.#options),
      tabBar: tabBar.api,
      requests: this.#requests.api,
      sockets: this.sockets.api,
    })
    this.host.realm.define({ ...this.#globals(), wx: Object.assign(this.host.realm.copy({}) as object, wx) })
  }

  /** Runs app.js and opens the first page. Throws what these throw as they are loaded. */
  start(): void {
    const { bundle, realm } = this.host
    bundle.require('app.js')
    if (this.#app === null) throw new Error('app.js does not call App()')
    const options = realm.copy(this.#options)
    this.#tell('onLaunch', options)
    this.#tell('onShow', options)
    this.subscribers.fire('AppShow', this.#options)
    const { path, query } = this.#options
    if (this.pages.exists(path)) this.pages.launch(path, query)
    else this.#pageNotFound()
  }

  hide(): void {
    if (!this.#visible) return
    this.#visible = false
    this.pages.hideTop()
    this.#tell('onHide')
    this.subscribers.fire('AppHide')
    const { time } = this.host
    this.#deadlines = [
      time.system(FREEZE_AFTER_MS, () => {
        this.#requests.interrupt()
        time.freeze()
      }),
      time.system(CUT_AFTER_MS, () => this.sockets.cut()),
    ]
  }

  show(): void {
    if (this.#visible) return
    this.#visible = true
    for (const cancel of this.#deadlines) cancel()
    this.host.time.thaw()
    const options = this.host.realm.copy(this.#options)
    this.#tell('onShow', options)
    this.subscribers.fire('AppShow', this.#options)
    this.pages.showTop()
  }

  /** Ends it at once, as the system does: its code hears nothing of it. */
  end(): void {
    this.host.device.clockOffsetMs = this.host.time.offsetMs
    this.host.time.close()
    for (const end of this.host.onEnd) end()
  }

  #pageNotFound(): void {
    const { path, query } = this.#options
    const event = { path, query, isEntryPage: true }
    this.#tell('onPageNotFound', this.host.realm.copy(event))
    this.subscribers.fire('PageNotFound', event)
    const [first = ''] = this.host.bundle.config.pages
    // WeChat draws an error page of its own, from which the app may go elsewhere.
    this.pages.launch(first, {})
  }

  #tell(name: string, ...args: unknown[]): void {
    const method = this.#app?.[name]
    if (typeof method !== 'function') return
    this.host.time.run(() => Reflect.apply(method as Method, this.#app, args))
  }

  #globals(): object {
    return {
      App: (options: AppObject) => {
        this.#app = options
      },
      getApp: (options?: { allowDefault?: boolean }) =>
        this.#app ?? (options?.allowDefault === true ? this.host.realm.copy({}) : undefined),
      getCurrentPages: () => {
        const pages = this.host.realm.copy([]) as unknown[]
        pages.push(...this.pages.pages.map(({ component }) => component.self))
        return pages
      },
    }
  }
}

function openHost(folder: string, device: MiniDevice): MiniHost {
  const time = new MiniTime(device.clockOffsetMs, (error) => {
    device.console.add('error', 'Uncaught', error)
  })
  const realm = new Realm(time, device.console)
  const report = (path: string): never =>
    missing(path, () => {
      device.missing.push(path)
      device.console.add('error', `${path} is not simulated`)
    })
  const bundle = new Bundle(folder, readAppConfig(folder), realm, report)
  return { device, time, realm, console: device.console, bundle, missing: report, onEnd: [] }
}
