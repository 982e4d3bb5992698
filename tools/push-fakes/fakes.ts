import type { DeviceBody, PushRegistration } from '@herald/protocol'
import { playFcm, playHms } from './play/accounts'
import { playApns } from './play/apns'
import { playGetui, playJpush, playUnicloud } from './play/phones'
import { playWebPush } from './play/web-push'

/** A fake that a developer's gateway pushes to. */
export interface RunningFake {
  readonly url: string
  /** What the gateway's environment has to say to use it. */
  readonly variables: Readonly<Record<string, string>>
  /** A device that the fake knows; every other one is refused. */
  readonly platform: DeviceBody['platform']
  readonly registration: PushRegistration
  close(): Promise<void>
}

export interface PlayOptions {
  /** 0: any. */
  readonly port: number
  /** Where keys are written; of the developer alone. */
  readonly folder: string
  /** Told what became of each call, and what the device shows. */
  readonly tell: (what: 'accepted' | 'refused' | 'shows', detail: string) => void
}

/** Every fake that can be run by hand. */
export const fakes = {
  apns: playApns,
  getui: playGetui,
  unicloud: playUnicloud,
  jpush: playJpush,
  webpush: playWebPush,
  fcm: playFcm,
  hms: playHms,
} satisfies Readonly<Record<string, (options: PlayOptions) => Promise<RunningFake>>>

export type FakeName = keyof typeof fakes
