import type { AppConsole } from '../app-console'
import type { AppTime } from '../app-time'
import type { Device } from '../device'
import type { Listeners } from '../listeners'
import type { UniConfig } from '../logic-runtime'
import type { Screen } from '../screen'
import type { ReportMissing } from '../strict'

/** `safearea` of the app's manifest.json: what lies behind the home indicator. */
export interface SafeArea {
  readonly background?: string
  readonly backgroundDark?: string
  readonly bottom?: { readonly offset?: 'auto' | 'none' }
}

/** The part of the app's manifest.json, as built, that is used. */
export interface AppManifest {
  readonly id: string
  readonly name: string
  readonly version: { readonly name: string; readonly code: string }
  readonly permissions: Record<string, unknown>
  readonly plus: {
    readonly safearea?: SafeArea
    readonly distribute?: { readonly google?: { readonly permissions?: readonly string[] } }
  }
}

/** What the native modules of one run of the app share. */
export interface NativeHost {
  readonly device: Device
  readonly time: AppTime
  readonly console: AppConsole
  readonly screen: Screen
  readonly manifest: AppManifest
  readonly config: UniConfig
  readonly report: ReportMissing
  /** Copies JSON into the app's realm. */
  readonly toLogic: (value: unknown) => unknown
  /** `plus.globalEvent`. */
  readonly events: Listeners
  /** `weex.requireModule('globalEvent')`. */
  readonly weexEvents: Listeners
  /** `plus.key`. */
  readonly keys: Listeners
  /** `plus.push`. */
  readonly push: Listeners
  /** Android: the notifications that this process lists, which are those that it has made or its SDK has shown. */
  readonly own: Set<number>
  /** What to do when this run ends. */
  readonly onEnd: (() => void)[]
  /** The app asks to be ended, or to be started anew. */
  readonly quit: (restart: boolean) => void
}

/** The success and fail functions that most of 5+ takes. */
export interface Callbacks {
  readonly success?: (result?: unknown) => void
  readonly fail?: (error: { code: number; message: string }) => void
}

/** Answers after the app's current code, as the bridge does. */
export function answer(
  host: NativeHost,
  callback: ((result: unknown) => void) | undefined,
  result: unknown,
): void {
  if (callback !== undefined) host.time.later(() => callback(host.toLogic(result)), 'answer')
}

export function listenersApi(listeners: Listeners) {
  return {
    addEventListener: (type: string, listener: (event: unknown) => void) => listeners.add(type, listener),
    removeEventListener: (type: string, listener: (event: unknown) => void) =>
      listeners.remove(type, listener),
  }
}
