import { systemClock } from '../clock'
import { keepShell, registerWorker, workerUrl } from '../presentation/h5/register-worker'
import { openedByAddress } from '../presentation/h5/opened-by-address'
import { WebNotifications } from '../presentation/h5/web-notifications'
import { appRoot, openCaches } from './browser'
import type { PlatformOptions } from './platform-options'
import type { PlatformHooks, WorkerSide } from './platform-port'

/** What a browser does by a service worker. Apps that have none leave this out. */
export function openBrowserWorker(file: string, hooks: PlatformHooks): WorkerSide {
  const { options } = hooks
  const worker = register(file, options)
  const system = openNotifications(hooks, worker)
  return {
    container: worker.container,
    system,
    loadPush: async () => {
      const { WebPush } = await import('../push/h5/web-push')
      return new WebPush({
        ...worker,
        permission: () => system.permission(),
        unsupported: () => system.unsupported(),
        caches: openCaches(),
        namespace: options.namespace,
        icon: options.badge.icon,
        icons: pictures(options.icons, worker.scope),
        clock: systemClock,
        t: hooks.t,
      })
    },
  }
}

/** The service worker as this page has it. */
interface WorkerAccess {
  readonly container: ServiceWorkerContainer | undefined
  readonly registration: Promise<ServiceWorkerRegistration | null>
  readonly scope: string
}

function register(file: string, { namespace, keepShell: keeps }: PlatformOptions): WorkerAccess {
  // Absent on plain http from another machine, whatever its type says.
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined
  const scope = appRoot()
  const registration = registerWorker(container, scope, workerUrl(file, scope, namespace)).catch(() => null)
  if (keeps)
    void registration.then((active) => {
      if (active) keepShell(active)
    })
  return { container, registration, scope }
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
