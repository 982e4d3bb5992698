import { LOUD, type AlertTone, type BadgePort, type TonePort } from '../presentation'

/** The part of `plus.runtime` that is used. */
export interface PlusRuntime {
  setBadgeNumber(unread: number): void
}

/** The number on the app's icon: iOS with permission to notify, Android on Huawei, Xiaomi and vivo. */
export class IconBadge implements BadgePort {
  readonly #runtime: PlusRuntime

  constructor(runtime: PlusRuntime) {
    this.#runtime = runtime
  }

  set(unread: number): void {
    this.#runtime.setBadgeNumber(unread)
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
