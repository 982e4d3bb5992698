import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BrowserPush, keptSession } from '../browser-push'
import { JwtBackend, publishEachSecond, TOKEN_LIFE_S, watchPage } from '../jwt-backend'
import { trayOf } from '../pushes'
import { launchRealTabs, type RealTabs } from '../real-tabs'
import { openStage } from '../stage'
import { until, untilEqual } from '../until'
import { clickNotification, workerOf } from '../worker'
import { Shop, storedTitles, type ShopOptions } from './shop'

/** A longer run, whose result docs/embedding.md tells: `HERALD_HOST_TOKENS_S=120`. */
const LASTS_S = Number(process.env.HERALD_HOST_TOKENS_S ?? '20')

const stage = openStage()
let tabs: RealTabs
let push: BrowserPush

beforeAll(async () => {
  tabs = await launchRealTabs()
  push = await BrowserPush.start(tabs.device)
})
afterAll(async () => {
  await push.close()
  await tabs.close()
})

/** The shop whose build has the service worker, by the plugin of the package, registered at the push service. */
async function registered(options: ShopOptions = {}) {
  const shop = await Shop.open(stage, 'Ada', {
    ...options,
    host: 'shop-pinia',
    env: { ...push.env, ...options.env },
  })
  const page = await tabs.device.newPage()
  stage.after(() => page.close())
  await page.goto(shop.url)
  const kept = await keptSession(page, 'pinia-shop', shop.url)
  await until(async () => (await shop.gateway.connections()) === 1, 'the shop is connected')
  return { shop, gateway: shop.gateway, page, kept }
}

describe('a push to a shop that is closed', () => {
  it('is shown by the worker of the package, under the sub-path of the shop, and a click brings the message with its data', async () => {
    const { shop, gateway, page } = await registered()
    const side = await tabs.device.newPage()
    stage.after(() => side.close())
    await push.connect(side, new URL(shop.url).origin)
    const worker = await workerOf(tabs.device, shop.url)
    expect(worker.url()).toBe(`${shop.url}herald-sw.js?namespace=pinia-shop`)
    await page.close()
    await until(async () => (await gateway.connections()) === 0, 'nobody is connected')
    const { body } = await gateway.publish('user:ada', {
      title: 'Your parcel has left',
      body: 'b',
      data: { order: '7' },
    })
    const id = String(body.id)
    await untilEqual(() => trayOf(worker), { [id]: 'Your parcel has left' }, 30_000)
    expect(push.refused).toEqual([])
    const { opened } = await clickNotification(worker, id)
    expect(opened).toHaveLength(1)
    expect(opened[0]?.startsWith(`${shop.url}?`)).toBe(true)
    const again = await tabs.device.newPage()
    stage.after(() => again.close())
    await again.goto(opened[0] ?? '')
    await again.getByText('Order 7', { exact: true }).waitFor()
    expect(again.url()).toBe(`${shop.url}pages/order/order?id=7&by=push`)
    await again.goBack()
    await again.getByText('Hello Ada, 1 unread').waitFor()
    expect(again.url()).not.toContain('pinia-shop-open')
  })
})

describe('a shop whose tokens live ten seconds', () => {
  it(
    'misses nothing and doubles nothing at a message a second; its list is never empty, its session and registration stay',
    { timeout: (LASTS_S + 60) * 1000 },
    async () => {
      const backend = new JwtBackend()
      const { shop, gateway, page, kept } = await registered({
        env: backend.env(stage),
        issue: (user) => backend.issue(user),
      })
      await gateway.publish('user:ada', { title: 'Message 1' })
      await page.goto(`${shop.url}pages/messages/messages`)
      await page.locator('.row .title', { hasText: 'Message 1' }).waitFor()
      const sessionOf = (): Promise<string> =>
        page.evaluate(() => {
          const { value } = JSON.parse(localStorage.getItem('pinia-shop.session') ?? '') as {
            value: { life: string }
          }
          return value.life
        })
      const life = await sessionOf()
      const troubles = await watchPage(page)
      const issued = backend.issued
      const last = await publishEachSecond(gateway, 'user:ada', LASTS_S)
      await page.locator('.row .title', { hasText: `Message ${String(last)}` }).waitFor()
      const all = Array.from({ length: last }, (_, index) => `Message ${String(index + 1)}`)
      await untilEqual(() => storedTitles(page, 'pinia-shop'), all)
      const titles = await page.locator('.row .title').allInnerTexts()
      expect(new Set(titles).size).toBe(titles.length)
      expect(await troubles()).toEqual([])
      expect(await sessionOf()).toBe(life)
      const { recipient, body } = await keptSession(page, 'pinia-shop', shop.url)
      expect({ recipient, push: body.push }).toEqual({ recipient: kept.recipient, push: kept.body.push })
      expect(backend.issued - issued).toBeGreaterThanOrEqual(Math.floor(LASTS_S / TOKEN_LIFE_S))
      expect(backend.issued - issued).toBeLessThanOrEqual(Math.ceil(LASTS_S / (TOKEN_LIFE_S * 0.6)) + 2)
      expect(gateway.log.filter(({ name }) => name === 'token_expired')).toEqual([])
    },
  )
})
