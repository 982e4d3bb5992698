import { fetchHttp } from '../api/fetch-http'
import { systemClock } from '../clock'
import { NoNotifications } from '../presentation/mp/mini-program'
import { InstalledAppBadge, observeTitle, TitleBadge } from '../presentation/h5/web-badges'
import { WebTone } from '../presentation/h5/web-tone'
import { noPush } from '../push/push-port'
import { forgetWebPush } from '../push/h5/kept-session'
import { randomId } from '../session/session-record'
import { connectBrowserSocket } from '../socket/browser-socket'
import { uniSockets } from '../socket/uni-socket'
import { browserStorage } from '../storage/browser-storage'
import { openBrowserTabs } from '../tabs/browser-tabs'
import { appRoot, openCaches } from './browser'
import type { PlatformEvents, Platform, PlatformHooks } from './platform-port'
import { openBadges, uniDevice } from './uni'

/** The browser. */
export function openH5(hooks: PlatformHooks): Platform {
  const { options } = hooks
  const { namespace } = options
  const { keyValue, inbox } = browserStorage(namespace)
  const worker = options.worker === false ? undefined : hooks.openWorker?.(options.worker, hooks)
  const notices = options.system ? worker : undefined
  const isVisible = (): boolean => document.visibilityState === 'visible'
  return {
    sendRequest: fetchHttp(fetch.bind(globalThis)),
    openSocket: uniSockets({ connectSocket: connectBrowserSocket, clock: systemClock }),
    ...uniDevice(keyValue, () => 'h5', globalThis.crypto),
    keyValue,
    storage: inbox,
    tabs: openBrowserTabs({ id: randomId(globalThis.crypto), namespace, isVisible }),
    banner: hooks.pageBanner,
    system: notices?.system ?? new NoNotifications('browser'),
    tone: new WebTone({ AudioContext: globalThis.AudioContext, navigator }),
    missingModules: [],
    ...openBadges(options.badge, {
      title: () => new TitleBadge(document, observeTitle(document)),
      icon: new InstalledAppBadge(navigator),
    }),
    token: options.token,
    defaultServer: options.server ?? location.origin + location.pathname.replace(/\/(?:index\.html)?$/, ''),
    transport: location.protocol === 'https:' ? 'https' : 'any',
    whenHidden: 'stay',
    visible: isVisible(),
    loadAccount: async () => (await import('./account')).openAccount,
    // Without a worker nothing could take a push.
    loadPush: notices?.loadPush ?? (() => Promise.resolve(noPush('browser'))),
    forgetPush: () =>
      forgetWebPush({ container: worker?.container, caches: openCaches(), scope: appRoot(), namespace }),
    listen: listenToBrowser,
  }
}

/** uni tells of `visibilitychange` only, and late: it listens when the root component is mounted. */
function listenToBrowser(events: PlatformEvents): void {
  const tell = (): void => {
    events.visible(document.visibilityState === 'visible')
  }
  document.addEventListener('visibilitychange', tell)
  // Of two windows side by side, the one that was clicked last shows the banners. The event can come after the tab
  // was hidden again.
  window.addEventListener('focus', tell)
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) tell()
  })
  // What another tab saves reaches this process on its own way, often after that tab's message.
  window.addEventListener('storage', () => {
    events.stored()
  })
  window.addEventListener('pagehide', () => {
    events.leave()
  })
  window.addEventListener('online', () => {
    events.network('regained')
  })
  window.addEventListener('offline', () => {
    events.network('lost')
  })
  // Started without a network, there is no event to tell of it.
  if (!navigator.onLine) events.network('lost')
}
