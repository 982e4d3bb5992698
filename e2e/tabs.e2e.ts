import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchRealTabs, type RealTabs } from './real-tabs'
import { openStage } from './stage'
import { until, untilEqual } from './until'

const stage = openStage()
let tabs: RealTabs

beforeAll(async () => {
  tabs = await launchRealTabs()
})
afterAll(() => tabs.close())

describe('two tabs of one browser', () => {
  it('share one socket, and show the same list and count', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device()
    const first = await stage.signIn(gateway, device)
    const second = await stage.open(device, gateway.url)
    await second.page.getByText('No messages yet').waitFor()

    await gateway.publish('user:me', { title: 'For both', body: 'tabs' })

    for (const tab of [first, second]) {
      await tab.waitForRow('For both')
      await tab.waitForUnread(1)
    }
    expect(await gateway.connections()).toBe(1)

    await second.openRow('For both')
    await first.waitForUnread(0)
    await untilEqual(() => first.unreadInTabBar(), '')
    expect((await first.storedRows()).length).toBe(1)
  })

  it('alert once: a banner in the tab that is looked at, and no notification', async () => {
    const gateway = await stage.gateway()
    const first = await stage.signIn(gateway, tabs.device)
    const second = await stage.open(tabs.device, gateway.url)
    stage.after(() => Promise.all([first.page.close(), second.page.close()]))
    await second.page.bringToFront()
    await until(
      () => first.page.evaluate(() => document.visibilityState === 'hidden'),
      'the first tab is hidden',
    )
    await second.waitForServiceWorker()

    await gateway.publish('user:me', { title: 'Look here', body: 'once' })

    await second.banner.getByText('Look here').waitFor()
    expect(await first.banner.count()).toBe(0)
    expect(await second.notificationTags()).toEqual([])
    await second.withoutBanner()
    await second.banner.waitFor({ state: 'detached' })

    await first.page.bringToFront()
    await until(
      () => second.page.evaluate(() => document.visibilityState === 'hidden'),
      'the second tab is hidden',
    )
    await gateway.publish('user:me', { title: 'Now here', body: 'once' })
    await first.banner.getByText('Now here').waitFor()
    expect(await second.banner.count()).toBe(0)
    expect(await first.notificationTags()).toEqual([])
  })

  it('both hidden, alert by one notification', async () => {
    const gateway = await stage.gateway()
    const first = await stage.signIn(gateway, tabs.device)
    const second = await stage.open(tabs.device, gateway.url)
    const front = await tabs.device.newPage()
    stage.after(() => Promise.all([first, second].map(({ page }) => page.close()).concat(front.close())))
    await second.waitForServiceWorker()
    await front.bringToFront()
    for (const tab of [first, second]) {
      await until(() => tab.page.evaluate(() => document.visibilityState === 'hidden'), 'the tab is hidden')
    }

    const { body } = await gateway.publish('user:me', { title: 'Nobody looks', body: 'once' })

    await untilEqual(() => first.notificationTags(), [body.id])
    await second.waitForUnread(1)
    expect(await first.banner.count()).toBe(0)
    expect(await second.banner.count()).toBe(0)
  })

  it('go on when the one with the socket is closed, and nothing is missed', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device()
    const leader = await stage.signIn(gateway, device)
    const heir = await stage.open(device, gateway.url)
    await gateway.publish('user:me', { title: 'First', body: '1' })
    await heir.waitForRow('First')

    await leader.page.close()
    await gateway.publish('user:me', { title: 'Second', body: '2' })

    await untilEqual(() => heir.titles(), ['Second', 'First'])
    await heir.waitForUnread(2)
    await until(async () => (await gateway.connections()) === 1, 'one socket')
    await gateway.publish('user:me', { title: 'Third', body: '3' })
    await heir.banner.getByText('Third').waitFor()
    expect((await heir.storedRows()).map(({ seq }) => seq)).toEqual([1, 2, 3])
  })
})
