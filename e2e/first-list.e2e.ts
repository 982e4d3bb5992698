import type { BrowserContext } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { HeraldApp } from './herald-app'
import { openStage } from './stage'
import { until } from './until'

const stage = openStage()
const RECONNECT_MS = 20_000

/** Every file of the app that was fetched is kept, so the page starts without a network. */
async function waitUntilKept(app: HeraldApp): Promise<void> {
  await until(
    () =>
      app.page.evaluate(async () => {
        const names = (await (await fetch('assets.json')).json()) as string[]
        const kept = await Promise.all(names.map((name) => caches.match(name, { ignoreVary: true })))
        return names.length > 0 && kept.every(Boolean)
      }),
    'the app itself is kept',
  )
}

/** What the app asks for from now on, in order. */
function recordScripts(device: BrowserContext): string[] {
  const names: string[] = []
  device.on('request', (request) => {
    if (request.resourceType() === 'script') names.push(new URL(request.url()).pathname)
  })
  return names
}

describe('the first list', () => {
  it('is there from storage while the server answers nothing at all, and is brought up to date once it does', async () => {
    const gateway = await stage.gateway()
    const proxy = await stage.proxy(gateway)
    const app = await stage.signIn(gateway, { address: proxy.url })
    app.expectProblem(/ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection/)
    await gateway.publish('user:me', { title: 'Stored', body: 'before' })
    await app.waitForRow('Stored')
    await waitUntilKept(app)

    proxy.hold()
    proxy.cut()
    await until(async () => (await gateway.connections()) === 0, 'the socket is gone')
    await gateway.publish('user:me', { title: 'Meanwhile', body: 'nobody hears' })
    await app.page.reload()
    await app.waitForRow('Stored')

    expect(await gateway.connections()).toBe(0)
    expect(await app.titles()).toEqual(['Stored'])
    await app.waitForUnread(1)
    await app.openRow('Stored')
    await app.page.locator('.message:visible').getByText('before').waitFor()
    await app.goBack()

    proxy.release()
    await app.row('Meanwhile').waitFor({ timeout: RECONNECT_MS })
    await app.waitForUnread(1)
  })

  it('is drawn before the code that connects is asked for; what is done meanwhile is done when that is there', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device({ noServiceWorker: true })
    const first = await stage.signIn(gateway, device)
    for (const title of ['One', 'Two']) await gateway.publish('user:me', { title, body: 'before' })
    await until(async () => (await first.storedRows()).length === 2, 'both are stored')
    await first.page.close()
    await until(async () => (await gateway.connections()) === 0, 'the first tab is gone')

    const asked = recordScripts(device)
    let letThrough: () => void = () => undefined
    const held = new Promise<void>((resolve) => (letThrough = resolve))
    await device.route('**/assets/after-list*.js', async (route) => {
      await held
      await route.continue()
    })
    const app = await stage.open(device, gateway.url)
    await app.waitForRow('Two')
    await until(
      () => asked.some((name) => name.includes('after-list')),
      'the code that connects is asked for',
    )
    expect(asked.filter((name) => /platform-account|markdown|settings|web-push/.test(name))).toEqual([])
    await app.openRow('Two')
    await app.goBack()
    letThrough()

    await app.waitForUnread(1)
    await until(async () => (await gateway.connections()) > 0, 'the app is connected')
    await gateway.publish('user:me', { title: 'Three', body: 'after' })
    await app.banner.getByText('Three').waitFor()
  })

  it('stays when the code that connects does not come, which is said and tried again; the first banner comes with it', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device({ noServiceWorker: true })
    const first = await stage.signIn(gateway, device)
    await gateway.publish('user:me', { title: 'Stored', body: 'before' })
    await until(async () => (await first.storedRows()).length === 1, 'it is stored')
    await first.page.close()

    let failures = 0
    await device.route('**/assets/after-list*.js', async (route) => {
      failures += 1
      if (failures <= 2) await route.abort('connectionfailed')
      else await route.continue()
    })
    const app = await stage.open(device, gateway.url)
    app.expectProblem(/ERR_CONNECTION_FAILED/)
    await app.waitForRow('Stored')
    await app.strip.getByText('Cannot reach the server').waitFor()
    await until(async () => (await gateway.connections()) > 0, 'the app is connected', RECONNECT_MS)
    await gateway.publish('user:me', { title: 'At last', body: 'a banner' })
    await app.banner.getByText('At last').waitFor()
    expect(failures).toBe(3)
  })

  it('is not fetched for a visitor who has to sign in first', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device({ noServiceWorker: true })
    const asked = recordScripts(device)
    const app = await stage.open(device, gateway.url)
    await app.page.locator('.form').waitFor()
    await until(
      () => asked.some((name) => name.includes('after-list')),
      'the code that signs in is asked for',
    )
    expect(asked.filter((name) => name.includes('inbox'))).toEqual([])
  })
})
