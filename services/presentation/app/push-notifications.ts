import { alertText } from '../../../locale/alert-text'
import { ClickInbox } from '../click-inbox'
import type {
  Alert,
  ClickTarget,
  NotifyOptions,
  Permission,
  SystemPort,
  Translate,
  UnsupportedReason,
} from '../presentation'
import { androidWords, iosWords } from './alert-words'
import { openChannel } from './channels'
import type { CreatePushMessageOptions, PlusPushMessage, UniPush } from './plus-push'
import { readPayload, targetOf, writePayload } from './push-payload'
import { askPermission, readPermission, type PermissionEnv } from './push-permission'

/** What the notifications need of the App. */
export interface PushNotificationsEnv extends PermissionEnv {
  readonly uni: UniPush
  readonly t: Translate
  /** What a click opens on a push that a service brought; null when it is not for this user. */
  readonly takeClick: (message: PlusPushMessage) => ClickTarget | null
  /** Whether the user looks at the app. */
  readonly isVisible: () => boolean
  /** How many messages are unread, as far as this device knows. */
  readonly unread: () => number
  /** Whether all that lies in the tray is Herald's. */
  readonly ownsTray: boolean
  /** iOS has set the icon's number to 0 with the tray: it is to be set anew. */
  readonly onCleared: () => void
}

/** Most ids that are known to be of this process. */
const MAX_OWN = 1_000

/** iOS shows a notification a second after it was made, and no clear() takes one that waits for that; in ms, with a margin. */
const IOS_SHOWN_AFTER_MS = 1_500

/**
 * Local notifications of the App (manifest module Push). Make it in main.ts before anything waits: on a cold start the
 * click event fires once, for listeners that are there (facts: uni-app does not listen ahead).
 */
export class PushNotifications implements SystemPort {
  readonly #env: PushNotificationsEnv
  readonly #clicks = new ClickInbox()
  /** iOS lists no notifications: what lies in the tray is counted here, since only all can be cleared. */
  readonly #inTray = new Set<string>()
  /** Android: the messages that this process has notified of. */
  readonly #own = new Set<string>()
  #phase: 'new' | 'begun' | 'notified' = 'new'
  /** iOS: until when a notification may still come into the tray, and whether that is waited for. */
  #showsUntil = 0
  #waits = false

  constructor(env: PushNotificationsEnv) {
    this.#env = env
    env.push?.addEventListener('click', (message) => {
      const own = readPayload(message.payload)?.target
      const target = own ? this.#trusted(own) : env.takeClick(message)
      if (target) this.#clicks.deliver(target)
    })
  }

