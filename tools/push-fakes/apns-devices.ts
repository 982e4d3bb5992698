import { tokenOf, type ApnsDevice, type ApnsRequest } from './apns-rules'

/** A push that was taken. */
export interface ApnsPush {
  readonly id: string | undefined
  readonly token: string
  readonly topic: string | undefined
  readonly pushType: string | undefined
  readonly priority: number
  readonly collapseId: string | undefined
  /** s since 1970; 0: once, now or never. */
  readonly expiration: number | undefined
  readonly bytes: number
  readonly payload: Readonly<Record<string, unknown>>
  /** Whether the device got it. */
  shown: boolean
}

interface Screen {
  /** By collapse id, or by the push's own. */
  readonly tray: Map<string, ApnsPush>
  badge?: number
  /** The one push that waits for an offline device. */
  stored?: ApnsPush
}

/** The devices of one gate, and what they show. */
export class ApnsDevices {
  readonly known = new Map<string, ApnsDevice>()
  readonly pushes: ApnsPush[] = []
  readonly #screens = new Map<string, Screen>()
  readonly #now: () => number
  readonly #onShown: ((push: ApnsPush) => void) | undefined

  constructor(now: () => number, onShown?: (push: ApnsPush) => void) {
    this.#now = now
    this.#onShown = onShown
  }

  set(device: ApnsDevice): void {
    this.known.set(device.token, device)
    const screen = this.#screenOf(device.token)
    const { stored } = screen
    if (device.offline === true || stored === undefined) return
    delete screen.stored
    this.#show(stored)
  }

  tray(token: string): readonly ApnsPush[] {
    return [...this.#screenOf(token).tray.values()]
  }

  badge(token: string): number | undefined {
    return this.#screenOf(token).badge
  }

  take({ path, headers, body }: ApnsRequest): void {
    const expiration = headers['apns-expiration']
    const push: ApnsPush = {
      id: headers['apns-id'],
      token: (tokenOf(path) ?? '').toLowerCase(),
      topic: headers['apns-topic'],
      pushType: headers['apns-push-type'],
      priority: Number(headers['apns-priority'] ?? 10),
      collapseId: headers['apns-collapse-id'],
      expiration: expiration === undefined ? undefined : Number(expiration),
      bytes: body.length,
      payload: JSON.parse(body.toString()) as Record<string, unknown>,
      shown: false,
    }
    this.pushes.push(push)
    if (this.known.get(push.token)?.offline !== true) this.#show(push)
    // Expiration 0: not stored at all.
    else if (push.expiration !== 0) this.#screenOf(push.token).stored = push
  }

  #show(push: ApnsPush): void {
    if (push.expiration && push.expiration * 1000 < this.#now()) return
    push.shown = true
    const screen = this.#screenOf(push.token)
    const aps = push.payload.aps as { badge?: unknown; alert?: unknown }
    if (typeof aps.badge === 'number') screen.badge = aps.badge
    if (aps.alert !== undefined)
      screen.tray.set(push.collapseId ?? push.id ?? String(this.pushes.length), push)
    this.#onShown?.(push)
  }

  #screenOf(token: string): Screen {
    const screen = this.#screens.get(token) ?? { tray: new Map<string, ApnsPush>() }
    this.#screens.set(token, screen)
    return screen
  }
}
