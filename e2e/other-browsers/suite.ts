import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startProxy } from '../flaky-proxy'
import { startGateway, type GatewayProcess } from '../gateway-process'
import { until, untilEqual } from '../until'
import { OtherApp } from './app'
import type { Device, OtherBrowser } from './tab'

const EMPTY = { feeds: 0, rows: 0, hidden: 0, presented: 0 }

/** What each browser that people use has to do. Chromium does more: its tests are those beside this folder. */
export function otherBrowserSuite(name: string, launch: () => Promise<OtherBrowser>): void {
  let browser: OtherBrowser
  let cleanUps: (() => unknown)[] = []

  beforeAll(async () => {
    browser = await launch()
    process.stdout.write(`${name}: ${browser.version}\n`)
  })
  afterAll(() => browser.close())
  afterEach(async () => {
    const last = cleanUps.reverse()
    cleanUps = []
    for (const cleanUp of last) await cleanUp()
  })

  const gatewayOf = async (): Promise<GatewayProcess> => {
    const gateway = await startGateway()
    cleanUps.push(() => gateway.dispose())
    return gateway
  }
  const deviceOf = async (): Promise<Device> => {
    const device = await browser.newDevice()
    cleanUps.push(() => device.close())
    return device
  }
  const openApp = async (device: Device, url: string): Promise<OtherApp> => {
    const app = new OtherApp(await device.newTab())
    await app.open(url)
    return app
  }
  const signIn = async (gateway: GatewayProcess, device: Device, address?: string): Promise<OtherApp> => {
    const before = await gateway.connections()
    const app = await openApp(device, await gateway.signInLink('me', address))
    await app.see('No messages yet')
    await until(async () => (await gateway.connections()) > before, 'the app is connected', 30_000)
    return app
  }

  describe(`in ${name}`, () => {
    it('a message appears as a banner, in the list and in the unread count, opens by its banner, and outlives a reload', async () => {
      const gateway = await gatewayOf()
      const app = await signIn(gateway, await deviceOf())

      await gateway.publish('user:me', { title: 'Backup done', body: '42 GB in 3 min' })
      await app.press('Backup done', '#herald-overlay .banner')
      await app.see('42 GB in 3 min', '.message')
      await app.untilUnread(0)
      await app.goBack()
      await app.tab.reload()
      await app.untilTitles('Backup done')
      await app.untilUnread(0)
      await gateway.publish('user:me', { title: 'After the reload', body: 'live' })
      await app.untilTitles('After the reload', 'Backup done')
      await app.untilUnread(1)
    })

    it('the list shows from storage without a network, and what came meanwhile is there after it, once', async () => {
      const gateway = await gatewayOf()
      const proxy = await startProxy(gateway.url)
      cleanUps.push(() => proxy.close())
      const app = await signIn(gateway, await deviceOf(), proxy.url)
      await gateway.publish('user:me', { title: 'Before', body: 'the tunnel' })
      await app.untilTitles('Before')
      await until(() => app.tab.run(isKept), 'the app itself is kept', 60_000)

      await proxy.refuse()
      await app.see('Cannot reach the server', '.strip')
      await gateway.publish('user:me', { title: 'Meanwhile', body: 'away' })
      await app.tab.reload()
      await app.untilTitles('Before')
      // The line about the connection moves the list down when it comes.
      await app.see('Cannot reach the server', '.strip')
      await app.openRow('Before')
      await app.untilUnread(0)
      await app.goBack()

      await proxy.listen()
      await app.untilTitles('Meanwhile', 'Before')
      await app.untilUnread(1)
      expect((await app.storeSizes())['rows']).toBe(2)
    })

    it('two tabs share one socket and one count, and the other goes on when one is closed', async () => {
      const gateway = await gatewayOf()
      const device = await deviceOf()
      const first = await signIn(gateway, device)
      const second = await openApp(device, gateway.url)
      await second.see('No messages yet')

      await gateway.publish('user:me', { title: 'For both', body: 'tabs' })
      for (const tab of [first, second]) {
        await tab.tab.front()
        await tab.untilTitles('For both')
        await tab.untilUnread(1)
      }
      expect(await gateway.connections()).toBe(1)

      await first.tab.close()
      await gateway.publish('user:me', { title: 'For the heir', body: 'alone' })
      await second.untilTitles('For the heir', 'For both')
      await until(async () => (await gateway.connections()) === 1, 'one socket')
      expect((await second.storeSizes())['rows']).toBe(2)
    })

    it('what is read on one device is read on the other', async () => {
      const gateway = await gatewayOf()
      const one = await signIn(gateway, await deviceOf())
      const other = await signIn(gateway, await deviceOf())
      await gateway.publish('user:me', { title: 'Read me', body: 'anywhere' })
      for (const app of [one, other]) await app.untilUnread(1)

      await one.openRow('Read me')

      for (const app of [one, other]) await app.untilUnread(0)
    })

    it('a sign-out leaves nothing of the user behind, offline too', async () => {
      const gateway = await gatewayOf()
      const proxy = await startProxy(gateway.url)
      cleanUps.push(() => proxy.close())
      const app = await signIn(gateway, await deviceOf(), proxy.url)
      await gateway.publish('user:me', { title: 'Only for me', body: 'secret' })
      await app.untilTitles('Only for me')
      await app.goTo('Settings')
      await app.see('Sign out')
      await proxy.refuse()

      await app.press('Sign out')
      await app.press('Sign out', '[role="dialog"]')

      await app.see('Sign in')
      await untilEqual(() => app.storeSizes(), EMPTY, 30_000)
      const left = await app.tab.run(() =>
        JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]),
      )
      expect(left).not.toMatch(/Only for me|hld_/)
    })
  })
}

/** Whether all of the app is kept, so that each of its pages opens without a network. Runs in the page. */
async function isKept(): Promise<boolean> {
  await navigator.serviceWorker.ready
  const list = await fetch('assets.json')
  const paths = (await list.json()) as string[]
  const kept = await Promise.all(paths.map((path) => caches.match(path, { ignoreVary: true })))
  return paths.length > 0 && kept.every(Boolean)
}
