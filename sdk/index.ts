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
      loadClient: () => loadClient(options),
      // #endif
      ...options,
    },
    adoptGivenStore,
  )
}

// #ifdef H5
/** The code that connects, and of what only some hosts have: what draws the banner, and what goes by a service worker. */
async function loadClient({ banner = true, worker = false }: HeraldOptions): Promise<ClientCode> {
  const [client, overlay, withWorker] = await Promise.all([
    import('./client-code'),
    banner ? import('./overlay') : null,
    worker === false ? null : import('./give-worker'),
  ])
  return {
    start(herald) {
      withWorker?.giveWorker(herald)
      client.start(herald)
      overlay?.mountOverlay(herald)
    },
  }
}
// #endif
