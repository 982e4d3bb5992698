import { fetchHttp } from '../api/fetch-http'
import { systemClock } from '../clock'
import { NoNotifications } from '../presentation/mp/mini-program'
import { keepShell, registerWorker, workerUrl } from '../presentation/h5/register-worker'
import { openedByAddress } from '../presentation/h5/opened-by-address'
import { InstalledAppBadge, observeTitle, TitleBadge } from '../presentation/h5/web-badges'
import { WebNotifications } from '../presentation/h5/web-notifications'
import { WebTone } from '../presentation/h5/web-tone'
import { noPush } from '../push/push-port'
import { forgetWebPush } from '../push/h5/kept-session'
import { randomId } from '../session/session-record'
import { connectBrowserSocket } from '../socket/browser-socket'
import { uniSockets } from '../socket/uni-socket'
import { browserStorage } from '../storage/browser-storage'
import { openBrowserTabs } from '../tabs/browser-tabs'
import type { PlatformOptions } from './platform-options'
import type { PlatformEvents, Platform, PlatformHooks } from './platform-port'
import { openBadges, uniDevice } from './uni'

/** The browser. */
export function openH5(hooks: PlatformHooks): Platform {
  const { options } = hooks
  const { namespace } = options
  const { keyValue, inbox } = browserStorage(namespace)
  const worker = openWorker(options)
  const system = openNotifications(hooks, worker)
  const isVisible = (): boolean => document.visibilityState === 'visible'
  return {
    sendRequest: fetchHttp(fetch.bind(globalThis)),
    openSocket: uniSockets({ connectSocket: connectBrowserSocket, clock: systemClock }),
    ...uniDevice(keyValue, () => 'h5', globalThis.crypto),
    keyValue,
    storage: inbox,
    tabs: openBrowserTabs({ id: randomId(globalThis.crypto), namespace, isVisible }),
    banner: hooks.pageBanner,
    system: options.system ? system : new NoNotifications(),
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
    loadPush: async () => {
      // Without a worker nothing could take a push.
      if (!options.system || options.worker === false)
        return { ...noPush, find: () => Promise.resolve({ none: system.unsupported() ?? 'browser' }) }
      const { WebPush } = await import('../push/h5/web-push')
      return new WebPush({
        permission: () => system.permission(),
        unsupported: () => system.unsupported(),
        registration: worker.registration,
        container: worker.container,
        caches: openCaches(),
        scope: worker.scope,
        namespace,
        icon: options.badge.icon,
        icons: pictures(options.icons, worker.scope),
        clock: systemClock,
        t: hooks.t,
      })
    },
    forgetPush: () =>
      forgetWebPush({ container: worker.container, caches: openCaches(), scope: worker.scope, namespace }),
    listen: listenToBrowser,
  }
}

/** The service worker as this page has it. */
interface WorkerAccess {
  readonly container: ServiceWorkerContainer | undefined
  readonly registration: Promise<ServiceWorkerRegistration | null>
  readonly scope: string
}

function openWorker({ worker, namespace, keepShell: keeps }: PlatformOptions): WorkerAccess {
  // Absent on plain http from another machine, whatever its type says.
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined
  const scope = new URL(import.meta.env.BASE_URL, location.href).href
  if (worker === false) return { container: undefined, registration: Promise.resolve(null), scope }
  const registration = registerWorker(container, scope, workerUrl(worker, scope, namespace)).catch(() => null)
  if (keeps)
    void registration.then((active) => {
      if (active) keepShell(active)
    })
  return { container, registration, scope }
}

/** Absent on plain http from another machine; reading it throws in a sandboxed frame. */
function openCaches(): CacheStorage | undefined {
  try {
    return globalThis.caches
  } catch {
    return undefined
  }
}

function openNotifications(
  hooks: PlatformHooks,
  { container, registration, scope }: WorkerAccess,
): WebNotifications {
  const isIos =
    /iPad|iPhone|iPod/.test(navigator.userAgent) ||
    (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints > 1)
  return new WebNotifications({
    isSecureContext,
    notification: globalThis.Notification,
    container,
    registration,
    isIosBrowser: isIos && !matchMedia('(display-mode: standalone)').matches,
    namespace: hooks.options.namespace,
    opened: openedByAddress(hooks.options.namespace, location, history),
    icons: pictures(hooks.options.icons, scope),
    language: hooks.language,
    t: hooks.t,
  })
}

/** The addresses of the pictures, from the app's root. */
const pictures = (icons: PlatformOptions['icons'], scope: string): { icon?: string; badge?: string } => ({
  ...(icons.notification !== undefined && { icon: new URL(icons.notification, scope).href }),
  ...(icons.badge !== undefined && { badge: new URL(icons.badge, scope).href }),
})

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
