import jsQR from 'jsqr'
import { describe, expect, it } from 'vitest'
import type { HeraldApp } from './herald-app'
import { openStage } from './stage'
import { until } from './until'

const stage = openStage()

const NARROW = { locale: 'en', viewport: { width: 320, height: 640 } } as const

/** What a phone's camera reads off the page: its pixels, by a program that knows nothing of Herald. */
async function scan(app: HeraldApp): Promise<string> {
  const png = await app.page.getByRole('img', { name: 'QR code of the sign-in link' }).screenshot()
  const { data, width, height } = await app.page.evaluate(
    async (source) => {
      const image = new Image()
      image.src = source
      await image.decode()
      const canvas = document.createElement('canvas')
      Object.assign(canvas, { width: image.width, height: image.height })
      const context = canvas.getContext('2d')
      context?.drawImage(image, 0, 0)
      const read = context?.getImageData(0, 0, image.width, image.height)
      return { data: [...(read?.data ?? [])], width: image.width, height: image.height }
    },
    `data:image/png;base64,${png.toString('base64')}`,
  )
  return jsQR(new Uint8ClampedArray(data), width, height)?.data ?? ''
}

describe('the page that adds a device', () => {
  it('shows a QR code that signs another device in once, and says on which', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, { ...NARROW, colorScheme: 'dark' })
    await app.goTo('Settings')
    await app.page.getByRole('button', { name: 'Add a device' }).click()
    await app.page.getByText(/^Valid for (?:9:\d\d|10:00)$/).waitFor()
    const overflow = await app.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(overflow).toBeLessThanOrEqual(0)
    const link = await scan(app)
    expect(link).toMatch(/^http:\/\/.+\/#\/pages\/sign-in\/sign-in\?code=/)

    // The test's gateway is served to this machine only, whatever its link calls it.
    const phone = await stage.open(await stage.device(NARROW), gateway.url + link.slice(link.indexOf('/#')))
    await phone.page.locator('.uni-tabbar').waitFor()
    await app.page.getByText(/^Signed in on /).waitFor()
    await app.page.getByRole('button', { name: 'Add another' }).click()
    await app.page.getByText(/^Valid for /).waitFor()
    await until(async () => (await scan(app)) !== link, 'another code is shown')
    await app.goBack()
    await app.page.getByRole('button', { name: 'Devices' }).click()
    await until(async () => (await app.page.getByRole('listitem').count()) === 2, 'both devices are listed')
  })

  it('counts down, and offers a new code when the time is over', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device(NARROW)
    const app = await stage.signIn(gateway, device)
    await app.goTo('Settings')
    await app.page.clock.install()
    await app.page.getByRole('button', { name: 'Add a device' }).click()
    await app.page.getByText(/^Valid for /).waitFor()
    const first = await scan(app)
    await app.page.clock.fastForward('10:01')
    await app.page.getByText('This code has expired').waitFor()
    await app.page.getByRole('button', { name: 'New code' }).click()
    await app.page.getByText(/^Valid for /).waitFor()
    expect(await scan(app)).not.toBe(first)
  })

  it('says why a sign-in that was given for a short time adds none', async () => {
    const gateway = await stage.gateway()
    const app = await stage.open(await stage.device(NARROW), gateway.url)
    app.expectProblem(/403/)
    const { token } = await gateway.readToken('me', { read: true, ttl: 3600 })
    await app.page.getByLabel('Token', { exact: true }).fill(token)
    await app.page.getByRole('button', { name: 'Sign in' }).click()
    await app.page.locator('.uni-tabbar').waitFor()
    await app.goTo('Settings')
    await app.page.getByRole('button', { name: 'Add a device' }).click()
    await app.page.getByText(/^This sign-in cannot add devices/).waitFor()
  })
})
