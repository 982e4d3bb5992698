import type { BrowserContext, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { GatewayProcess } from '../gateway-process'
import { openStage } from '../stage'
import { until, untilEqual } from '../until'
import { OTHER_HOSTS, Shop, storedTitles } from './shop'

const stage = openStage()
/** Chromium says so of a page that is left, or a person who goes, while a socket is on its way. */
const LEFT_WHILE_CONNECTING = /WebSocket is closed before the connection is established/
/** Chromium says so to a page that subscribes in a profile which is kept nowhere. */
const WITHOUT_PUSH = /does not support the Push API in incognito mode/
/** uni draws a page's title bar with a picture of its maker's, wherever the app is. */
const OF_UNI = /^https:\/\/[^/]*dcloud/

/** The shop with somebody signed in, and a device to visit it. */
async function open(host?: string): Promise<{ gateway: GatewayProcess; shop: Shop; device: BrowserContext }> {
  const shop = await Shop.open(stage, 'Ada', { host })
  return { gateway: shop.gateway, shop, device: await stage.device() }
}

/** The shop in a tab; a page that was not quiet fails the test. */
async function visit(device: BrowserContext, url: string): Promise<Page> {
  const page = await device.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    const isProblem = message.type() === 'error' || message.type() === 'warning'
    const isExpected =
      LEFT_WHILE_CONNECTING.test(message.text()) ||
      WITHOUT_PUSH.test(message.text()) ||
      OF_UNI.test(message.location().url)
    if (isProblem && !isExpected) problems.push(message.text())
  })
  stage.after(() => expect(problems).toEqual([]))
  await page.goto(url)
  return page
}

const connected = (gateway: GatewayProcess): Promise<unknown> =>
  until(async () => (await gateway.connections()) === 1, 'the shop is connected')

describe('Herald in somebody else’s app, from its packed files', () => {
  it('shows a banner over the host’s page, counts in the host’s strict Vuex store, and opens what the host decides', async () => {
    const { gateway, shop, device } = await open()
    const page = await visit(device, shop.url)
    await page.getByText('Hello Ada, 0 unread').waitFor()
    await connected(gateway)
    await gateway.publish('user:ada', {
      title: 'Order 7 has left',
      body: 'It is on its way.',
      data: { order: '7' },
    })
    const banner = page.locator('#shop-overlay .banner')
    await banner.getByText('Order 7 has left').waitFor()
    await page.getByText('Hello Ada, 1 unread').waitFor()
    await banner.getByText('Order 7 has left').click()
    await page.getByText('Order 7', { exact: true }).waitFor()
    expect(page.url()).toBe(`${shop.url}pages/order/order?id=7`)
  })

  it('touches nothing of the host’s: title, classes, tab bar, storage names, worker', async () => {
    const { gateway, shop, device } = await open()
    const page = await visit(device, shop.url)
    await connected(gateway)
    await gateway.publish('user:ada', { title: 'One', body: 'more' })
    await page.getByText('Hello Ada, 1 unread').waitFor()
    await page.locator('.uni-tabbar__label', { hasText: 'Messages' }).click()
    await page.locator('.row', { hasText: 'One' }).first().waitFor()
    expect(await page.title()).toBe('Messages')
    const touched = await page.evaluate(async () => ({
      classes: document.documentElement.className,
      badges: document.querySelectorAll('.uni-tabbar__badge').length,
      labels: [...document.querySelectorAll('.uni-tabbar__label')].map((label) => label.textContent),
      keys: Object.keys(localStorage).filter((key) => /herald/i.test(key) && !key.startsWith('shop.')),
      databases: (await indexedDB.databases()).map(({ name }) => name),
      workers: (await navigator.serviceWorker.getRegistrations()).length,
    }))
    expect(touched).toEqual({
      classes: 'shop',
      badges: 0,
      labels: ['Home', 'Cart', 'Messages'],
      keys: [],
      databases: ['shop'],
      workers: 0,
    })
  })

  it('lists the rows that are on the screen, in a scroll view of its own, and 2,000 px down a page that has two lists', async () => {
    const { gateway, shop, device } = await open()
    const bodies = Array.from({ length: 120 }, (_, index) => ({
      title: `Message ${String(index + 1)}`,
      body: 'b',
    }))
    await gateway.publishMany('user:ada', bodies, 1)
    await gateway.publish('all', { title: 'An offer', body: 'for everyone' })
    const page = await visit(device, `${shop.url}pages/messages/messages`)
    await connected(gateway)
    await page.locator('.row .title', { hasText: 'Message 120' }).waitFor()
    const view = page.locator('.scroll .uni-scroll-view').last()
    await view.evaluate((element) => (element.scrollTop = 88 * 60))
    await page.locator('.row .title', { hasText: 'Message 58' }).waitFor()
    expect(await rowsOnScreen(page)).toBeGreaterThan(4)
    await page.goto(`${shop.url}pages/cart/cart`)
    await page.getByText('2 items in EUR').waitFor()
    await page.locator('.offers .row .title', { hasText: 'An offer' }).waitFor()
    expect(await page.locator('.offers .row .title').count()).toBe(1)
    await page.evaluate(() => scrollTo(0, 2000 + 88 * 30))
    await page
      .locator('.row .title', { hasText: /^Message 9\d$/ })
      .first()
      .waitFor()
    await until(async () => (await rowsOnScreen(page)) > 4, 'rows on the screen')
  })

  it('keeps everything over a reload, and nothing once the shop says that nobody is signed in', async () => {
    const { gateway, shop, device } = await open()
    const page = await visit(device, shop.url)
    await connected(gateway)
    await gateway.publish('user:ada', { title: 'Kept', body: 'b' })
    await page.getByText('Hello Ada, 1 unread').waitFor()
    await page.reload()
    await page.getByText('Hello Ada, 1 unread').waitFor()
    await connected(gateway)
    shop.customer = 'Bob'
    await page.reload()
    await page.getByText('Hello Bob, 0 unread').waitFor()
    await gateway.publish('user:bob', { title: 'For Bob', body: 'b' })
    await page.getByText('Hello Bob, 1 unread').waitFor()
    await page.getByText('Sign out').click()
    await page.getByText('Hello guest, 0 unread').waitFor()
    await until(async () => (await gateway.connections()) === 0, 'nobody is connected')
  })
})

