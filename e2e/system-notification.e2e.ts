import type { Worker } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HeraldApp } from './herald-app'
import { launchRealTabs, type RealTabs } from './real-tabs'
import { openStage } from './stage'
import { until, untilEqual } from './until'

/** The part of a service worker's scope that is used; TypeScript's library for it does not go with the DOM's. */
interface WorkerScope extends EventTarget {
  registration: ServiceWorkerRegistration
  clients: object
  WindowClient: { prototype: object }
  NotificationEvent: new (type: string, options: { notification: Notification }) => Event
}

const stage = openStage()
let tabs: RealTabs

beforeAll(async () => {
  tabs = await launchRealTabs()
})
afterAll(() => tabs.close())

/** Puts an empty tab in front of the app. */
async function hide(app: HeraldApp): Promise<void> {
  const front = await tabs.device.newPage()
  stage.after(() => front.close())
  await front.bringToFront()
  await until(() => app.page.evaluate(() => document.visibilityState === 'hidden'), 'the tab is hidden')
}

async function show(app: HeraldApp): Promise<void> {
  await app.page.bringToFront()
  await until(() => app.page.evaluate(() => document.visibilityState === 'visible'), 'the tab is visible')
}

/** The service worker of the app; other tests' gateways have their own. */
async function workerOf(app: HeraldApp): Promise<Worker> {
  const origin = new URL(app.page.url()).origin
  return until(
    () => tabs.device.serviceWorkers().find((worker) => worker.url().startsWith(origin)),
    'a service worker',
  )
}

/**
 * Clicks a notification, as far as a script can: the worker gets the event with the real notification. The browser
 * lets only a person's click focus or open a window, so these two calls are recorded instead of made.
 */
async function clickNotification(
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

describe('while the tab is hidden', () => {
  it('a message becomes a system notification, and its click opens the message once', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, tabs.device)
    await app.waitForServiceWorker()
    await hide(app)

    const { body } = await gateway.publish('user:me', {
      title: 'Disk full',
      body: 'srv-3 has 2 % left',
      priority: 4,
    })

    await untilEqual(() => app.notificationTags(), [body.id])
    const words = await app.page.evaluate(async () => {
      const [shown] = await (await navigator.serviceWorker.ready).getNotifications()
      return [shown?.title, shown?.body]
    })
    expect(words).toEqual(['Disk full', 'srv-3 has 2 % left'])
    expect(await app.banner.count()).toBe(0)
    await app.waitForUnread(1)

    expect(await clickNotification(await workerOf(app), String(body.id))).toEqual({ focused: 1, opened: [] })
    await show(app)
    await app.messageTitle('Disk full').waitFor()
    await app.waitForUnread(0)
    expect(await app.notificationTags()).toEqual([])
    await app.goBack()
    await app.waitForRow('Disk full')
    expect(new URL(app.page.url()).hash).not.toContain('message')
  })

  it('its notification goes when the message is read on another device', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, tabs.device)
    await app.waitForServiceWorker()
    const phone = await stage.signIn(gateway)
    await hide(app)
    const { body } = await gateway.publish('user:me', { title: 'Read elsewhere', body: 'soon' })
    await untilEqual(() => app.notificationTags(), [body.id])

    await phone.openRow('Read elsewhere')

    await untilEqual(() => app.notificationTags(), [])
    await app.waitForUnread(0)
  })

  it('a flood becomes one notification, which goes when the app is opened', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, tabs.device)
    await app.waitForServiceWorker()
    await hide(app)

    await gateway.publishMany(
      'user:me',
      Array.from({ length: 20 }, (_, index) => ({ title: `Alarm ${index}`, body: '!' })),
      4,
    )

    await untilEqual(() => app.notificationTags(), ['herald-summary'])
    await until(
      () =>
        app.page.evaluate(async () => {
          const [shown] = await (await navigator.serviceWorker.ready).getNotifications()
          return shown?.title === '20 new messages'
        }),
      'the summary counts all',
    )
    await show(app)
    await untilEqual(() => app.notificationTags(), [])
  })

  it('a click on a notification of a closed app starts it at the message', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, tabs.device)
    await app.waitForServiceWorker()
    const worker = await workerOf(app)
    await hide(app)
    const { body } = await gateway.publish('user:me', { title: 'Wake up', body: 'from nothing' })
    await untilEqual(() => app.notificationTags(), [body.id])
    await app.page.close()

    const { opened } = await clickNotification(worker, String(body.id))

    expect(opened).toHaveLength(1)
    const again = await stage.open(tabs.device, opened[0] ?? '')
    await again.page.bringToFront()
    await again.messageTitle('Wake up').waitFor()
    await again.waitForUnread(0)
    stage.after(() => again.page.close())
  })
})
