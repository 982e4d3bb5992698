import type { BrowserContext, Worker } from 'playwright-core'
import { until } from './until'

/** The part of a service worker's scope that is used; TypeScript's library for it does not go with the DOM's. */
interface WorkerScope extends EventTarget {
  registration: ServiceWorkerRegistration
  clients: object
  WindowClient: { prototype: object }
  NotificationEvent: new (type: string, options: { notification: Notification }) => Event
}

/** The service worker of the app; other tests' gateways have their own. */
export async function workerOf(device: BrowserContext, url: string): Promise<Worker> {
  const { origin } = new URL(url)
  return until(
    () => device.serviceWorkers().find((worker) => worker.url().startsWith(origin)),
    'a service worker',
  )
}

/**
 * Clicks a notification, as far as a script can: the worker gets the event with the real notification. The browser
 * lets only a person's click focus or open a window, so these two calls are recorded instead of made.
 */
export async function clickNotification(
  worker: Worker,
  tag: string,
): Promise<{ focused: number; opened: string[] }> {
  return worker.evaluate(async (wanted) => {
    const scope = globalThis as unknown as WorkerScope
    const [notification] = (await scope.registration.getNotifications()).filter(
      (shown) => shown.tag === wanted,
    )
    if (!notification) throw new Error(`no notification ${wanted}`)
    const calls = { focused: 0, opened: [] as string[] }
    const { clients, WindowClient } = scope
    const mayOpen = Object.getOwnPropertyDescriptor(clients, 'openWindow')
    const mayFocus = Object.getOwnPropertyDescriptor(WindowClient.prototype, 'focus')
    const record = (target: object, name: string, value: (...args: string[]) => Promise<void>): void => {
      Object.defineProperty(target, name, { value, configurable: true })
    }
    record(clients, 'openWindow', async (url = '') => {
      calls.opened.push(url)
    })
    record(WindowClient.prototype, 'focus', async () => {
      calls.focused += 1
    })
    const work: unknown[] = []
    const event = new scope.NotificationEvent('notificationclick', { notification })
    // An event that a script made may not be waited for: the worker's own call would throw.
    Object.defineProperty(event, 'waitUntil', { value: (promise: unknown) => work.push(promise) })
    scope.dispatchEvent(event)
    await Promise.all(work)
    if (mayOpen) Object.defineProperty(clients, 'openWindow', mayOpen)
    else Reflect.deleteProperty(clients, 'openWindow')
    if (mayFocus) Object.defineProperty(WindowClient.prototype, 'focus', mayFocus)
    return calls
  }, tag)
}
