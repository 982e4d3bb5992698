import { describe, expect, it } from 'vitest'
import { openStage } from './stage'
import { until, untilEqual } from './until'

const stage = openStage()
const RECONNECT_MS = 20_000

describe('without a network', () => {
  it('the app starts, shows what is stored and says that it is offline', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device()
    const app = await stage.signIn(gateway, device)
    app.expectProblem(/ERR_INTERNET_DISCONNECTED/)
    await gateway.publish('user:me', { title: 'Stored', body: 'before the tunnel' })
    await app.waitForRow('Stored')
    await app.waitUntilKept()

    await device.setOffline(true)
    await app.strip.getByText('Offline').waitFor()
    await app.page.reload()

    await app.waitForRow('Stored')
    await app.strip.getByText('Offline').waitFor()
    await app.waitForUnread(1)
    await app.openRow('Stored')
    await app.page.locator('.message:visible').getByText('before the tunnel').waitFor()
  })

  it('messages that come meanwhile are there after it, and reads made offline reach the other devices', async () => {
    const gateway = await stage.gateway()
    const proxy = await stage.proxy(gateway)
    const device = await stage.device()
    const app = await stage.open(device, await gateway.signInLink('me', proxy.url))
    const other = await stage.signIn(gateway)
    // What is published before a device's first welcome is no news to it, and raises no banner.
    await until(async () => (await gateway.connections()) === 2, 'both devices are connected')
    app.expectProblem(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_(?:REFUSED|RESET)|ERR_EMPTY_RESPONSE/)
    for (const title of ['One', 'Two', 'Three']) await gateway.publish('user:me', { title, body: 'before' })
    await app.waitForUnread(3)
    await other.waitForUnread(3)
    await app.clearBanner()
    await other.clearBanner()

    // The browser's switch stops new requests and tells the page; an open socket only ends by the proxy.
    await device.setOffline(true)
    await proxy.refuse()
    await app.strip.getByText('Offline').waitFor()
    await app.openRow('Two')
    await app.waitForUnread(2)
    await app.goBack()
    await other.openRow('Three')
    await other.goBack()
    await gateway.publish('user:me', { title: 'Four', body: 'while away' })
    await other.waitForUnread(3)
    expect(await app.unreadInTitle()).toBe(2)

    await proxy.listen()
    await device.setOffline(false)
    await untilEqual(() => app.titles(), ['Four', 'Three', 'Two', 'One'], RECONNECT_MS)
    await app.waitForUnread(2)
    await other.waitForUnread(2)
    await app.strip.waitFor({ state: 'detached' })
  })
})

describe('the line about the connection', () => {
  it('stays in view while the list scrolls, and covers nothing of what stays with it', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device()
    const app = await stage.signIn(gateway, device)
    app.expectProblem(/ERR_INTERNET_DISCONNECTED/)
    for (let number = 1; number <= 20; number += 1)
      await gateway.publish('user:me', { title: `Message ${number}`, body: 'to scroll through' })
    await app.waitForUnread(20)
    await app.withoutBanner()
    await device.setOffline(true)
    await app.strip.getByText('Offline').waitFor()

    await app.page.evaluate(() => window.scrollTo(0, 700))
    await until(() => app.page.evaluate(() => window.scrollY === 700), 'the page is scrolled')
    const bar = await app.page.locator('uni-page-head .uni-page-head:visible').boundingBox()
    const strip = await app.strip.boundingBox()
    const header = await app.page.locator('.header:visible').boundingBox()
    expect(strip?.y).toBe((bar?.y ?? NaN) + (bar?.height ?? NaN))
    expect(header?.y).toBe((strip?.y ?? NaN) + (strip?.height ?? NaN))
    await app.strip.getByRole('button', { name: 'Retry' }).click()
  })
})

describe('a network that fails on the way', () => {
  it('that resets connections and refuses new ones is told, and healed without a hole', async () => {
    const gateway = await stage.gateway()
    const proxy = await stage.proxy(gateway)
    const app = await stage.signIn(gateway, { address: proxy.url })
    app.expectProblem(/ERR_CONNECTION_(?:REFUSED|RESET)|ERR_EMPTY_RESPONSE/)
    await gateway.publish('user:me', { title: 'Before', body: '1' })
    await app.banner.getByText('Before').waitFor()

    await proxy.refuse()
    await app.strip.getByText('Cannot reach the server').waitFor()
    await gateway.publish('user:me', { title: 'Meanwhile', body: '2' })
    await proxy.listen()

    await untilEqual(() => app.titles(), ['Meanwhile', 'Before'], RECONNECT_MS)
    await app.strip.waitFor({ state: 'detached' })
    await app.banner.getByText('Meanwhile').waitFor()
  })

  it('that goes silent without a word is noticed by the heartbeat, and what was missed comes', async () => {
    const gateway = await stage.gateway({ HERALD_HEARTBEAT_MS: '1000' })
    const proxy = await stage.proxy(gateway)
    const app = await stage.signIn(gateway, { address: proxy.url })
    await gateway.publish('user:me', { title: 'Before', body: '1' })
    await app.waitForRow('Before')

    proxy.stall()
    await gateway.publish('user:me', { title: 'Into the void', body: '2' })

    await untilEqual(() => app.titles(), ['Into the void', 'Before'], 40_000)
    await app.banner.getByText('Into the void').waitFor()
    await app.waitForUnread(2)
    const rows = await app.storedRows()
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2])
    await gateway.publish('user:me', { title: 'Over the new socket', body: '3' })
    await app.banner.getByText('Over the new socket').waitFor()
  })
})
