import { describe, expect, it } from 'vitest'
import { openStage } from './stage'
import { until } from './until'

const stage = openStage()

const NARROW = { locale: 'en', viewport: { width: 320, height: 640 } } as const

describe('the page of devices', () => {
  it('lists where one is signed in, and signs one device out, which says why', async () => {
    const gateway = await stage.gateway()
    const own = await stage.signIn(gateway, NARROW)
    const other = await stage.signIn(gateway)
    other.expectProblem(/401/)
    await own.goTo('Settings')
    await own.page.getByRole('button', { name: 'Devices' }).click()
    const rows = own.page.getByRole('listitem')
    await until(async () => (await rows.count()) === 2, 'both devices are listed')
    await rows.first().getByText('This device').waitFor()
    await rows.last().getByText('Open now').waitFor()
    const overflow = await own.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(overflow).toBeLessThanOrEqual(0)

    const signOut = rows.last().getByRole('button')
    await signOut.click()
    const focused = () => own.page.evaluate(() => document.activeElement?.textContent.trim())
    await until(async () => (await focused()) === 'Cancel', 'a hasty Enter would sign nobody out')
    await own.page.keyboard.press('Enter')
    await own.dialog.waitFor({ state: 'hidden' })
    expect(await rows.count()).toBe(2)
    await signOut.click()
    await own.dialog.getByRole('button', { name: 'Sign out' }).click()
    await other.page.getByText('You were signed out: the token was revoked.').waitFor()
    await until(async () => (await rows.count()) === 1, 'the other one is gone')
    await own.page.getByText('Sign out all others').waitFor({ state: 'hidden' })
  })

  it('signs all others out at once, and this one stays', async () => {
    const gateway = await stage.gateway()
    const own = await stage.signIn(gateway)
    const others = [await stage.signIn(gateway), await stage.signIn(gateway)]
    for (const other of others) other.expectProblem(/401/)
    await own.goTo('Settings')
    await own.page.getByRole('button', { name: 'Devices' }).click()
    await own.page.getByRole('button', { name: 'Sign out all others' }).click()
    await own.dialog.getByRole('button', { name: 'Sign out all others' }).click()
    for (const other of others)
      await other.page.getByText('You were signed out: the token was revoked.').waitFor()
    await until(async () => (await own.page.getByRole('listitem').count()) === 1, 'one is left')
    await gateway.publish('user:me', { title: 'Still here', body: 'x' })
    await own.page.locator('#herald-overlay').getByText('Still here').first().waitFor()
  })

  it('is left for the sign-in page, with the reason, when an administrator disables the account', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    app.expectProblem(/403/)
    await gateway.request('POST', '/v1/users/me/disable', { token: gateway.adminToken })
    await app.page.getByText('You were signed out: this account was disabled or removed.').waitFor()
  })
})
