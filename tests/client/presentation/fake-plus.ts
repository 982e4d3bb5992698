import type { Clock } from '@/services/clock'
import type { ChannelManager } from '@/services/presentation/app/channels'
import type {
  Authorized,
  CreatePushMessageOptions,
  PlusAndroid,
  PlusPush,
  UniPush,
} from '@/services/presentation/app/plus-push'
import type {
  PlusBox,
  PlusTag,
  PlusTouch,
  PlusView,
  PlusViewConstructor,
} from '@/services/presentation/app/plus-view'

/** Anything of `plus` or `uni` that is not simulated throws with its full name, so that no test passes by silence. */
export function strict<Target extends object>(name: string, target: Target): Target {
  return new Proxy(target, {
    get(object, key) {
      if (typeof key === 'symbol' || key in object) return Reflect.get(object, key) as unknown
      throw new Error(`${name}.${key} is not simulated`)
    },
  })
}

/** A notification in the fake tray. */
export interface TrayItem {
  readonly payload: unknown
  readonly title: string | undefined
  readonly content: string
  readonly sound: string
  readonly channelId: string | undefined
  readonly when: Date
}

/**
 * A phone's notifications as uni-app has them (facts/uni-app.md §3). Script it with `os`, `osVersion`, `authorized`
 * (what the system's settings say), `dialog` (what the user answers when asked) and `click(n)`. As there:
 * createPushMessage rejects without permission; Android lists and removes what this process made, iOS nothing, and echoes a local message as
 * `receive`; a click goes to the listeners of that moment only, and iOS hands the payload over as an object.
 */
export class FakePhone {
  readonly tray: TrayItem[] = []
  readonly channels = new Map<string, { description: string; importance: number; vibrates: boolean }>()
  readonly asked: string[] = []
  authorized: Authorized = 'authorized'
  dialog: 'allow' | 'deny' | 'deny always' | 'never answered' = 'allow'
  settingsOpened = 0
  received: unknown[] = []
  /** How often the whole tray was cleared. */
  cleared = 0
  /** iOS shows what is made a second later; without a clock at once. */
  clock: Clock | null = null
  /** Whether the user looks at the app, and how much is unread. */
  visible = true
  unread = 0
  /** What this process has made, which is all that Android lists and removes. */
  readonly #own = new Set<TrayItem>()
  readonly #os: 'Android' | 'iOS'
  readonly #channelsExist: boolean
  readonly #listeners: ((message: { payload?: unknown }) => void)[] = []

  constructor(os: 'Android' | 'iOS', channelsExist = os === 'Android') {
    this.#os = os
    this.#channelsExist = channelsExist
  }

