import { describe, expect, it } from 'vitest'
import { DESKTOP, PHONE } from './browser'
import { violations } from './violations'
import type { GatewayProcess } from './gateway-process'
import type { HeraldApp } from './herald-app'
import { openStage } from './stage'
import { until } from './until'

const stage = openStage()
const LOOKS = [
  { locale: 'en', colorScheme: 'light', viewport: PHONE },
  { locale: 'en', colorScheme: 'dark', viewport: DESKTOP },
  { locale: 'zh-CN', colorScheme: 'light', viewport: DESKTOP },
  { locale: 'zh-CN', colorScheme: 'dark', viewport: PHONE },
] as const

async function publishSamples(gateway: GatewayProcess): Promise<void> {
  const markdown =
    '## Report\n\n| job | state |\n| --- | --- |\n| a | ok |\n\n- [x] done\n- `code`\n\n[a link](https://example.com)\n\n```\nblock\n```'
  await gateway.publish('user:me', {
    title: 'Nightly report',
    body: markdown,
    markdown: true,
    tags: ['backup'],
  })
  await gateway.publish('all', {
    title: 'Fire drill',
    body: 'at noon',
    priority: 5,
    link: 'https://example.com/drill',
  })
  await gateway.publish('user:me', { body: 'only a body', priority: 4 })
}

describe.each(LOOKS)('in $locale and $colorScheme at $viewport.width px', (look) => {
  const tabOf = (index: 0 | 1 | 2) =>
    (look.locale === 'en'
      ? (['Inbox', 'Feeds', 'Settings'] as const)
      : (['收件箱', '频道', '设置'] as const))[index]

  it('no page has a serious violation', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device(look)
    const found: Record<string, string[]> = {}
    const signIn = await stage.open(device, gateway.url)
    await signIn.page.getByRole('textbox').first().waitFor()
    found['sign-in'] = await violations(signIn)
    await signIn.page.getByRole('button', { name: 'XMPP' }).click()
    await signIn.page.getByRole('textbox').nth(2).waitFor()
    found['sign-in of chats'] = await violations(signIn)
    await signIn.page.close()

    const blocked = await stage.signIn(gateway, { ...look, permissions: [] })
    const app = await stage.signIn(gateway, device)
    await app.page.locator('.curl').waitFor()
    found['inbox, empty'] = await violations(app)
    await blocked.page
      .getByRole('region', { name: look.locale === 'en' ? /notifications/ : /通知/ })
      .waitFor()
    found['inbox, with notifications off'] = await violations(blocked)
    await blocked.page.context().close()
    await publishSamples(gateway)
    await app.waitForRow('Fire drill')
    await app.banner.waitFor()
    found['inbox, with a banner'] = await violations(app)
    await app.clearBanner()
    found['inbox'] = await violations(app)
    await app.row('Fire drill').locator('.menu').getByRole('button').click()
    await app.dialog.waitFor()
    found['a menu'] = await violations(app)
    await app.page.keyboard.press('Escape')
    await app.openRow('Nightly report')
    await app.page.locator('.message:visible').getByText('block').waitFor()
    found['a message'] = await violations(app)
    await app.goBack()
    await app.goTo(tabOf(1))
    found['feeds'] = await violations(app)
    await app.goTo(tabOf(2))
    found['settings'] = await violations(app)
    await app.page.getByRole('button', { name: look.locale === 'en' ? 'Devices' : '登录设备' }).click()
    await app.page.getByRole('listitem').first().waitFor()
    found['devices'] = await violations(app)
    await app.page
      .getByRole('button', { name: look.locale === 'en' ? 'Add a device' : '添加设备' })
      .last()
      .click()
    await app.page.getByRole('timer').waitFor()
    found['add a device'] = await violations(app)

    expect(Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0))).toEqual({})
  })
})

describe('a screen reader', () => {
  it('has a live region before the first banner comes into it, and an urgent one interrupts', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    const region = app.page.locator('#herald-overlay [role=status][aria-live=polite]').first()
    await region.waitFor({ state: 'attached' })
    expect(await region.innerText()).toBe('')
    await gateway.publish('user:me', { title: 'Said politely', body: 'x' })
    await region.getByText('Said politely').waitFor()
    // A region within the region would be new with its words, which readers do not say.
    expect(await region.locator('[aria-live]').count()).toBe(0)
    await app.withoutBanner()
    await gateway.publish('user:me', { title: 'Said at once', body: 'x', priority: 5 })
    await app.page.getByRole('alert').getByText('Said at once').waitFor()
  })
})

describe('a keyboard', () => {
  it('reaches rows, menus and tabs, and opens a message', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await gateway.publish('user:me', { title: 'By keyboard', body: 'open me' })
    await app.waitForRow('By keyboard')
    await app.banner.getByRole('button', { name: 'Dismiss' }).press('Enter')
    await app.banner.waitFor({ state: 'detached' })

    await tabTo(app, /By keyboard/)
    await app.page.keyboard.press('Enter')
    await app.messageTitle('By keyboard').waitFor()
    await app.goBack()
    await tabTo(app, /^Feeds$/)
    await app.page.keyboard.press('Enter')
    await app.page.getByText('Your feeds').waitFor()
  })
})

/** Presses Tab until the focused element's words match. */
async function tabTo(app: HeraldApp, words: RegExp): Promise<void> {
  await until(
    async () => {
      await app.page.keyboard.press('Tab')
      // The body, with the words of all, is active while nothing has the focus.
      return words.test(
        await app.page.evaluate(() => document.querySelector<HTMLElement>(':focus')?.innerText ?? ''),
      )
    },
    `Tab reaches ${String(words)}`,
  )
}
