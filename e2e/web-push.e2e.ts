import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GatewayProcess } from './gateway-process'
import type { HeraldApp } from './herald-app'
import { keptSession } from './browser-push'
import { fakeSubscriptions, offerWebPush, PushService, trayOf } from './pushes'
import { launchRealTabs, type RealTabs } from './real-tabs'
import { openStage } from './stage'
import { until, untilEqual } from './until'
import { clickNotification, workerOf } from './worker'

const stage = openStage()
let tabs: RealTabs

beforeAll(async () => {
  tabs = await launchRealTabs()
  await fakeSubscriptions(tabs.device)
  await offerWebPush(tabs.device)
})
afterAll(() => tabs.close())

/** A device that is signed in and registered, with a page of its own to push from when the app is closed. */
async function registered() {
  // It must not ask the address that the page registers: that is a real service's.
  const gateway = await stage.gateway({ HERALD_WEBPUSH: 'off' })
  const app = await stage.signIn(gateway, tabs.device)
  await app.waitForServiceWorker()
  const { recipient, body } = await keptSession(app.page)
  const side = await tabs.device.newPage()
  stage.after(() => side.close())
  // Of the gateway's origin, so that it can look into the app's storage, and none of the app's pages.
  await side.goto(`${gateway.url.replace(/\/$/, '')}/healthz`)
  const pushes = await PushService.open(side, new URL(gateway.url).origin)
  await app.page.bringToFront()
  return { gateway, app, recipient, body, side, pushes }
}

interface Told {
  id: string
  epoch: string
  seq: number
  time: number
}

async function publish(gateway: GatewayProcess, title: string): Promise<Told> {
  const { body } = await gateway.publish('user:me', { title, body: 'words' })
  return body as unknown as Told
}

const messagePush = (to: string, { id, epoch, seq, time }: Told, content: object = {}) => ({
  ...{ herald: 1, to, badge: 1, type: 'message', id, feed: 'user:me', epoch, seq, time, priority: 3 },
  ...content,
})

/** A message that only a push knows of. */
const unheard = (seq: number): Told => ({
  id: `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}`,
  epoch: 'none',
  seq,
  time: Date.now(),
})

const storedIds = (side: Page, store: string): Promise<string[]> =>
  side.evaluate(
    (name) =>
      new Promise<string[]>((done, fail) => {
        const opening = indexedDB.open('herald')
        opening.onerror = () => fail(new Error('the database does not open'))
        opening.onsuccess = () => {
          const reading = opening.result.transaction(name).objectStore(name).getAll()
          reading.onsuccess = () => {
            opening.result.close()
            done(
              (reading.result as (string | { id: string })[]).map((one) =>
                typeof one === 'string' ? one : one.id,
              ),
            )
          }
        }
      }),
    store,
  )

/** Closes the app without signing it out. */
async function closeApp(app: HeraldApp): Promise<void> {
  await app.page.close()
}

describe('a browser that is signed in', () => {
  it('is registered with the gateway, and the settings page says so', async () => {
    const { app, recipient, body, gateway } = await registered()
    expect(recipient.length).toBeGreaterThanOrEqual(8)
    expect(body.push).toMatchObject([
      { provider: 'webpush', token: 'https://fcm.googleapis.com/fcm/send/fake' },
    ])
    const { body: answer } = await gateway.publish('user:me', { title: 'who hears it' })
    const { body: page } = await gateway.request('GET', `/v1/messages/${String(answer.id)}/deliveries`)
    expect(page.devices).toMatchObject([{ user: 'me', platform: 'h5' }])
    await app.goTo('Settings')
    await app.page
      .getByText('Push service: Web Push')
      .or(app.page.getByText('No push: the server has no credentials'))
      .waitFor()
  })
})

