// What a host imports.
import { giveWords } from '../locale/given'
import { createHerald as create } from './create-herald'
import type { ClientCode, Herald, HeraldOptions } from './types'
import { adoptGivenStore } from './vuex'

export type { Message } from '@herald/protocol'
export * from './composables'
export { useHeraldPage } from './page'
export { defineHeraldStore, type HeraldStoreSetup } from './pinia'
export { findSignInLink, SignInError, type AskSwitch, type SignInErrorCode } from './sign-in'
export type { ConnectionState, HeraldState, MessageFilter, Permission, SessionState, Settings } from './state'
export type * from './types'
export { heraldModule, type HeraldVuexModule } from './vuex'

/** Makes Herald in a host's app, and starts it. There is one for each namespace. */
export function createHerald(options: HeraldOptions): Herald {
  giveWords(options.messages, options.appName)
  return create(
    {
      // #ifdef H5
      loadClient: () => loadClient(options.banner !== false),
      // #endif
      ...options,
    },
    adoptGivenStore,
  )
}

// #ifdef H5
/** The code that connects, and what draws the banner. */
async function loadClient(withBanner: boolean): Promise<ClientCode> {
  const { start } = await import('./client-code')
  const { mountOverlay } = await import('./overlay')
  return {
    start(herald) {
      start(herald)
      if (withBanner) mountOverlay(herald)
    },
  }
}
// #endif
