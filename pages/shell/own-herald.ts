import { createHerald } from '@/sdk/create-herald'
import type { HeraldOptions } from '@/sdk/types'
// #ifdef H5
import { readHost } from '@/sdk/host'
import { nextPaint, whenPageDrawn } from './first-page'
import './theme.css'
// #endif
// #ifndef H5
import { createStore } from 'vuex'
import { giveChats } from '@/sdk/give-chats'
import { adoptGivenStore } from '@/sdk/vuex'
// #endif

/** What a build may be told (docs/push-client.md); uni reads them from `.env` files. */
interface BuildSettings {
  readonly VITE_HERALD_APNS_ENVIRONMENT?: string
  readonly VITE_HERALD_BUNDLE_ID?: string
  readonly VITE_HERALD_GETUI_APP_ID?: string
  readonly VITE_HERALD_JPUSH_APP_KEY?: string
}

function pushOptions(): HeraldOptions['push'] {
  const build = import.meta.env as BuildSettings
  const environment = build.VITE_HERALD_APNS_ENVIRONMENT
  return {
    apnsEnvironment: environment === 'sandbox' || environment === 'production' ? environment : undefined,
    bundleId: build.VITE_HERALD_BUNDLE_ID,
    jpushAppKey: build.VITE_HERALD_JPUSH_APP_KEY,
    getuiAppId: build.VITE_HERALD_GETUI_APP_ID,
  }
}

/** Herald's own app: unlike a guest it has the tab bar, the title, the tray and the whole origin to itself. */
export const herald = createHerald(
  {
    server: '',
    badge: { tab: 0, title: true, icon: true },
    ownsTray: true,
    routes: {
      messageById: (id) => `/pages/message/message?id=${encodeURIComponent(id)}`,
      inbox: '/pages/inbox/inbox',
    },
    log: import.meta.env.DEV ? debugLog : undefined,
    // #ifdef H5
    ...readHost(window),
    worker: 'sw.js',
    keepShell: true,
    icons: { notification: 'icon-192.png', badge: 'badge-96.png' },
    whenDrawn: async () => {
      await whenPageDrawn()
      await nextPaint()
    },
    loadClient: () => import('./after-list'),
    // #endif
    // #ifndef H5
    push: pushOptions(),
    store: createStore({}),
    // #endif
  },
  // #ifndef H5
  (herald) => {
    giveChats(herald)
    adoptGivenStore(herald)
  },
  // #endif
)

// #ifdef H5
const SIGN_IN = '#/pages/sign-in/sign-in'
// Before uni reads the address: it would fetch a page that only sends the visitor on.
if (herald.state.session.status === 'signedOut' && !location.hash.startsWith(SIGN_IN))
  history.replaceState(history.state, '', SIGN_IN)
// #endif

function debugLog(event: string, detail?: Readonly<Record<string, unknown>>): void {
  // eslint-disable-next-line no-console -- for the developer, and left out of builds
  console.debug(`herald ${event}`, detail)
}
