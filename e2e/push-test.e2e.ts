import { afterAll, beforeAll, describe, it } from 'vitest'
import { BrowserPush, keptSession } from './browser-push'
import type { HeraldApp } from './herald-app'
import { launchRealTabs, type RealTabs } from './real-tabs'
import { openStage } from './stage'
import { until } from './until'

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

const PATIENCE = { timeout: 45_000 }

async function openDevices(app: HeraldApp): Promise<void> {
  await app.goTo('Settings')
  await app.page.getByRole('button', { name: 'Devices' }).click()
}

describe('a test of the push', () => {
  it('cuts the device off, shows each leg of the push, and connects again', async () => {
    const gateway = await stage.gateway(push.env)
    const app = await stage.open(tabs.device, await gateway.signInLink('me'))
    stage.after(() => app.page.close())
    await app.page.locator('.uni-tabbar').waitFor()
    await keptSession(app.page)
    const side = await tabs.device.newPage()
    stage.after(() => side.close())
    await push.connect(side, new URL(gateway.url).origin)
    await app.page.bringToFront()
    await openDevices(app)

    await app.page.getByRole('button', { name: 'Send a push' }).click()

    const section = app.page.getByRole('group', { name: 'Test alert' })
    await section.getByText('It is on the server’s disk.').waitFor()
    await section.getByText(/^Web Push accepted the push after \d+\.\d s\.$/).waitFor(PATIENCE)
    await section.getByText('It arrived by push.').waitFor(PATIENCE)
    await until(async () => (await gateway.connections()) === 1, 'the device is connected again')
  })

  it('says which leg broke where no push service knows the device, and what to do', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, { permissions: [] })
    await openDevices(app)

    await app.page.getByRole('button', { name: 'Send a push' }).click()

    await app.page
      .getByRole('group', { name: 'Test alert' })
      .getByText(/not registered with any push service\. On that device, allow notifications/)
      .waitFor(PATIENCE)
  })
})
