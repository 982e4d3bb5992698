import type { Browser } from 'playwright-core'
import {
  defaultPushIdentity,
  type ClientInfo,
  type Device,
  type PhonePlatform,
  type PushIdentity,
} from './device'
import type { NotificationAuthorized } from './permissions'
import type { PendingIntents } from './tray'

export interface LaunchOptions {
  /** What `uni build -p app` wrote: dist/build/app. */
  readonly bundle: string
  readonly platform: PhonePlatform
  /** Path of a Chromium, or a running one to share. */
  readonly chromium: string | Browser
  /** Folder for what the app stores; without one, a temporary folder that `close` removes. */
  readonly data?: string
  /** Folder of the project whose `@dcloudio/*` packages are used; the working directory by default. */
  readonly project?: string
  /** The system's language; `en` by default. */
  readonly locale?: string
  readonly darkMode?: boolean
  /** As in `plus.os.version`: "14" or "17.2" by default. */
  readonly osVersion?: string
  /** What the owner has allowed so far; `authorized` by default. */
  readonly notificationAuthorized?: NotificationAuthorized
  /** `plus.device.vendor`, for instance "Xiaomi"; "Google" or "Apple" by default. */
  readonly vendor?: string
  /** Modules of the manifest that the package lacks, such as "Push". */
  readonly withoutModules?: readonly string[]
  /** How `plus.push.getClientInfoAsync` ends. By default it answers with `pushIdentity`, and on Android fails without one. */
  readonly clientInfo?: ClientInfo
  /** Android's intents of an earlier process; `kept` by default. */
  readonly pendingIntents?: PendingIntents
  /** What push services and system know the app by; without it they are placeholders that no service would take. */
  readonly pushIdentity?: Partial<PushIdentity>
  /** Print the app's console while it runs. */
  readonly echo?: boolean
}

/** The phone that is meant, with what it is when nobody says otherwise. */
export function phoneOf(options: LaunchOptions, data: string): ConstructorParameters<typeof Device>[0] {
  const { platform, pushIdentity } = options
  const isIos = platform === 'ios'
  return {
    platform,
    data,
    locale: options.locale ?? 'en',
    darkMode: options.darkMode ?? false,
    osVersion: options.osVersion ?? (isIos ? '17.2' : '14'),
    notificationAuthorized: options.notificationAuthorized ?? 'authorized',
    pushIdentity: { ...defaultPushIdentity(platform), ...pushIdentity },
    clientInfo: options.clientInfo ?? (isIos || pushIdentity !== undefined ? 'answers' : 'no platform'),
    vendor: options.vendor ?? (isIos ? 'Apple' : 'Google'),
    pendingIntents: options.pendingIntents ?? 'kept',
    withoutModules: options.withoutModules ?? [],
  }
}
