import { URGENT } from '@herald/protocol'
import type { Alert, Translate } from '../../locale/alert-text'

export { URGENT }
export type { Alert, Translate }

/** Where a message is shown when it arrives. `silent`: list and badge only. `none`: it is not news. */
export type Surface = 'banner' | 'system' | 'silent' | 'none'

/** What the user chose. Times of the day are 'HH:mm' on this device's clock. */
export interface AlertSettings {
  /** The main switch: off, nothing alerts; list and badge still fill. */
  readonly notifications: boolean
  readonly sound: boolean
  readonly vibration: boolean
  /** Show title and text in alerts; off, an alert only says where it comes from. */
  readonly preview: boolean
  readonly quietHours: { readonly enabled: boolean; readonly from: string; readonly to: string }
}

/** From this priority on an alert is for attention at once: an Android channel of its own, a longer vibration. */
export const LOUD = 4

/** Whether an alert is one urgent message. */
export const isUrgent = (alert: Alert): boolean =>
  alert.kind === 'message' && alert.message.priority === URGENT

/** What a tap on an alert opens. `pushed`: a push service had brought it. */
export type ClickTarget = (
  { readonly messageId: string; readonly feed: string } | { readonly inbox: true }
) & { readonly pushed?: true }

/**
 * Where a banner lies, so that it covers no control of the page. `over`: on the title bar and what comes below it. `bar`: as low
 * as the title bar and on it, since the page keeps its controls right below. `below` the title bar, which has the way back.
 */
export type BannerPlace = 'over' | 'bar' | 'below'

/** H5 and mini-program: the store's state. App: a nativeObj.View. It shows one alert; `show` replaces it. */
export interface BannerPort {
  show(alert: Alert): void
  hide(): void
}

/** How loud one alert is. */
export interface AlertTone {
  readonly sound: boolean
  readonly vibration: boolean
}

/** How one system notification is made. */
export interface NotifyOptions extends AlertTone {
  readonly preview: boolean
}

/** `default`: never asked. `unsupported`: cannot be had here; `SystemPort.unsupported` says why. */
export type Permission = 'granted' | 'denied' | 'default' | 'unsupported'

/**
 * Why there are no system notifications. `insecure`: the page is plain http on another machine than this one.
 * `home_screen`: iOS gives them to pages added to the home screen only. `browser`: it has no such thing.
 * `platform`: WeChat mini-programs have none. `module`: the app was packaged without the Push module.
 */
export type UnsupportedReason = 'insecure' | 'home_screen' | 'browser' | 'platform' | 'module'

/**
 * The notifications of the operating system or browser. Without permission `notify` does nothing; when the platform
 * fails, the promise rejects, and the caller reports it.
 */
export interface SystemPort {
  notify(alert: Alert, options: NotifyOptions): Promise<void>
  /** Takes the notifications of these messages away, for instance since they were read. */
  close(ids: readonly string[]): Promise<void>
  closeSummary(): Promise<void>
  /** Takes all away, for instance at sign-out. */
  closeAll(): Promise<void>
  permission(): Promise<Permission>
  /** Must be called from a tap: browsers ignore it otherwise. */
  requestPermission(): Promise<Permission>
  unsupported(): UnsupportedReason | null
  /** Opens the system's settings of this app, where there are such. */
  openSettings?(): void
  /** One handler; a click that came before it (cold start) is handed to it at once. */
  onClick(handler: (target: ClickTarget) => void): void
}

/** Shows how many messages are unread, in one place. */
export interface BadgePort {
  set(unread: number): void
}

/** Sound and vibration of the in-app banner. System notifications bring their own. */
export interface TonePort {
  play(tone: AlertTone, priority: number): void
}
