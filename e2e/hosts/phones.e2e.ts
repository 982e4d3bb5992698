import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Phone } from 'uni-app-emulator'
import { hostBuild } from '../../scripts/build-host.mjs'
import { banner, hide, onPage, openPhoneStage, PLATFORMS, waitForBadge, waitForTray } from '../phone-stage'
import { until } from '../until'
import { OTHER_HOSTS, Shop } from './shop'

const stage = openPhoneStage()

const ORDER = { title: 'Your parcel has left', body: 'It is on its way.', data: { order: '7' } }

/** The shop's App, packed without what Herald would like to have unless a test says otherwise. */
async function open(platform: 'android' | 'ios', withoutModules: readonly string[] = []) {
  const shop = await Shop.open(stage, 'Ada')
  const phone = await stage.phone({ platform, bundle: shop.build('app'), withoutModules })
  await phone.page.see('Hello Ada, 0 unread')
  await connected(shop)
  return { shop, gateway: shop.gateway, phone }
}

const connected = (shop: Shop): Promise<unknown> =>
  until(async () => (await shop.gateway.connections()) === 1, 'the shop is connected')

const tabs = (phone: Phone): Locator => phone.page.window.locator('.tab')

describe.each(PLATFORMS)('Herald in somebody else’s App on %s, from its packed files', (platform) => {
  it('shows a banner, counts in the host’s strict Vuex store, opens what the host decides, and keeps all of it', async () => {
    const { gateway, shop, phone } = await open(platform)
    await gateway.publish('user:ada', ORDER)
    await banner(phone).getByText(ORDER.title).waitFor()
    await phone.page.see('Hello Ada, 1 unread')
    await waitForBadge(phone, 1)
    await banner(phone).getByText(ORDER.title).tap()
    await phone.page.see('Order 7')
    expect(await onPage(phone, 'Order 7').count()).toBe(1)
    phone.back()
    await phone.page.see('Hello Ada, 1 unread')
    expect(await tabs(phone).allInnerTexts()).toEqual(['Home', 'Cart', 'Messages'])

    await phone.relaunch()
    await phone.page.see('Hello Ada, 1 unread')
    await connected(shop)
    await phone.tap('Messages')
    await phone.page.see(ORDER.title)
  })

  it('hands a tap on a notification to the host, while it runs and as what starts it', async () => {
    const { gateway, phone } = await open(platform)
    await hide(phone)
    await gateway.publish('user:ada', ORDER)
    await waitForTray(phone, ORDER.title)
    await phone.tapNotification()
    await phone.page.see('Order 7')

    await hide(phone)
    await gateway.publish('user:ada', { ...ORDER, title: 'Another one', data: { order: '8' } })
    await waitForTray(phone, 'Another one')
    await phone.kill()
    await phone.tapNotification()
    await phone.page.see('Order 8')
  })

  it('leaves nothing of one customer to the next, and on Android the host’s own notifications in the tray', async () => {
    const { gateway, shop, phone } = await open(platform)
    phone.push({ title: 'Shop', content: 'Sale', payload: '{"sale":1}', forced: true })
    await gateway.publish('user:ada', { title: 'For Ada', body: 'b' })
    await phone.page.see('Hello Ada, 1 unread')
    await phone.tap('Sign out')
    await phone.page.see('Hello guest, 0 unread')
    await until(async () => (await gateway.connections()) === 0, 'nobody is connected')
    await phone.tap('I am Bob')
    await phone.page.see('Hello Bob, 0 unread')
    await connected(shop)
    await gateway.publish('user:bob', { title: 'For Bob', body: 'b' })
    await phone.page.see('Hello Bob, 1 unread')
    await phone.tap('Messages')
    await phone.page.see('For Bob')
    expect(await onPage(phone, 'For Ada').count()).toBe(0)
    // On iOS an icon without a number is a tray without notifications, whoever made them.
    if (platform === 'android') expect(phone.notifications().map(({ content }) => content)).toContain('Sale')
  })
})

describe('Herald in an App that lacks the modules SQLite and Push', () => {
  it('shows and counts all the same', async () => {
    const { gateway, phone } = await open('android', ['SQLite', 'Push'])
    await gateway.publish('user:ada', ORDER)
    await banner(phone).getByText(ORDER.title).waitFor()
    await phone.page.see('Hello Ada, 1 unread')
  })
})

describe.each(OTHER_HOSTS)('Herald in $host', ({ host, greeting, order, badge }) => {
  it('shows a banner, counts, opens what the host decides, and lists, in an App', async () => {
    const shop = await Shop.open(stage, 'Ada', { host })
    const phone = await stage.phone({ platform: 'android', bundle: shop.build('app') })
    await phone.page.see(greeting(0))
    await connected(shop)
    await shop.gateway.publish('user:ada', ORDER)
    await phone.page.see(greeting(1))
    expect((await tabs(phone).locator('.badge').allInnerTexts()).join('')).toBe(badge)
    await banner(phone).getByText(ORDER.title).tap()
    await phone.page.see(order)
    phone.back()
    await phone.page.see(greeting(1))
    await tabs(phone).last().tap()
    await phone.page.see(ORDER.body)
  })
})

describe.each(['shop-vuex', ...OTHER_HOSTS.map(({ host }) => host)])('%s for HarmonyOS', (host) => {
  it('is built from the packed files, with the pages of the host and without what only plus has', () => {
    const read = (file: string): string => readFileSync(join(hostBuild(host, 'app-harmony'), file), 'utf8')
    expect(read('app-config-service.js')).toContain('"pages/order/order"')
    const code = read('app-service.js')
    expect(code).toContain('herald.v1')
    expect(code).not.toMatch(/plus\.(?:sqlite|nativeObj|push)/)
  })
})
