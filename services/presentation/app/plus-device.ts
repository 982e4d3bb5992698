import { LOUD, type AlertTone, type BadgePort, type TonePort } from '../presentation'

/** The part of `plus.runtime` that is used. */
export interface PlusRuntime {
  setBadgeNumber(unread: number): void
}

/** Xiaomi's makes: there the number needs a notification, so 5+ posts one of its own, in Chinese, that opens nothing. */
const COUNTS_BY_ITSELF = /^(?:xiaomi|redmi|poco|blackshark)$/i

/** The number on the app's icon: iOS with permission to notify, Android on Huawei, Honor and vivo. */
export class IconBadge implements BadgePort {
  readonly #runtime: PlusRuntime
  readonly #counts: boolean
  #unread: number | null = null

  /** @param vendor `plus.device.vendor`: a Xiaomi counts what lies in its tray by itself */
  constructor(runtime: PlusRuntime, vendor: string) {
    this.#runtime = runtime
    this.#counts = COUNTS_BY_ITSELF.test(vendor)
  }

  set(unread: number): void {
    this.#unread = unread
    if (!this.#counts) this.#runtime.setBadgeNumber(unread)
  }

  /** iOS has set 0, with the tray that was cleared. */
  setAgain(): void {
    if (this.#unread !== null && this.#unread > 0) this.set(this.#unread)
  }
}

/** The part of `plus.device` that is used. */
export interface PlusDevice {
  beep(times: number): void
  vibrate(milliseconds: number): void
}

/** The system's own notification sound and a vibration: there is no file to pack. */
export class DeviceTone implements TonePort {
  readonly #device: PlusDevice

  constructor(device: PlusDevice) {
    this.#device = device
  }

  play({ sound, vibration }: AlertTone, priority: number): void {
    if (sound) this.#device.beep(1)
    if (vibration) this.#device.vibrate(priority >= LOUD ? 500 : 200)
  }
}
