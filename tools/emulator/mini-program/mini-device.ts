import { AppConsole } from '../app-console'
import { Network } from '../network'
import { MiniStorage } from './storage'

export interface MiniDeviceOptions {
  readonly locale: string
  readonly darkMode: boolean
  readonly platform: 'android' | 'ios'
  readonly echo: boolean
  readonly closeAfterCut: 'told' | 'untold'
  readonly domains: readonly string[] | undefined
  /** What the owner's privacy guide does not name. */
  readonly undeclared: readonly string[]
  /** Where nodes stand in their page, in px from its top: by selector, in their order. */
  readonly places: Readonly<Record<string, readonly number[]>>
}

/** What outlives a run of the mini-program: WeChat and the phone. */
export class MiniDevice {
  readonly options: MiniDeviceOptions
  readonly network = new Network()
  readonly storage = new MiniStorage()
  readonly console: AppConsole
  /** What was used that is not simulated. */
  readonly missing: string[] = []
  /** Toasts, vibrations, the clipboard: `toast Saved`, `vibrate short`, `copy …`. */
  readonly actions: string[] = []
  readonly windowSize = { width: 390, height: 760 }
  darkMode: boolean
  clipboard = ''
  clockOffsetMs = 0

  constructor(options: MiniDeviceOptions) {
    this.options = options
    this.darkMode = options.darkMode
    this.console = new AppConsole(options.echo)
  }
}
