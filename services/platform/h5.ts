import { fetchHttp } from '../api/fetch-http'
import { systemClock } from '../clock'
import { keepShell, registerWorker } from '../presentation/h5/register-worker'
import { InstalledAppBadge, observeTitle, TitleBadge } from '../presentation/h5/web-badges'
import { WebNotifications } from '../presentation/h5/web-notifications'
import { WebTone } from '../presentation/h5/web-tone'
import { forgetWebPush } from '../push/h5/kept-session'
import { readHost } from '../session/host'
import { randomId } from '../session/session-record'
import { connectBrowserSocket } from '../socket/browser-socket'
import { uniSockets } from '../socket/uni-socket'
import { browserStorage } from '../storage/browser-storage'
import { openBrowserTabs } from '../tabs/browser-tabs'
import type { PlatformEvents, Platform, PlatformHooks } from './platform-port'
import { badgesWithTab, uniDevice } from './uni'

/** The browser. */
export function openH5(hooks: PlatformHooks): Platform {
  const { keyValue, inbox } = browserStorage()
  const worker = openWorker()
  const system = openNotifications(hooks, worker)
  const host = readHost(window)
  const isVisible = (): boolean => document.visibilityState === 'visible'
  return {
    sendRequest: fetchHttp(fetch.bind(globalThis)),
    openSocket: uniSockets({ connectSocket: connectBrowserSocket, clock: systemClock }),
    ...uniDevice(keyValue, () => 'h5', globalThis.crypto),
    keyValue,
    storage: inbox,
    tabs: openBrowserTabs({ id: randomId(globalThis.crypto), isVisible }),
    banner: hooks.pageBanner,
    system,
    tone: new WebTone({ AudioContext: globalThis.AudioContext, navigator }),
    ...badgesWithTab(new TitleBadge(document, observeTitle(document)), new InstalledAppBadge(navigator)),
    token: host?.token,
    defaultServer: host?.server ?? location.origin + location.pathname.replace(/\/(?:index\.html)?$/, ''),
    transport: location.protocol === 'https:' ? 'https' : 'any',
    whenHidden: 'stay',
    visible: isVisible(),
    loadAccount: async () => (await import('./account')).openAccount,
    loadPush: async () => {
      const { WebPush } = await import('../push/h5/web-push')
      return new WebPush({
        permission: () => system.permission(),
        unsupported: () => system.unsupported(),
        registration: worker.registration,
        container: worker.container,
        caches: openCaches(),
        scope: worker.scope,
        clock: systemClock,
        t: hooks.t,
      })
    },
    forgetPush: () =>
      forgetWebPush({ container: worker.container, caches: openCaches(), scope: worker.scope }),
    listen: listenToBrowser,
  }
}

/** The service worker as this page has it. */
interface WorkerAccess {
  readonly container: ServiceWorkerContainer | undefined
  readonly registration: Promise<ServiceWorkerRegistration | null>
  readonly scope: string
}

function openWorker(): WorkerAccess {
  // Absent on plain http from another machine, whatever its type says.
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined
  const scope = new URL(import.meta.env.BASE_URL, location.href).href
  const registration = registerWorker(container, scope).catch(() => null)
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
    baseUrl: scope,
    language: hooks.language,
    t: hooks.t,
  })
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
