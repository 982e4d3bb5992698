import { describe, expect, it } from 'vitest'
import type { MiniProgram } from 'uni-app-emulator'
import { openMiniStage } from '../mini-stage'
import { until } from '../until'
import { OTHER_HOSTS, Shop } from './shop'

const stage = openMiniStage()

const PARTS = 'uni_modules/herald-inbox/components/parts'
const COUNT = 10_000
const WITHOUT_LIMITS = { HERALD_RATE_PUBLISH: '0', HERALD_RATE_REQUESTS: '0', HERALD_RATE_ADDRESS: '0' }
const ROW_HEIGHT = 88
const HEADING_HEIGHT = 40
const LIST_HEIGHT = HEADING_HEIGHT + ROW_HEIGHT * COUNT
const ROWS = [1_234, 5_000, COUNT - 1, 3, 87]
const titleOf = (index: number): string => `Message ${String(index).padStart(5, '0')}`

const ORDER = { title: 'Your parcel has left', body: 'It is on its way.', data: { order: '7' } }

async function open() {
  const shop = await Shop.open(stage, 'Ada')
  const app = stage.open({ bundle: shop.build('mp-weixin') })
  await app.page.see('Hello Ada, 0 unread')
  await connected(shop)
  return { app, shop, gateway: shop.gateway }
}

const connected = (shop: Shop): Promise<unknown> =>
  until(async () => (await shop.gateway.connections()) === 1, 'the shop is connected')

const rows = (app: MiniProgram): string[] => app.page.components(`${PARTS}/message-row`)
const banners = (app: MiniProgram): string[] => app.page.components(`${PARTS}/banner-card`)

describe('Herald in somebody else’s mini-program, from its packed files', () => {
  it('shows one banner, counts in the host’s strict Vuex store, opens what the host decides, and keeps all of it', async () => {
    const { app, gateway } = await open()
    await gateway.publish('user:ada', ORDER)
    await app.page.see('Hello Ada, 1 unread')
    await until(() => banners(app).length === 1, 'one banner')
    app.tap(ORDER.title)
    await app.page.see('Order 7')
    expect(app.page.path).toBe('pages/order/order')
    app.back()
    expect(app.tabs.map(({ text, badge }) => text + badge)).toEqual(['Home', 'Cart', 'Messages'])
    expect(app.sockets.most).toBe(1)
    expect(app.storage.keys.filter((key) => /herald/i.test(key) && !key.startsWith('shop.'))).toEqual([])

    app.relaunch()
    await app.page.see('Hello Ada, 1 unread')
    app.tapTab('Messages')
    await app.page.see(ORDER.title)
  })

  it('lists the rows that are on the screen, in a scroll view of its own', async () => {
    const { app, gateway } = await open()
    const bodies = Array.from({ length: 300 }, (_, index) => ({
      title: `Message ${String(index + 1)}`,
      body: 'b',
    }))
    await gateway.publishMany('user:ada', bodies, 1)
    app.tapTab('Messages')
    await app.page.see('Message 300')
    app.page.fire('Message 300', 'scroll', { scrollTop: 88 * 60 })
    await app.page.see('Message 238')
    expect(rows(app).length).toBeLessThan(30)
    expect(rows(app).some((row) => row.includes('Message 300'))).toBe(false)
  })

  it('shows the right rows of 10,000 messages wherever it is scrolled to, in a scroll view of its own and in a page', async () => {
    const shop = await Shop.open(stage, 'Ada', { env: WITHOUT_LIMITS })
    const bodies = Array.from({ length: COUNT }, (_, index) => ({ title: titleOf(index), body: 'b' }))
    const seqs = await shop.gateway.publishMany('user:ada', bodies, 128)
    const newest = [...seqs.keys()].sort((one, other) => (seqs[other] ?? 0) - (seqs[one] ?? 0))
    const titleAt = (row: number): string => titleOf(newest[row] ?? 0)
    const app = stage.open({ bundle: shop.build('mp-weixin'), places: { '.list-top': [1_900, 2_000] } })
    await app.page.see(`Hello Ada, ${String(COUNT)} unread`)

    app.tapTab('Messages')
    await app.page.see(titleAt(0))
    const isWhole = (): boolean =>
      JSON.stringify(app.page.componentData(`${PARTS}/inbox-message-list`)).includes(
        `${String(LIST_HEIGHT)}px`,
      )
    await until(
      () => {
        app.page.fire(titleAt(0), 'scrolltolower', { direction: 'bottom' })
        return isWhole()
      },
      'all are loaded',
      60_000,
    )
    let onScreen = 0
    for (const row of ROWS) {
      app.page.fire(titleAt(onScreen), 'scroll', { scrollTop: HEADING_HEIGHT + ROW_HEIGHT * row })
      await app.page.see(titleAt(row))
      expect(rows(app).length).toBeLessThan(30)
      onScreen = row
    }

    app.tapTab('Cart')
    await app.page.see('No offers today')
    for (const row of ROWS) {
      app.page.scroll(2_000 + HEADING_HEIGHT + ROW_HEIGHT * row)
      await app.page.see(titleAt(row))
      expect(rows(app).length).toBeLessThan(30)
    }
  })

  it('leaves nothing of one customer to the next', async () => {
    const { app, shop, gateway } = await open()
    await gateway.publish('user:ada', { title: 'For Ada', body: 'b' })
    await app.page.see('Hello Ada, 1 unread')
    app.tap('Sign out')
    await app.page.see('Hello guest, 0 unread')
    app.tap('I am Bob')
    await app.page.see('Hello Bob, 0 unread')
    await connected(shop)
    await gateway.publish('user:bob', { title: 'For Bob', body: 'b' })
    await app.page.see('Hello Bob, 1 unread')
    app.tapTab('Messages')
    await until(() => rows(app).length > 0, 'rows')
    expect(rows(app)).toEqual([expect.stringContaining('For Bob')])
    expect(JSON.stringify(app.storage.keys.map((key) => app.storage.get(key)))).not.toContain('For Ada')
  })
})

describe.each(OTHER_HOSTS)('Herald in $host', ({ host, components, greeting, order, badge }) => {
  it('shows a banner, counts, opens what the host decides, and lists, in a mini-program', async () => {
    const shop = await Shop.open(stage, 'Ada', { host })
    const app = stage.open({ bundle: shop.build('mp-weixin') })
    await app.page.see(greeting(0))
    await connected(shop)
    await shop.gateway.publish('user:ada', ORDER)
    await app.page.see(greeting(1))
    await app.page.see(ORDER.body)
    expect(app.tabs.map((tab) => tab.badge)).toEqual(['', badge])
    app.tap(ORDER.title)
    await app.page.see(order)
    app.back()
    app.tapTab(app.tabs.at(-1)?.text ?? '')
    await until(() => app.page.components(`${components}/parts/message-row`).length === 1, 'one row')
    expect(app.sockets.most).toBe(1)
  })
})
