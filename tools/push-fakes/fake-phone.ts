export type Platform = 'android' | 'ios' | 'harmony'

/** A device that a fake service knows. */
export interface PhoneOptions {
  readonly platform?: Platform
  /** Whether the service's own connection to the device stands. */
  readonly online?: boolean
  /** Whose channel reaches an Android device that is offline: `hw`, `xm`, `vv`, `op`, `mz`, `ho`; null: none does. */
  readonly maker?: string | null
  /** Which of APNs' gates an iOS device's token is for. */
  readonly environment?: 'production' | 'sandbox'
  /** A Xiaomi whose private messages need a template: those without are dropped, and nobody is told. */
  readonly wantsTemplate?: boolean
}

/** What is in the device's tray. */
export interface Shown {
  readonly title: string
  readonly body: string
  /** What the app gets when it is clicked. */
  readonly payload: unknown
  readonly sound: boolean
  /** How the service calls the push. */
  readonly ref: string
  /** The push had what its service needs to take it back. */
  readonly recallable?: boolean
}

/** Something that reached a device: `shown` in the tray, `received` by the app's code, or `removed` from the tray. */
export interface Delivered {
  readonly token: string
  readonly platform: Platform
  readonly what: 'shown' | 'received' | 'removed'
  readonly title?: string
  readonly body?: string
  readonly payload: unknown
  /** The app icon's number, where the push set it. */
  readonly badge?: number
}

/** One device as a push service sees it: its tray, what its app received, and what waits until it is online. */
export class FakePhone {
  readonly token: string
  readonly platform: Platform
  readonly maker: string | null
  readonly environment: 'production' | 'sandbox'
  readonly wantsTemplate: boolean
  online: boolean
  /** The service gave it up. */
  dormant = false
  badge = 0
  /** What the app's code got without anything being shown. */
  readonly received: unknown[] = []
  readonly #tray: (Shown & { readonly key: string | undefined })[] = []
  readonly #onDelivered: (delivered: Delivered) => void
  #waiting: { readonly expires: number; readonly deliver: () => void }[] = []

  constructor(token: string, options: PhoneOptions, onDelivered: (delivered: Delivered) => void) {
    this.token = token
    this.platform = options.platform ?? 'android'
    this.online = options.online ?? true
    this.maker = options.maker ?? null
    this.environment = options.environment ?? 'production'
    this.wantsTemplate = options.wantsTemplate ?? false
    this.#onDelivered = onDelivered
  }

  get shown(): readonly Shown[] {
    return this.#tray
  }

  /** @param key one of the same key is replaced. */
  show(shown: Shown, key?: string, badge?: number): void {
    const index = key === undefined ? -1 : this.#tray.findIndex((one) => one.key === key)
    if (index >= 0) this.#tray.splice(index, 1)
    this.#tray.push({ ...shown, key })
    this.#tell('shown', shown.payload, badge, shown)
  }

  receive(payload: unknown, badge?: number): void {
    this.received.push(payload)
    this.#tell('received', payload, badge)
  }

  /** Takes what one push has shown out of the tray; false when nothing was there. */
  remove(ref: string): boolean {
    const index = this.#tray.findIndex((one) => one.ref === ref)
    if (index < 0) return false
    const [removed] = this.#tray.splice(index, 1)
    this.#tell('removed', removed?.payload, undefined)
    return true
  }

  /** Keeps a push until the device is online. @param expires ms since 1970. */
  wait(expires: number, deliver: () => void): void {
    this.#waiting.push({ expires, deliver })
  }

  /** The service's connection is back: what waited and has not expired arrives. */
  connect(now: number): void {
    this.online = true
    const waiting = this.#waiting
    this.#waiting = []
    for (const { expires, deliver } of waiting) if (expires > now) deliver()
  }

  #tell(
    what: Delivered['what'],
    payload: unknown,
    badge: number | undefined,
    { title, body }: { readonly title?: string; readonly body?: string } = {},
  ): void {
    if (badge !== undefined) this.badge = badge
    this.#onDelivered({
      token: this.token,
      platform: this.platform,
      what,
      payload,
      ...(title !== undefined && { title }),
      ...(body !== undefined && { body }),
      ...(badge !== undefined && { badge }),
    })
  }
}

/** The devices of one app. */
export class FakePhones {
  readonly #phones = new Map<string, FakePhone>()
  readonly #listeners = new Set<(delivered: Delivered) => void>()

  /** Makes a device known to the service. */
  add(token: string, options: PhoneOptions = {}): FakePhone {
    const phone = new FakePhone(token, options, (delivered) => {
      for (const listener of this.#listeners) listener(delivered)
    })
    this.#phones.set(token, phone)
    return phone
  }

  get(token: string): FakePhone | undefined {
    return this.#phones.get(token)
  }

  get all(): readonly FakePhone[] {
    return [...this.#phones.values()]
  }

  /** Calls back for whatever reaches a device; the answer ends it. */
  onDelivered(listener: (delivered: Delivered) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