describe('a push while no tab is open', () => {
  it('is shown once, is in the list at once, and its click opens it; the socket brings it without an alert', async () => {
    const { gateway, app, recipient, side, pushes } = await registered()
    const worker = await workerOf(tabs.device, gateway.url)
    await closeApp(app)
    const told = await publish(gateway, 'Disk full')
    const push = messagePush(recipient, told, { title: 'Disk full', body: 'words' })

    await pushes.deliver(push)
    await untilEqual(() => trayOf(worker), { [told.id]: 'Disk full' })
    await pushes.deliver(push)
    await untilEqual(() => storedIds(side, 'presented'), [told.id])
    await untilEqual(() => storedIds(side, 'rows'), [told.id])
    expect(await trayOf(worker)).toEqual({ [told.id]: 'Disk full' })

    const { opened } = await clickNotification(worker, told.id)
    expect(opened).toHaveLength(1)
    const again = await stage.open(tabs.device, opened[0] ?? '')
    await again.messageTitle('Disk full').waitFor()
    await until(async () => (await gateway.connections()) > 0, 'the app is connected')
    await again.waitForUnread(0)
    expect(await again.banner.count()).toBe(0)
    expect(await trayOf(worker)).toEqual({})
    expect(await storedIds(side, 'presented')).toEqual([told.id])
  })

  it('without its words has them fetched', async () => {
    const { gateway, app, recipient, pushes } = await registered()
    const worker = await workerOf(tabs.device, gateway.url)
    await closeApp(app)
    const told = await publish(gateway, 'Fetched title')
    await pushes.deliver(messagePush(recipient, told))
    await untilEqual(() => trayOf(worker), { [told.id]: 'Fetched title' })
  })

  it('for somebody else is dropped, and a clear takes away what was read elsewhere', async () => {
    const { gateway, app, recipient, pushes } = await registered()
    const worker = await workerOf(tabs.device, gateway.url)
    await closeApp(app)
    const [first, second] = [unheard(1), unheard(2)]
    await pushes.deliver(messagePush('recipient-of-another', first, { title: 'secret' }))
    await pushes.deliver(messagePush(recipient, first, { title: 'one' }))
    await pushes.deliver(messagePush(recipient, second, { title: 'two' }))
    await untilEqual(() => trayOf(worker), { [first.id]: 'one', [second.id]: 'two' })
    await pushes.deliver({ herald: 1, to: recipient, badge: 1, type: 'clear', ids: [first.id] })
    await untilEqual(() => trayOf(worker), { [second.id]: 'two' })
  })

  it('after the sign-out shows nothing', async () => {
    const { gateway, app, recipient, side, pushes } = await registered()
    const worker = await workerOf(tabs.device, gateway.url)
    await app.goTo('Settings')
    await app.page.getByRole('button', { name: 'Sign out' }).click()
    await app.dialog.getByRole('button', { name: 'Sign out' }).click()
    await app.page.getByRole('button', { name: 'Sign in' }).waitFor()
    await until(() => side.evaluate(async () => !(await caches.has('herald-session'))), 'the session is gone')
    const { body: answer } = await gateway.publish('user:me', { title: 'for nobody here' })
    await untilEqual(async () => {
      const { body } = await gateway.request('GET', `/v1/messages/${String(answer.id)}/deliveries`)
      return body.devices
    }, [])
    await closeApp(app)
    for (const seq of [1, 2, 3])
      await pushes.deliver(messagePush(recipient, unheard(seq), { title: 'secret' }))
    expect(await trayOf(worker)).toEqual({})
  })
})

describe('a push while the app is looked at', () => {
  it('is one banner and no notification, however often it comes', async () => {
    const { gateway, app, recipient, pushes } = await registered()
    const worker = await workerOf(tabs.device, gateway.url)
    const push = messagePush(recipient, unheard(1), { title: 'Before the socket' })
    await pushes.deliver(push)
    await app.banner.getByText('Before the socket').waitFor()
    await app.clearBanner()
    await pushes.deliver(push)
    const told = await publish(gateway, 'After it')
    await app.banner.getByText('After it').waitFor()
    await pushes.deliver(messagePush(recipient, told, { title: 'After it' }))
    await app.clearBanner()
    expect(await trayOf(worker)).toEqual({})
  })
})
