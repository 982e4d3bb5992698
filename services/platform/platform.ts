import type { Platform, PlatformHooks } from './platform-port'
// #ifdef H5
import { openH5 } from './h5'
// #endif
// #ifdef APP-PLUS
import { openApp } from './app'
// #endif
// #ifdef APP-HARMONY
import { openHarmony } from './harmony'
// #endif
// #ifdef MP
import { openMiniProgram } from './mini-program'
// #endif

// The build keeps one line of these. Tests and type checks see all, and never call them.
const platforms: ((hooks: PlatformHooks) => Platform)[] = [
  // #ifdef H5
  openH5,
  // #endif
  // #ifdef APP-PLUS
  openApp,
  // #endif
  // #ifdef APP-HARMONY
  openHarmony,
  // #endif
  // #ifdef MP
  openMiniProgram,
  // #endif
]

/** The platform that this build is for. To be called in the entry, before anything waits: clicks come once. */
export function openPlatform(hooks: PlatformHooks): Platform {
  const open = platforms[0]
  if (!open) throw new Error('this build is for a platform that Herald does not know')
  return open(hooks)
}