  async notify(alert: Alert, options: NotifyOptions): Promise<void> {
    if (readPermission(this.#env) !== 'granted') return
    this.#begin()
    if (alert.kind === 'summary') this.#replaceSummary()
    await this.#create(alert, options)
    this.#phase = 'notified'
    const id = alert.kind === 'summary' ? 'summary' : alert.message.id
    if (this.#isAndroid) {
      this.#noteOwn(id)
      return
    }
    this.#inTray.add(id)
    this.#showsUntil = this.#env.clock.now() + IOS_SHOWN_AFTER_MS
  }

  close(ids: readonly string[]): Promise<void> {
    this.#begin()
    const gone = new Set(ids)
    this.#removeWhere((target) => 'messageId' in target && gone.has(target.messageId))
    this.#forget(ids)
    return Promise.resolve()
  }

  closeSummary(): Promise<void> {
    this.#begin()
    this.#removeWhere((target) => 'inbox' in target)
    this.#forget(['summary'])
    return Promise.resolve()
  }

  /**
   * The whole tray of the app. No platform names all that is in it: iOS none, and Android nothing that an earlier process
   * or a vendor's service put there, and whoever signs out leaves no message for the next one to read. In a host's app, only
   * what can be told to be Herald's.
   */
  closeAll(): Promise<void> {
    this.#inTray.clear()
    this.#clear()
    this.#clearLate()
    return Promise.resolve()
  }

  permission(): Promise<Permission> {
    return Promise.resolve(readPermission(this.#env))
  }

  requestPermission(): Promise<Permission> {
    return askPermission(this.#env)
  }

  unsupported(): UnsupportedReason | null {
    return readPermission(this.#env) === 'unsupported' ? 'module' : null
  }

  openSettings(): void {
    // A system that cannot open its settings leaves the user where the way is explained.
    this.#env.uni.openAppAuthorizeSetting({ fail: () => undefined })
  }

  onClick(handler: (target: ClickTarget) => void): void {
    this.#clicks.handle(handler)
  }

  get #isAndroid(): boolean {
    return this.#env.android !== null
  }

  /**
   * Android's notifications are numbered anew in each process, so that the first ones would take the places of those
   * that an earlier process left unread, which this one can neither list nor remove. Who starts the app looks at its
   * list: the tray begins empty.
   */
  #begin(): void {
    if (this.#phase !== 'new') return
    this.#phase = 'begun'
    if (this.#isAndroid) this.#clear()
  }

  /**
   * A tap on Android may give the payload of an earlier process' notification with the same number (PendingIntent without
   * FLAG_UPDATE_CURRENT). What this process has not shown cannot have been tapped: the list has what was.
   */
  #trusted(target: ClickTarget): ClickTarget {
    if (!this.#isAndroid || this.#phase !== 'notified' || 'inbox' in target) return target
    return this.#own.has(target.messageId) ? target : { inbox: true }
  }

  #noteOwn(id: string): void {
    this.#own.add(id)
    // A Set iterates in the order of adding.
    const [oldest] = this.#own
    if (this.#own.size > MAX_OWN && oldest !== undefined) this.#own.delete(oldest)
  }

  #clear(): void {
    if (!this.#env.ownsTray) {
      this.#removeWhere(() => true)
      return
    }
    this.#env.push?.clear()
    if (!this.#isAndroid) this.#env.onCleared()
  }

  #create(alert: Alert, options: NotifyOptions): Promise<void> {
    const { title, body } = alertText(alert, options.preview, this.#env.t)
    const message = alert.kind === 'summary' ? alert.newest : alert.message
    const words = this.#isAndroid
      ? androidWords(alert, { title, body }, this.#env.t)
      : iosWords({ title, body })
    return new Promise((resolve, reject) => {
      const call: CreatePushMessageOptions = {
        ...words,
        payload: writePayload(alert),
        // Without it Android shows no time at all; a version that takes no Date shows none either.
        when: new Date(message.time),
        sound: options.sound ? 'system' : 'none',
        success: resolve,
        fail: ({ errMsg }) => {
          reject(new Error(`createPushMessage failed: ${errMsg ?? 'no reason given'}`))
        },
      }
      const manager = this.#isAndroid ? this.#env.uni.getChannelManager() : null
      const channelId = openChannel(manager, options, message.priority, this.#env.t)
      this.#env.uni.createPushMessage(channelId === undefined ? call : { ...call, channelId })
    })
  }

  /** iOS can neither cover nor remove one notification: the old summary goes when it lies there alone. */
  #replaceSummary(): void {
    this.#removeWhere((target) => 'inbox' in target)
    if (this.#isAndroid || this.#inTray.size !== 1 || !this.#inTray.has('summary')) return
    if (this.#mayClear()) this.#clear()
  }

  #removeWhere(matches: (target: ClickTarget) => boolean): void {
    const { push } = this.#env
    // iOS answers an empty list, and has nothing that could be removed by itself.
    if (!push || !this.#isAndroid) return
    const all: readonly PlusPushMessage[] = push.getAllMessage()
    for (const message of all) {
      const target = targetOf(message.payload)
      if (target && matches(target)) push.remove(message)
    }
  }

  /** iOS: clears the tray when nothing of this run is left in it, and with that what an earlier run left. */
  #forget(ids: readonly string[]): void {
    if (this.#isAndroid) return
    for (const id of ids) this.#inTray.delete(id)
    if (this.#inTray.size > 0 || !this.#mayClear()) return
    this.#clear()
    this.#clearLate()
  }

  /** iOS: what was read, or signed out of, in the second before it shows, shows all the same. It goes after that. */
  #clearLate(): void {
    const wait = this.#showsUntil - this.#env.clock.now()
    if (this.#isAndroid || wait <= 0 || this.#waits) return
    this.#waits = true
    this.#env.clock.setTimeout(() => {
      this.#waits = false
      if (this.#inTray.size === 0 && this.#mayClear()) this.#clear()
    }, wait)
  }

  /** Pushes lie in iOS' tray, too, and nobody lists them: they go when they were read, or when the list is looked at. */
  #mayClear(): boolean {
    return this.#env.isVisible() || this.#env.unread() === 0
  }
}
