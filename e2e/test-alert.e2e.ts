import { describe, expect, it } from 'vitest'
import { openStage } from './stage'

const stage = openStage()

const NARROW = { locale: 'en', viewport: { width: 320, height: 640 } } as const

describe('a test alert', () => {
  it('is offered over the empty inbox, says how it came, and is in the inbox then', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, NARROW)
    await app.page.getByText('No messages yet').waitFor()
    await app.page.getByRole('button', { name: 'Test alerts' }).click()
    await app.page.getByRole('button', { name: 'Send a test' }).click()
    const section = app.page.getByRole('group', { name: 'Test alert' })
    await section.getByText(/^Arrived over the connection after \d+\.\d s\.$/).waitFor()
    const overflow = await app.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(overflow).toBeLessThanOrEqual(0)
    await app.page.goBack()
    await app.waitForRow('Test alert')
    await app.waitForUnread(1)
  })

  it('shows how it reached each device, and why it did not reach one', async () => {
    const gateway = await stage.gateway()
    const away = await stage.signIn(gateway)
    await away.page.context().close()
    const app = await stage.signIn(gateway)
    await app.goTo('Settings')
    await app.page.getByRole('button', { name: 'Devices' }).click()
    await app.page.getByRole('button', { name: 'Send a test' }).click()
    const section = app.page.getByRole('group', { name: 'Test alert' })
    await section.getByText(/^Arrived over the connection/).waitFor()
    await section
      .getByText('No alert: The device is not registered with any push service.')
      .waitFor({ timeout: 30_000 })
    expect(await section.getByText('This device', { exact: true }).count()).toBe(1)
  })
})
