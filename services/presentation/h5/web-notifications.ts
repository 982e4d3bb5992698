import type { Message } from '@herald/protocol'
import { alertText } from '../../../locale/alert-text'
import { ClickInbox, parseTarget } from '../click-inbox'
import type {
  Alert,
  ClickTarget,
  NotifyOptions,
  Permission,
  SystemPort,
  Translate,
  UnsupportedReason,
} from '../presentation'

/** Milliseconds of vibration and pause, by priority, as ntfy does: the higher, the longer. */
const VIBRATIONS: Readonly<Record<number, number[]>> = {
  3: [200],
  4: [300, 100, 300],
  5: [500, 200, 500, 200, 500],
}

/** The options that browsers take; TypeScript's list leaves out those that only some do. */
interface WebNotificationOptions extends NotificationOptions {
  renotify?: boolean
  timestamp?: number
  vibrate?: number[]
}

/** What the browser gives. */
export interface WebNotificationEnv {
  readonly isSecureContext: boolean
  readonly notification:
    | { readonly permission: NotificationPermission; requestPermission(): Promise<NotificationPermission> }
    | undefined
  /** `navigator.serviceWorker`. */
  readonly container: Pick<ServiceWorkerContainer, 'addEventListener' | 'startMessages'> | undefined
  /** What `registerWorker` gives; it may reject. */
  readonly registration: Promise<ServiceWorkerRegistration | null>
  /** iOS or iPadOS, and not started from the home screen. */
  readonly isIosBrowser: boolean
  readonly namespace: string
  /** Addresses of the pictures. */
  readonly icons: { readonly icon?: string; readonly badge?: string }
  /** The click that has opened the page. */
  readonly opened: ClickTarget | null
  /** BCP 47 language of the words. */
  language(): string
  readonly t: Translate
}

/**
 * Notifications of the browser by the service worker's registration: `new Notification` throws on Android
 * (developer.mozilla.org/docs/Web/API/Notification/Notification), and only the worker gets a click after the tab went.
 */
export class WebNotifications implements SystemPort {
  readonly #env: WebNotificationEnv
  readonly #clicks = new ClickInbox()
  /** The tag of the one summary: showing it again changes it in place. */
  readonly #summaryTag: string

  constructor(env: WebNotificationEnv) {
    this.#env = env
    this.#summaryTag = `${env.namespace}-summary`
    if (env.opened) this.#clicks.deliver(env.opened)
    env.container?.addEventListener('message', (event) => {
      const data: unknown = event.data
      if (typeof data !== 'object' || data === null || !('type' in data) || data.type !== 'open') return
      const target = parseTarget(data)
      if (target) this.#clicks.deliver(target)
    })
    // Messages that came before DOMContentLoaded wait for this.
    env.container?.startMessages()
  }

  async notify(alert: Alert, options: NotifyOptions): Promise<void> {
    if (this.#env.notification?.permission !== 'granted') return
    const registration = await this.#env.registration
    if (!registration) throw new Error('there is no service worker to notify by')
    const { title, body } = alertText(alert, options.preview, this.#env.t)
    await registration.showNotification(title, this.#optionsOf(alert, body, options))
  }

  async close(ids: readonly string[]): Promise<void> {
    const gone = new Set(ids)
    await this.#closeWhere((tag) => gone.has(tag))
  }

  closeSummary(): Promise<void> {
    return this.#closeWhere((tag, { data }) => tag === this.#summaryTag || isNudge(data))
  }

  closeAll(): Promise<void> {
    return this.#closeWhere((tag, { data }) => {
      const target = parseTarget(data)
      // The page's worker may be of a host, which has notifications of its own.
      if (target === null) return false
      return isNudge(data) || tag === ('inbox' in target ? this.#summaryTag : target.messageId)
    })
  }

  permission(): Promise<Permission> {
    return Promise.resolve(this.#permission())
  }

  async requestPermission(): Promise<Permission> {
    if (this.unsupported() === null && this.#permission() === 'default')
      await this.#env.notification?.requestPermission()
    return this.#permission()
  }

  unsupported(): UnsupportedReason | null {
    const { isSecureContext, notification, container, isIosBrowser } = this.#env
    if (!isSecureContext) return 'insecure'
    if (notification && container) return null
    return isIosBrowser ? 'home_screen' : 'browser'
  }

  onClick(handler: (target: ClickTarget) => void): void {
    this.#clicks.handle(handler)
  }

  #permission(): Permission {
    return this.unsupported() === null ? (this.#env.notification?.permission ?? 'unsupported') : 'unsupported'
  }

  #optionsOf(alert: Alert, body: string, { sound, vibration }: NotifyOptions): WebNotificationOptions {
    const { message, tag, target } = this.#identify(alert)
    const vibrate = sound && vibration ? VIBRATIONS[message.priority] : undefined
    return {
      body,
      tag,
      data: target,
      ...this.#env.icons,
      lang: this.#env.language(),
      timestamp: message.time,
      // Without it, a summary that changes does so in silence whatever `silent` says.
      renotify: sound,
      silent: !sound,
      requireInteraction: alert.kind === 'message' && message.priority === 5,
      // The Notifications API throws when `silent` and `vibrate` come together (§2.6).
      ...(vibrate && { vibrate }),
    }
  }

  async #closeWhere(matches: (tag: string, notification: Notification) => boolean): Promise<void> {
    if (this.unsupported() !== null) return
    const registration = await this.#env.registration
    const shown = (await registration?.getNotifications()) ?? []
    for (const notification of shown) if (matches(notification.tag, notification)) notification.close()
  }

  #identify(alert: Alert): { message: Message; tag: string; target: ClickTarget } {
    if (alert.kind === 'summary')
      return { message: alert.newest, tag: this.#summaryTag, target: { inbox: true } }
    const { message } = alert
    return { message, tag: message.id, target: { messageId: message.id, feed: message.feed } }
  }
}

/** What the worker has shown of a chat server's word (public/push.js): it names no message, and goes when somebody looks. */
const isNudge = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && 'nudge' in data && data.nudge === true
