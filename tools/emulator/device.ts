import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { UiStyleChoice } from './native/ui-style'
import { Network } from './network'
import { Permissions, type NotificationAuthorized } from './permissions'
import { Tray, type PendingIntents } from './tray'
import { WallClock } from './wall-clock'
import { WorkLog } from './work'

export type PhonePlatform = 'android' | 'ios'

/** What push services and the system know the app by. */
export interface PushIdentity {
  /** uni-push's client id. */
  readonly clientid: string
  /** iOS: APNs' device token. */
  readonly token: string
  /** iOS: what `NSBundle.mainBundle.bundleIdentifier` says. */
  readonly bundleId: string
}

export const defaultPushIdentity = (platform: PhonePlatform): PushIdentity => ({
  clientid: `emulated-cid-${platform}`,
  token: `emulated-token-${platform}`,
  bundleId: 'com.example.emulated',
})

export interface DeviceOptions {
  readonly platform: PhonePlatform
  /** Folder for all that survives a relaunch. */
  readonly data: string
  /** BCP 47, as the system is set. */
  readonly locale: string
  readonly darkMode: boolean
  /** As in `plus.os.version`. */
  readonly osVersion: string
  readonly notificationAuthorized: NotificationAuthorized
  readonly pushIdentity: PushIdentity
  readonly clientInfo: ClientInfo
  /** `plus.device.vendor`. */
  readonly vendor: string
  readonly pendingIntents: PendingIntents
  /** Modules that the manifest names and the package has not. */
  readonly withoutModules: readonly string[]
}

/** How `getClientInfoAsync` ends: `no platform`, as on Android without a provider; `never`, as with iOS' refusal. */
export type ClientInfo = 'answers' | 'no platform' | 'never'

/** Logical pixels of the screen and of what the system takes of it. */
export interface ScreenMetrics {
  readonly width: number
  readonly height: number
  readonly scale: number
  readonly statusBar: number
  readonly homeIndicator: number
}

const METRICS: Record<PhonePlatform, ScreenMetrics> = {
  android: { width: 390, height: 800, scale: 2, statusBar: 28, homeIndicator: 0 },
  ios: { width: 390, height: 844, scale: 2, statusBar: 47, homeIndicator: 34 },
}

/** The phone itself: what outlives one run of the app. */
export class Device {
  readonly platform: PhonePlatform
  readonly locale: string
  readonly osVersion: string
  readonly metrics: ScreenMetrics
  readonly clock = new WallClock()
  readonly network = new Network()
  readonly work = new WorkLog()
  readonly permissions: Permissions
  readonly tray: Tray
  readonly pushIdentity: PushIdentity
  /** What the app made the phone do: vibrate, beep, open an address or the settings. */
  readonly actions: string[] = []
  /** Every text that the app drew on a native view. */
  readonly drawn: string[] = []
  darkMode: boolean
  /** What the app has chosen, until it ends. */
  uiStyleChoice: UiStyleChoice = 'auto'
  lowStorage = false
  /** The app runs, and its owner does not see it. */
  behind = false
  readonly clientInfo: ClientInfo
  readonly vendor: string
  readonly pendingIntents: PendingIntents
  readonly withoutModules: readonly string[]
  #badge = 0
  readonly #data: string
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(options: DeviceOptions) {
    this.platform = options.platform
    this.locale = options.locale
    this.osVersion = options.osVersion
    this.darkMode = options.darkMode
    this.metrics = METRICS[options.platform]
    this.permissions = new Permissions(options.notificationAuthorized)
    this.tray = new Tray()
    this.pushIdentity = options.pushIdentity
    this.clientInfo = options.clientInfo
    this.vendor = options.vendor
    this.pendingIntents = options.pendingIntents
    this.withoutModules = options.withoutModules
    this.#data = options.data
  }

  get badge(): number {
    return this.#badge
  }

  /** The number on the icon. On iOS 0 empties the notification centre, whoever sets it. */
  set badge(count: number) {
    this.#badge = count
    if (this.isIos && count === 0) this.tray.clear()
  }

  /** The system does something later, whatever becomes of the app. */
  later(work: () => void, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      work()
    }, ms)
    this.#timers.add(timer)
  }

  /** The phone is put away. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  get isIos(): boolean {
    return this.platform === 'ios'
  }

  get uiStyle(): 'dark' | 'light' {
    if (this.uiStyleChoice !== 'auto') return this.uiStyleChoice
    return this.darkMode ? 'dark' : 'light'
  }

  /** The file that the app knows by `_doc/…`, in a folder that exists. */
  fileOf(path: string): string {
    const inside = path.replace(/^_(doc|www|documents|downloads)\//, '')
    if (inside.split('/').includes('..')) throw new Error(`${path} leaves the app's folder`)
    const file = join(this.#data, inside)
    mkdirSync(join(file, '..'), { recursive: true })
    return file
  }
}
