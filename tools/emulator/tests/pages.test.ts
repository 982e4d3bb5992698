import { describe, expect, it } from 'vitest'
import { NotSimulatedError } from '../index'
import { strict } from '../strict'
import { logged, openStage, PLATFORMS } from './stage'

const stage = openStage()

describe.each(PLATFORMS)('an app on %s', (platform) => {
  it('starts with its launch, its show and its first page', async () => {
    const phone = await stage.phone({ platform })

    await phone.page.see('Count 0')

    expect(phone.console.texts.map((line) => line.replace(/ at .*/, ''))).toEqual([
      'app-service.js starts',
      'launch pages/home/home',
      'app show',
      'home show',
    ])
    expect(phone.console.errors).toEqual([])
    expect(phone.missing).toEqual([])
  })

  it('is drawn with its bars, in the language and the colours of the system', async () => {
    const light = await stage.phone({ platform })
    await light.page.see('Count 0')
    const dark = await stage.phone({ platform, locale: 'zh-Hans', darkMode: true })
    await dark.page.see('Count 0')

    expect(await light.page.window.locator('.titletext:visible').first().innerText()).toBe('Home')
    expect(await light.page.window.locator('.tab .label').allInnerTexts()).toEqual(['Home', 'Notes'])
    expect(await dark.page.window.locator('.titletext:visible').first().innerText()).toBe('首页')
    expect(await dark.page.window.locator('.tab .label').allInnerTexts()).toEqual(['首页', 'Notes'])
    const colour = (phone: typeof light) =>
      phone.page.window.locator('.tabbar').evaluate((bar) => getComputedStyle(bar).backgroundColor)
    expect(await colour(light)).toBe('rgb(255, 255, 255)')
    expect(await colour(dark)).toBe('rgb(26, 29, 36)')
    const [one, other] = [await light.page.screenshot(), await dark.page.screenshot()]
    expect(one.length).toBeGreaterThan(10_000)
    expect(one.equals(other)).toBe(false)
  })

  it('answers taps and what is typed through its logic side', async () => {
    const phone = await stage.phone({ platform })

    await phone.tap('Add one')
    await phone.tap('Add one')
    await phone.page.see('Count 2')

    await phone.page.fill('An address', 'nowhere')
    await phone.tap('Ask')
    await phone.page.see(/Answer failed/)
  })

  it('opens another page and comes back, by the bar and by the system', async () => {
    const phone = await stage.phone({ platform })

    await phone.tap('Open detail')
    await phone.page.see('Came from home')
    await logged(phone, 'home hide')
    expect(await phone.page.window.locator('.tabbar').count()).toBe(0)
    phone.back()
    await logged(phone, 'detail unload')
    await phone.page.see('Count 0')
    expect(await phone.page.window.locator('.tabbar').count()).toBe(1)

    await phone.tap('Open detail')
    await phone.page.see('Came from home')
    await phone.page.window.locator('.back:visible').tap()
    await phone.page.see('Count 0')
    expect(phone.console.texts.filter((line) => line.includes('detail unload'))).toHaveLength(2)
  })

  it('goes between its tabs, whose badges the bar shows', async () => {
    const phone = await stage.phone({ platform })

    await phone.tap('Mark')
    await phone.page.see('12')
    expect(await phone.page.window.locator('.badge').innerText()).toBe('12')
    expect(phone.badge()).toBe(5)

    await phone.tap('Notes')
    await phone.page.see('Add note')
    await phone.tap('Home')
    await phone.page.see('Count 0')
  })

  it('draws a native view over the page, which takes the taps on it', async () => {
    const phone = await stage.phone({ platform })

    await phone.tap('Draw')
    await phone.page.see('Banner text')
    const box = await phone.page.window.locator('.nativeview').boundingBox()
    expect(box).toMatchObject({ x: 10, y: 60, width: 300, height: 60 })
    await phone.tap('Banner text')

    await logged(phone, 'banner click')
    await phone.page.seeNot('Banner text')
  })

  it('asks in a dialog of the system', async () => {
    const phone = await stage.phone({ platform })

    await phone.tap('Confirm')
    await phone.page.see('Really do it')
    await phone.page.window.locator('.dialog button').last().tap()

    await logged(phone, 'confirm true')
  })

  it('scrolls under a finger', async () => {
    const phone = await stage.phone({ platform })
    await phone.page.see('Count 0')

    await phone.swipe({ from: [200, 600], to: [200, 200] })

    await logged(phone, 'scroll true')
  })

  it('shows the pictures of its bundle, on the page and in the bar', async () => {
    const phone = await stage.phone({ platform })

    const width = await phone.page.frame
      .locator('uni-image img')
      .evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))
    const icons = await phone.page.window
      .locator('.tab img')
      .evaluateAll((images) => (images as HTMLImageElement[]).map((image) => image.naturalWidth))

    expect(width).toBe(20)
    expect(icons).toEqual([20, 20])
  })

  it('changes to dark colours while it runs', async () => {
    const phone = await stage.phone({ platform })
    await phone.page.see('Count 0')

    phone.darkMode(true)
    await phone.page.screenshot()

    const bar = phone.page.window.locator('.titlebar:visible').first()
    expect(await bar.evaluate((one) => getComputedStyle(one).backgroundColor)).toBe('rgb(26, 29, 36)')
  })
})

describe('what is not simulated', () => {
  it('throws with its full name, and is on record even where the app catches it', async () => {
    const phone = await stage.phone()

    await phone.tap('Use bluetooth')

    await logged(phone, 'plus.bluetooth.openBluetoothAdapter is not simulated')
    expect(phone.missing.splice(0)).toEqual(['plus.bluetooth.openBluetoothAdapter'])
  })

  it('differs from what a phone lacks too', () => {
    const report = () => undefined
    const android = strict('plus', { os: {} }, { report, absent: ['ios'] }) as {
      ios?: unknown
      foo?: unknown
    }

    expect(android.ios).toBeUndefined()
    expect(() => android.foo).toThrow(new NotSimulatedError('plus.foo'))
  })
})
