// What a host imports.
import { createHerald as create } from './create-herald'
import type { Herald, HeraldOptions } from './types'
import { adoptGivenStore } from './vuex'

export * from './composables'
export { defineHeraldStore, type HeraldStoreSetup } from './pinia'
export { findSignInLink, SignInError, type AskSwitch, type SignInErrorCode } from './sign-in'
export type * from './types'
export { heraldModule, type HeraldVuexModule } from './vuex'

/** Makes Herald in a host's app, and starts it. There is one for each namespace. */
export function createHerald(options: HeraldOptions): Herald {
  return create(
    {
      // #ifdef H5
      loadClient: () => import('./client-code'),
      // #endif
      ...options,
    },
    adoptGivenStore,
  )
}
