import { completeOptions, type PlatformOptions } from '@/store/options'
// #ifdef H5
import { readHost } from '@/store/options'
// #endif

/** What a build may be told (docs/push-client.md); uni reads them from `.env` files. */
interface BuildSettings {
  readonly VITE_HERALD_APNS_ENVIRONMENT?: 'sandbox' | 'production'
  readonly VITE_HERALD_BUNDLE_ID?: string
  readonly VITE_HERALD_GETUI_APP_ID?: string
  readonly VITE_HERALD_JPUSH_APP_KEY?: string
}

/** Herald's own app: unlike a guest it has the tab bar, the title, the tray and the whole origin to itself. */
export const appOptions: PlatformOptions = completeOptions(
  {
    badge: { tab: 0, title: true, icon: true },
    ownsTray: true,
    // #ifdef H5
    ...readHost(window),
    worker: 'sw.js',
    keepShell: true,
    icons: { notification: 'icon-192.png', badge: 'badge-96.png' },
    // #endif
    // #ifndef H5
    push: pushOptions(import.meta.env as BuildSettings),
    // #endif
  },
  true,
)

function pushOptions(build: BuildSettings): PlatformOptions['push'] {
  const told = build.VITE_HERALD_APNS_ENVIRONMENT
  return {
    apnsEnvironment: told === 'sandbox' || told === 'production' ? told : undefined,
    bundleId: build.VITE_HERALD_BUNDLE_ID,
    jpushAppKey: build.VITE_HERALD_JPUSH_APP_KEY,
    getuiAppId: build.VITE_HERALD_GETUI_APP_ID,
  }
}
