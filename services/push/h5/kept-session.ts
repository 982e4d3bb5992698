/** Where the service worker finds who is signed in: it cannot read localStorage. public/push.js makes the same name. */
export const sessionCache = (namespace: string): string => `${namespace}-session`

/** The one entry of that cache. Nothing answers at this address. */
export const sessionUrl = (scope: string): string => new URL('session', scope).href

/** What the browser gives. */
export interface ForgetEnv {
  readonly container: Pick<ServiceWorkerContainer, 'getRegistration'> | undefined
  readonly caches: Pick<CacheStorage, 'delete'> | undefined
  readonly scope: string
  readonly namespace: string
}

/** How long the browser may take to give a subscription up, in ms: a sign-out goes on without it. */
export const UNSUBSCRIBE_TIMEOUT_MS = 3_000

/** Sign-out: the worker must not act for the user any more, and the push service has nobody to ring. */
export async function forgetWebPush({ container, caches, scope, namespace }: ForgetEnv): Promise<void> {
  await caches?.delete(sessionCache(namespace))
  const left = unsubscribe(container, scope).catch(() => {
    // The gateway was told by another way, and a worker without a session gives the subscription up itself.
  })
  await Promise.race([left, new Promise((resolve) => setTimeout(resolve, UNSUBSCRIBE_TIMEOUT_MS))])
}

async function unsubscribe(container: ForgetEnv['container'], scope: string): Promise<void> {
  const registration = await container?.getRegistration(scope)
  // Absent in some in-app browsers, whatever its type says.
  const { pushManager }: Partial<ServiceWorkerRegistration> = registration ?? {}
  const subscription = await pushManager?.getSubscription()
  await subscription?.unsubscribe()
}
