import { describe, expect, it } from 'vitest'
import type { HeraldApp } from './herald-app'
import { openStage } from './stage'
import { until, untilEqual } from './until'

const stage = openStage()

const language = (app: HeraldApp) => app.page.evaluate(() => document.documentElement.lang)

/** How bright the page's background is, 0-255. */
const brightness = (app: HeraldApp) =>
  app.page.evaluate(() => {
    const shell = document.querySelector('uni-page .shell')
    const colour = shell ? getComputedStyle(shell).backgroundColor : ''
    const body = getComputedStyle(document.body).backgroundColor
    const [red = 0, green = 0, blue = 0] = (
      /\d+(?:, \d+)+/.exec(/rgba\(.*, 0\)/.test(colour) ? body : colour)?.[0] ?? ''
    )
      .split(', ')
      .map(Number)
    return (red + green + blue) / 3
  })

/** Whether the chosen one of the choices side by side is lighter than what the others lie on. */
const chosenIsLighter = (app: HeraldApp) =>
  app.page.evaluate(() => {
    const lightOf = (element: Element): number => {
      const [red = 0, green = 0, blue = 0, alpha = 1] = (
        getComputedStyle(element).backgroundColor.match(/[\d.]+/g) ?? []
      ).map(Number)
      return alpha === 0 ? Number.NaN : red + green + blue
    }
    const bars = [...document.querySelectorAll('uni-page [role=radiogroup]:has(.choice)')]
    return bars.map((bar) => [...bar.querySelectorAll('.choice-on')].map((on) => lightOf(on) > lightOf(bar)))
  })

describe('the language', () => {
  it('is Chinese on a Chinese device, from sign-in to the banner', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device({ locale: 'zh-CN' })
    const welcome = await stage.open(device, gateway.url)
    await welcome.page.getByRole('button', { name: '登录' }).waitFor()
    expect(await language(welcome)).toBe('zh-Hans')
    await welcome.page.close()

    const app = await stage.signIn(gateway, device)
    await until(async () => (await app.page.title()) === '收件箱', 'the title is Chinese')
    await untilEqual(() => app.page.locator('.uni-tabbar__item').allInnerTexts(), ['收件箱', '频道', '设置'])
    await app.goTo('设置')
    await gateway.publish('user:me', { title: '备份完成', body: '用时三分钟' })
    await app.banner.getByText('个人').waitFor()
    await app.banner.getByText('备份完成').click()
    await app.messageTitle('备份完成').waitFor()
    await until(async () => /^消息/.test(await app.page.title()), 'the title of the message page')
  })

  it('changes at once in the settings, in the other tab too, and stays over a reload', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device()
    const app = await stage.signIn(gateway, device)
    const other = await stage.open(device, gateway.url)
    await other.page.getByText('No messages yet').waitFor()
    await app.goTo('Settings')

    await app.page.getByRole('radio', { name: '中文' }).click()

    await app.page.getByText('通知', { exact: true }).first().waitFor()
    await untilEqual(() => app.page.locator('.uni-tabbar__item').allInnerTexts(), ['收件箱', '频道', '设置'])
    await untilEqual(() => language(app), 'zh-Hans')
    await other.page.getByText('No messages yet').waitFor({ state: 'detached' })
    await app.page.reload()
    await untilEqual(() => app.page.locator('.uni-tabbar__item').allInnerTexts(), ['收件箱', '频道', '设置'])
    await app.page.getByRole('radio', { name: 'English' }).click()
    await app.page.getByText('Notifications', { exact: true }).waitFor()
  })
})

describe('the theme', () => {
  it('follows the system while it is automatic', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, { colorScheme: 'dark' })
    await until(async () => (await brightness(app)) < 60, 'the page is dark')
    await app.page.emulateMedia({ colorScheme: 'light' })
    await until(async () => (await brightness(app)) > 200, 'the page is light')
  })

  it('changes at once in the settings, whatever the system says, and stays over a reload', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, { colorScheme: 'light' })
    await app.goTo('Settings')

    await app.page.getByRole('radio', { name: 'Dark' }).click()

    await until(async () => (await brightness(app)) < 60, 'the page is dark')
    const bar = () =>
      app.page.evaluate(
        () => getComputedStyle(document.querySelector('.uni-tabbar') as Element).backgroundColor,
      )
    await untilEqual(bar, 'rgb(26, 29, 36)')
    const bars = await chosenIsLighter(app)
    expect(bars.length).toBeGreaterThanOrEqual(2)
    expect(bars).toEqual(bars.map(() => [true]))
    await app.page.reload()
    await until(async () => (await brightness(app)) < 60, 'the page is dark after a reload')
    await app.page.getByRole('radio', { name: 'Light' }).click()
    await until(async () => (await brightness(app)) > 200, 'the page is light')
  })
})
