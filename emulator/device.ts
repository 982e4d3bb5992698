import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { UiStyleChoice } from './native/ui-style'
import { Network } from './network'
import { Permissions, type NotificationAuthorized } from './permissions'
import { Tray } from './tray'
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
}

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
  badge = 0
  lowStorage = false
  readonly #data: string

  constructor(options: DeviceOptions) {
    this.platform = options.platform
    this.locale = options.locale
    this.osVersion = options.osVersion
    this.darkMode = options.darkMode
    this.metrics = METRICS[options.platform]
    this.permissions = new Permissions(options.notificationAuthorized)
    this.tray = new Tray()
    this.pushIdentity = options.pushIdentity
    this.#data = options.data
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
