import type { AppConsole } from '../app-console'
import type { Bundle } from './bundle'
import type { MiniDevice } from './mini-device'
import type { MiniTime } from './mini-time'
import type { Realm } from './realm'

/** What the parts of one run of a mini-program share. */
export interface MiniHost {
  readonly device: MiniDevice
  readonly time: MiniTime
  readonly realm: Realm
  readonly console: AppConsole
  readonly bundle: Bundle
  /** Something that the emulator lacks: reports it and throws. */
  missing(path: string): never
  /** Run when the mini-program ends. */
  readonly onEnd: (() => void)[]
}
