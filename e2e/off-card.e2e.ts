import { describe, expect, it } from 'vitest'
import { openStage } from './stage'
import { until } from './until'

const stage = openStage()

const NARROW = { locale: 'en', viewport: { width: 320, height: 640 } } as const

describe('the card over the inbox', () => {
  it('is not there where notifications are on', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, NARROW)
    await gateway.publish('user:me', { title: 'A row', body: 'x' })
    await app.waitForRow('A row')
    await app.clearBanner()
    expect(await app.page.getByRole('region', { name: /notifications/ }).count()).toBe(0)
  })

  it('says what is off, goes when it works, and comes no more once it was put away', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device({ ...NARROW, permissions: [] })
    const app = await stage.signIn(gateway, device)
    const card = app.page.getByRole('region', { name: /^System notifications are/ })
    await card.waitFor()
    const overflow = await app.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(overflow).toBeLessThanOrEqual(0)
    await device.grantPermissions(['notifications'])
    await app.page.reload()
    await app.page.getByText('No messages yet').waitFor()
    await until(async () => (await card.count()) === 0, 'the card is gone')
    await device.clearPermissions()
    await app.page.reload()
    await card.getByRole('button', { name: 'Do not show this again' }).click()
    await card.waitFor({ state: 'detached' })
    await app.page.reload()
    await app.page.getByText('No messages yet').waitFor()
    await app.goTo('Settings')
    await app.page.getByText(/^System notifications are (?:off|blocked)$/).waitFor()
    expect(await card.count()).toBe(0)
  })

  it('has one button where the person has not been asked, and asks', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device({ ...NARROW, permissions: [] })
    await device.addInitScript(() => {
      let permission: NotificationPermission = 'default'
      Object.defineProperty(Notification, 'permission', { get: () => permission })
      Notification.requestPermission = () => Promise.resolve((permission = 'granted'))
    })
    const app = await stage.signIn(gateway, device)
    const card = app.page.getByRole('region', { name: 'System notifications are off' })
    await card.getByRole('button', { name: 'Allow' }).click()
    await card.waitFor({ state: 'detached' })
  })

  it('says in an insecure context what does not work, and where the recipe is', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device({ ...NARROW, noServiceWorker: true })
    await device.addInitScript(() => {
      Object.defineProperty(window, 'isSecureContext', { value: false })
    })
    const app = await stage.signIn(gateway, device)
    await app.page
      .getByRole('region', { name: 'No system notifications here' })
      .getByText(/no start without a network.*docs\/phones\.md/)
      .waitFor()
  })
})
