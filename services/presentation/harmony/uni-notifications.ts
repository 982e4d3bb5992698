import { alertText } from '../../../locale/alert-text'
import { androidWords } from '../app/alert-words'
import { readPayload, unwrap, writePayload } from '../app/push-payload'
import { ClickInbox } from '../click-inbox'
import { ClosesNothing } from '../closes-nothing'
import type {
  Alert,
  ClickTarget,
  NotifyOptions,
  Permission,
  SystemPort,
  Translate,
  UnsupportedReason,
} from '../presentation'

/** What `uni.onPushMessage` tells. */
export interface UniPushEvent {
  readonly type: 'click' | 'receive'
  readonly data?: unknown
}

/** The part of `uni` that is used; the uni-push module brings it (uniapp.dcloud.io/api/plugins/push). */
export interface HarmonyPush {
  createPushMessage?(options: {
    title: string
    content: string
    payload: string
    success(): void
    fail(error: { errMsg?: string }): void
  }): unknown
  onPushMessage?(listener: (event: UniPushEvent) => void): void
  getAppAuthorizeSetting?(): { notificationAuthorized?: string }
  openAppAuthorizeSetting?(options: { fail(): void }): unknown
  setAppBadgeNumber?(unread: number): unknown
}

export interface UniNotificationsEnv {
  readonly uni: HarmonyPush
  readonly t: Translate
  /** What a click opens on a push that a service brought; null when it is not for this user. */
  readonly takeClick: (data: unknown) => ClickTarget | null
}

/**
 * Notifications of HarmonyOS, by uni's own interfaces. There is none to list or remove one, nor to make it silent: what
 * was read stays in the tray until somebody taps it.
 */
export class UniNotifications extends ClosesNothing implements SystemPort {
  readonly #env: UniNotificationsEnv
  readonly #clicks = new ClickInbox()

  constructor(env: UniNotificationsEnv) {
    super()
    this.#env = env
    env.uni.onPushMessage?.(({ type, data }) => {
      if (type !== 'click') return
      const target = readPayload(payloadOf(data))?.target ?? env.takeClick(payloadOf(data))
      if (target) this.#clicks.deliver(target)
    })
  }

  async notify(alert: Alert, { preview }: NotifyOptions): Promise<void> {
    if (this.permissionNow() !== 'granted') return
    const { t, uni } = this.#env
    await new Promise<void>((resolve, reject) => {
      uni.createPushMessage?.({
        ...androidWords(alert, alertText(alert, preview, t), t),
        payload: writePayload(alert),
        success: resolve,
        fail: ({ errMsg }) => {
          reject(new Error(`createPushMessage failed: ${errMsg ?? 'no reason given'}`))
        },
      })
    })
  }

  permission(): Promise<Permission> {
    return Promise.resolve(this.permissionNow())
  }

  /** No interface of uni asks: the system's settings of the app do. */
  requestPermission(): Promise<Permission> {
    if (this.permissionNow() === 'default') this.openSettings()
    return Promise.resolve(this.permissionNow())
  }

  unsupported(): UnsupportedReason | null {
    return this.#env.uni.createPushMessage ? null : 'module'
  }

  openSettings(): void {
    // A system that cannot open its settings leaves the user where the way is explained.
    this.#env.uni.openAppAuthorizeSetting?.({ fail: () => undefined })
  }

  onClick(handler: (target: ClickTarget) => void): void {
    this.#clicks.handle(handler)
  }

  /** The system's word, now. */
  permissionNow(): Permission {
    if (this.unsupported() !== null) return 'unsupported'
    const authorized = this.#env.uni.getAppAuthorizeSetting?.().notificationAuthorized
    if (authorized === 'not determined') return 'default'
    // A version that does not tell is tried: `createPushMessage` says no by itself.
    return authorized === 'denied' ? 'denied' : 'granted'
  }
}

/** An event's data is the payload, or the notification with it. */
export const payloadOf = (data: unknown): unknown => unwrap(data)