  get push(): PlusPush {
    return strict('plus.push', {
      addEventListener: (_type: 'click', listener: (message: { payload?: unknown }) => void) => {
        this.#listeners.push(listener)
      },
      getAllMessage: () => this.tray.filter((item) => this.#own.has(item)),
      remove: (message: { payload?: unknown }) => {
        const at = this.tray.findIndex((item) => this.#own.has(item) && item.payload === message.payload)
        if (at >= 0) this.tray.splice(at, 1)
      },
      clear: () => {
        this.tray.length = 0
        this.cleared += 1
      },
      getClientInfoAsync: (_success: () => void, fail: () => void) => {
        this.asked.push('client info')
        setImmediate(fail)
        if (this.dialog !== 'never answered')
          setImmediate(() => (this.authorized = this.dialog === 'allow' ? 'authorized' : 'denied'))
      },
    })
  }

  get uni(): UniPush {
    return strict('uni', {
      createPushMessage: (options: CreatePushMessageOptions) => {
        if (this.authorized !== 'authorized') {
          options.fail({ errMsg: `createPushMessage:fail notificationAuthorized: ${this.authorized}` })
          return
        }
        // uni-app-plus, CreatePushMessageOptions: an empty text is none.
        if (!options.content) {
          options.fail({ errMsg: 'createPushMessage:fail content is required' })
          return
        }
        const { payload, title, content, sound, channelId, when } = options
        const item = { payload, title, content, sound, channelId, when }
        if (this.clock) this.clock.setTimeout(() => this.tray.push(item), 1_000)
        else this.tray.push(item)
        if (this.#os === 'Android') this.#own.add(item)
        if (this.#os === 'iOS') this.received.push({ payload: JSON.parse(payload) as unknown })
        options.success()
      },
      getAppAuthorizeSetting: () => ({ notificationAuthorized: this.authorized }),
      openAppAuthorizeSetting: (options: { fail(): void }) => {
        this.settingsOpened++
        options.fail()
      },
      getChannelManager: () => (this.#channelsExist ? this.#channelManager() : null),
    })
  }

  get android(): PlusAndroid | null {
    if (this.#os === 'iOS') return null
    return strict('plus.android', {
      requestPermissions: (
        permissions: string[],
        success: Parameters<PlusAndroid['requestPermissions']>[1],
      ) => {
        this.asked.push(...permissions)
        const [granted, deniedPresent, deniedAlways] = [
          this.dialog === 'allow',
          this.dialog === 'deny',
          this.dialog === 'deny always',
        ].map((is) => (is ? permissions : [])) as [string[], string[], string[]]
        if (this.dialog === 'allow') this.authorized = 'authorized'
        setImmediate(success, { granted, deniedPresent, deniedAlways })
      },
    })
  }

  /** The user taps the notification at a place of the tray. */
  click(at: number): void {
    const [item] = this.tray.splice(at, 1)
    if (!item) throw new Error('there is no such notification')
    const payload: unknown = this.#os === 'iOS' ? JSON.parse(String(item.payload)) : item.payload
    this.clickWith(payload)
  }

  clickWith(payload: unknown): void {
    for (const listener of this.#listeners) listener({ payload })
  }

  /** Channels never change: the first settings of an id stay. */
  #channelManager(): ChannelManager {
    return strict('ChannelManager', {
      setPushChannel: (options: Parameters<ChannelManager['setPushChannel']>[0]) => {
        if (this.channels.has(options.channelId)) return
        this.channels.set(options.channelId, {
          description: options.channelDesc,
          importance: options.importance,
          vibrates: options.enableVibration,
        })
      },
    })
  }
}

/** `plus.nativeObj.View`: views in the order in which they were shown; `touch` plays a finger on the newest. */
export class FakeScreen {
  readonly views: FakeView[] = []

  get View(): PlusViewConstructor {
    const { views } = this
    return class extends FakeView {
      constructor(id: string, style: PlusBox, tags: PlusTag[]) {
        super(id, style, tags)
        views.push(this)
      }
    }
  }

  get visible(): FakeView[] {
    return this.views.filter((view) => view.state === 'shown')
  }
}

export class FakeView implements PlusView {
  readonly id: string
  style: PlusBox
  tags: PlusTag[]
  state: 'made' | 'shown' | 'closed' = 'made'
  intercepts = false
  readonly #listeners = new Map<string, (touch: PlusTouch) => void>()

  constructor(id: string, style: PlusBox, tags: PlusTag[]) {
    this.id = id
    this.style = style
    this.tags = tags
  }

  get texts(): string[] {
    return this.tags.flatMap((tag) => (tag.tag === 'font' ? [tag.text] : []))
  }

  /** A finger from one height of the screen to another; a phone sends a click after a short way. */
  swipe(from: number, to: number): void {
    this.#fire('touchstart', { screenY: from, clientY: 10 })
    this.#fire('touchmove', { screenY: to, clientY: 10 })
    this.#fire('touchend', {})
    if (Math.abs(from - to) < 30) this.#fire('click', { screenY: to })
  }

  tap(): void {
    this.swipe(50, 50)
  }

  draw(tags: PlusTag[]): void {
    this.#alive()
    this.tags = [...this.tags, ...tags]
  }

  reset(): void {
    this.#alive()
    this.tags = []
  }

  setStyle(style: PlusBox): void {
    this.#alive()
    this.style = style
  }

  show(): void {
    this.#alive()
    this.state = 'shown'
  }

  close(): void {
    this.#alive()
    this.state = 'closed'
  }

  interceptTouchEvent(intercept: boolean): void {
    this.intercepts = intercept
  }

  addEventListener(event: string, listener: (touch: PlusTouch) => void): void {
    this.#listeners.set(event, listener)
  }

  #fire(event: string, touch: PlusTouch): void {
    if (this.state === 'shown') this.#listeners.get(event)?.(touch)
  }

  /** "释放View控件资源，View对象不可再操作": a closed view must not be touched. */
  #alive(): void {
    if (this.state === 'closed') throw new Error('the view was closed')
  }
}
