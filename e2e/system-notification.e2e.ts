import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HeraldApp } from './herald-app'
import { launchRealTabs, type RealTabs } from './real-tabs'
import { openStage } from './stage'
import { until, untilEqual } from './until'
import { clickNotification, workerOf } from './worker'

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

describe('while the tab is hidden', () => {
  it('a message becomes a system notification, and its click opens the message once', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, tabs.device)
    await app.waitForServiceWorker()
    await hide(app)

    const { body } = await gateway.publish('user:me', {
      title: 'Disk full',
      body: 'srv-3 has 2% left',
      priority: 4,
    })

    await untilEqual(() => app.notificationTags(), [body.id])
    const words = await app.page.evaluate(async () => {
      const [shown] = await (await navigator.serviceWorker.ready).getNotifications()
      return [shown?.title, shown?.body]
    })
    expect(words).toEqual(['Disk full', 'srv-3 has 2% left'])
    expect(await app.banner.count()).toBe(0)
    await app.waitForUnread(1)

    expect(await clickNotification(await workerOf(tabs.device, app.page.url()), String(body.id))).toEqual({
      focused: 1,
      opened: [],
    })
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
    const worker = await workerOf(tabs.device, app.page.url())
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
