/** The part of `navigator.serviceWorker` that is used. */
export interface WorkerContainer {
  register(url: string, options: RegistrationOptions): Promise<ServiceWorkerRegistration>
  readonly ready: Promise<ServiceWorkerRegistration>
}

/**
 * Registers `sw.js` at the root of the app, and gives the registration once a worker is active: showNotification
 * fails before. Null where there are no service workers (plain http on another machine, some in-app browsers), and
 * when the first one could not be installed: whoever waits for a worker must not wait for ever.
 * @param baseUrl `import.meta.env.BASE_URL`
 */
export async function registerWorker(
  container: WorkerContainer | undefined,
  baseUrl: string,
): Promise<ServiceWorkerRegistration | null> {
  if (!container) return null
  // The cache of HTTP must not keep an old worker alive.
  const registration = await container.register(`${baseUrl}sw.js`, {
    scope: baseUrl,
    updateViaCache: 'none',
  })
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
