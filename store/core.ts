import type { Ref } from 'vue'
import type { Log } from '../services/log'
import type { PlatformOptions } from '../services/platform/platform-options'
import type { Platform, PlatformHooks } from '../services/platform/platform-port'
import type { BannerPlace, ClickTarget } from '../services/presentation/presentation'
import type { ClientAccess } from './client-access'
import type { StateWriter } from './state-writer'
import type { StoreView } from './view'

/** What opened a message: a tap on the banner, on a notification that the app has made, on one that a push brought, or on a list. */
export type OpenedFrom = 'banner' | 'system' | 'push' | 'list'

/** The parts of one Herald in a page: its state, what writes it, and the way to the client behind it. */
export interface HeraldCore {
  readonly options: PlatformOptions
  readonly writer: StateWriter
  readonly view: StoreView
  readonly access: ClientAccess
  readonly log: Log
  /** Stands in for the platform of the build, which it can open. */
  readonly platform:
    ((hooks: PlatformHooks, open: (hooks: PlatformHooks) => Platform) => Platform) | undefined
  /** Where the page on show wants its banner. */
  readonly bannerPlace: Ref<BannerPlace>
}

/** What the client tells the app around it. */
export interface Outside {
  /** Opens what was clicked. */
  readonly open: (target: ClickTarget, from: OpenedFrom) => void
  /** Something that the host should hear of, by a code. */
  readonly report: (code: string, where: string) => void
}
