import type { App } from 'vue'
import type { OpenWorker } from '../services/platform/platform-port'
import type { ChatPart } from '../services/session/chats'
import type { HeraldCore } from '../store/core'
import type { Later } from '../store/later'
import type { HostSide } from './outside'
import type { Herald, HeraldOptions } from './types'

/** What is behind a Herald, for the files of the sdk. */
export interface HeraldParts {
  readonly core: HeraldCore
  readonly options: HeraldOptions
  readonly hostSide: Later<HostSide>
  /** Called with each app that uses it. */
  readonly used: ((app: App) => void)[]
  /** Absent: this app has no chats. */
  chats?: ChatPart
  /** H5. Absent: this app has no service worker. */
  openWorker?: OpenWorker
}

const parts = new WeakMap<Herald, HeraldParts>()

/** Keeps what is behind a Herald. */
export function remember(herald: Herald, made: HeraldParts): void {
  parts.set(herald, made)
}

/** What is behind a Herald. Throws for one of another copy of the package. */
export function partsOf(herald: Herald): HeraldParts {
  const made = parts.get(herald)
  if (!made) throw new Error('this is no Herald of this package')
  return made
}

/** Its state, what writes it, and the way to the client. Throws as `partsOf`. */
export const coreOf = (herald: Herald): HeraldCore => partsOf(herald).core