describe('two shops of one origin', () => {
  it('stand side by side: each has its own list, banner, connection and session', async () => {
    const { gateway, shop, device } = await open()
    const page = await visit(device, shop.url)
    const other = await visit(device, shop.urlOf('shop-pinia'))
    await until(async () => (await gateway.connections()) === 2, 'both are connected')
    await gateway.publish('user:ada', { title: 'For both', body: 'b' })
    await page.locator('#shop-overlay .banner').getByText('For both').waitFor()
    await other.locator('#pinia-shop-overlay .banner').getByText('For both').waitFor()
    await page.getByText('Sign out').click()
    await page.getByText('Hello guest, 0 unread').waitFor()
    await until(async () => (await gateway.connections()) === 1, 'one has left')
    await gateway.publish('user:ada', { title: 'For one', body: 'b' })
    await other.getByText('Hello Ada, 2 unread').waitFor()
    await untilEqual(() => storedTitles(other, 'pinia-shop'), ['For both', 'For one'])
    await untilEqual(() => storedTitles(page, 'shop'), [])
    await page.getByText('Hello guest, 0 unread').waitFor()
  })
})

describe.each(OTHER_HOSTS)('Herald in $host', ({ host, namespace, greeting, order, badge, ownRow }) => {
  it('shows a banner, counts, opens what the host decides, and lists, in a browser', async () => {
    const { gateway, shop, device } = await open(host)
    const page = await visit(device, shop.url)
    await page.getByText(greeting(0)).waitFor()
    await connected(gateway)
    await gateway.publish('user:ada', { title: 'It has left', body: 'b', data: { order: '7' } })
    await page.getByText(greeting(1)).waitFor()
    expect(await page.locator('.uni-tabbar__badge').allInnerTexts()).toEqual(badge === '' ? [] : [badge])
    await page.locator(`#${namespace}-overlay .banner`).getByText('It has left').click()
    await page.getByText(order, { exact: true }).waitFor()
    await page.goto(`${shop.url}pages/messages/messages`)
    await page.locator('.row .title', { hasText: 'It has left' }).waitFor()
    expect((await page.locator('.row .new').allInnerTexts()).join('')).toBe(ownRow)
  })
})

/** Rows that a person sees now. */
const rowsOnScreen = (page: Page): Promise<number> =>
  page.locator('.row .title').evaluateAll(
    (titles) =>
      titles.filter((title) => {
        const { top, bottom, height } = title.getBoundingClientRect()
        return height > 0 && bottom > 0 && top < innerHeight
      }).length,
  )
