import { ClosesNothing } from '../closes-nothing'
import type { AlertTone, Permission, SystemPort, TonePort, UnsupportedReason } from '../presentation'

/** WeChat gives a mini-program no notifications of its own and freezes it in the background: the banner is all. */
export class NoNotifications extends ClosesNothing implements SystemPort {
  readonly #why: UnsupportedReason

  constructor(why: UnsupportedReason = 'platform') {
    super()
    this.#why = why
  }

  notify(): Promise<void> {
    return Promise.resolve()
  }

  permission(): Promise<Permission> {
    return Promise.resolve('unsupported')
  }

  requestPermission(): Promise<Permission> {
    return Promise.resolve('unsupported')
  }

  unsupported(): UnsupportedReason {
    return this.#why
  }

  onClick(): void {
    // Nothing is shown that could be clicked.
  }
}

/** The part of `uni` that is used. */
export interface UniVibration {
  vibrateShort(options: { fail(): void }): unknown
  vibrateLong(options: { fail(): void }): unknown
}

/** Vibration only: a sound would need a file to load and ends the user's music on some phones. */
export class VibrationTone implements TonePort {
  readonly #uni: UniVibration

  constructor(uni: UniVibration) {
    this.#uni = uni
  }

  play({ vibration }: AlertTone, priority: number): void {
    if (!vibration) return
    // A tablet without a motor fails: there is nothing to do about it.
    const options = { fail: () => undefined }
    if (priority >= 4) this.#uni.vibrateLong(options)
    else this.#uni.vibrateShort(options)
  }
}
