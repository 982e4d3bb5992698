/** The part of `navigator.serviceWorker` that is used. */
export interface WorkerContainer {
  register(url: string, options: RegistrationOptions): Promise<ServiceWorkerRegistration>
  readonly ready: Promise<ServiceWorkerRegistration>
}

/** The worker's address, which names the namespace whose caches and list the worker uses. Herald's own has none to name. */
export function workerUrl(worker: string, scope: string, namespace: string): string {
  const url = new URL(worker, scope)
  if (namespace !== 'herald') url.searchParams.set('namespace', namespace)
  return url.href
}

/**
 * Registers the worker for the whole app, and gives the registration once a worker is active: showNotification
 * fails before. Null where there are no service workers (plain http on another machine, some in-app browsers), and
 * when the first one could not be installed: whoever waits for a worker must not wait for ever.
 * @param scope the app's root
 * @param url of the worker's file
 */
export async function registerWorker(
  container: WorkerContainer | undefined,
  scope: string,
  url: string,
): Promise<ServiceWorkerRegistration | null> {
  if (!container) return null
  // The cache of HTTP must not keep an old worker alive.
  const registration = await container.register(url, { scope, updateViaCache: 'none' })
  return Promise.race([container.ready, failedFirst(registration)])
}

/** Null once the very first worker failed to install, and never otherwise: `ready` waits for the next visit then. */
function failedFirst({ installing, waiting, active }: ServiceWorkerRegistration): Promise<null> {
  return new Promise((resolve) => {
    if (waiting || active) return
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'redundant') resolve(null)
    })
  })
}

/** Has the worker keep the whole app, so that every page opens without a network from now on. */
export function keepShell(registration: ServiceWorkerRegistration): void {
  registration.active?.postMessage({ type: 'keep' })
}
