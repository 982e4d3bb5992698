import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { DESKTOP, launchBrowser, newDevice, PHONE, SMALL_PHONE } from './browser'
import { BANNER, REPORT_TITLE, startDemo, type DemoLanguage } from './demo'
import { startGateway, type GatewayProcess } from './gateway-process'
import { HARD_TITLES, HARD_TOPIC, startHardDemo } from './hard-demo'
import { openApp, type HeraldApp, type Tab } from './herald-app'
import { packPng } from './pack-png'
import { until } from './until'

interface Look {
  locale: DemoLanguage
  colorScheme: 'light' | 'dark'
  viewport: { width: number; height: number }
}

const TABS: Record<DemoLanguage, readonly [Tab, Tab, Tab]> = {
  en: ['Inbox', 'Feeds', 'Settings'],
  'zh-CN': ['收件箱', '频道', '设置'],
}
const SIZES = { small: SMALL_PHONE, phone: PHONE, desktop: DESKTOP } as const
const README_MAX_BYTES = 200_000
const README_BORDER = 10
const README_GAP = 40
const README_PHONE = { width: 360, height: 720 }
const README_DESKTOP = { width: 960, height: 720 }

/** Every page in every look, as PNG files in the folder. */
export async function takeScreenshots(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const browser = await launchBrowser()
  try {
    for (const locale of ['en', 'zh-CN'] as const) {
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const [size, viewport] of Object.entries(SIZES))
          await takeLook(browser, { locale, colorScheme, viewport }, size, folder)
      }
    }
  } finally {
    await browser.close()
  }
}

async function takeLook(browser: Browser, look: Look, size: string, folder: string): Promise<void> {
  const suffix = `${look.locale === 'en' ? 'en' : 'zh'}-${look.colorScheme}-${size}`
  const shoot: Shoot = async (app, name) => {
    await app.page.evaluate(() => document.fonts.ready)
    await app.page.screenshot({ path: join(folder, `${name}-${suffix}.png`), animations: 'disabled' })
  }
  const fresh = await startGateway()
  await takeFirstPages(await newDevice(browser, look), fresh, look, shoot)
  await fresh.dispose()
  const demo = await startDemo(look.locale)
  await takePages(await newDevice(browser, look), demo, look, shoot)
  await demo.dispose()
  const hard = await startHardDemo()
  await takeHardPages(await newDevice(browser, look), hard, look, shoot)
  await hard.dispose()
}

type Shoot = (app: HeraldApp, name: string) => Promise<void>

/** What somebody sees who has just started. */
async function takeFirstPages(
  device: BrowserContext,
  gateway: GatewayProcess,
  look: Look,
  shoot: Shoot,
): Promise<void> {
  const app = await openApp(device, gateway.url)
  const token = app.page.getByRole('textbox').nth(1)
  await token.waitFor()
  await shoot(app, 'sign-in')
  await token.fill('hld_wrong_token_of_nobody')
  await token.press('Enter')
  await app.page.getByRole('alert').waitFor()
  await shoot(app, 'sign-in-error')
  await token.fill(await gateway.signInLink('me'))
  await app.page.locator('.curl').waitFor()
  await shoot(app, 'inbox-empty')
  await app.goTo(TABS[look.locale][1])
  await app.page.getByRole('textbox').waitFor()
  await shoot(app, 'feeds-empty')
  await device.close()
}

/** What somebody sees who has used it for some days. */
async function takePages(
  device: BrowserContext,
  gateway: GatewayProcess,
  look: Look,
  shoot: Shoot,
): Promise<void> {
  const [inboxTab, feedsTab, settingsTab] = TABS[look.locale]
  const app = await signIn(device, gateway)
  await shoot(app, 'inbox')
  await gateway.publish('topic:orders', BANNER[look.locale])
  await app.banner.waitFor()
  await shoot(app, 'inbox-banner')
  await app.banner.getByRole('button').last().click()
  await app.banner.waitFor({ state: 'detached' })
  await app.row(BANNER[look.locale].title).locator('.menu').getByRole('button').click()
  await app.dialog.waitFor()
  await shoot(app, 'menu')
  await app.page.keyboard.press('Escape')
  await app.openRow(REPORT_TITLE[look.locale])
  await app.page.locator('.message:visible').getByText('metrics').waitFor()
  await shoot(app, 'message')
  await app.goBack()
  await app.goTo(feedsTab)
  await app.page.getByText('servers').filter({ visible: true }).first().waitFor()
  await shoot(app, 'feeds')
  await app.goTo(settingsTab)
  await app.page.getByRole('switch').first().waitFor()
  await shoot(app, 'settings')
  await scrollToEnd(app, look)
  await shoot(app, 'settings-end')
  await app.goTo(inboxTab)
  await device.setOffline(true)
  await app.strip.waitFor()
  await shoot(app, 'offline')
  await device.close()
}

/** What somebody sees whose messages are in Arabic and Hebrew, or longer than their places. */
async function takeHardPages(
  device: BrowserContext,
  gateway: GatewayProcess,
  look: Look,
  shoot: Shoot,
): Promise<void> {
  const [inboxTab, feedsTab] = TABS[look.locale]
  const app = await signIn(device, gateway)
  await shoot(app, 'hard-inbox')
  for (const [name, title] of Object.entries(HARD_TITLES)) {
    await app.openRow(title)
    await shoot(app, `hard-${name}`)
    await scrollToEnd(app, look)
    await shoot(app, `hard-${name}-end`)
    await app.goBack()
  }
  await gateway.publish('all', { title: HARD_TITLES.arabic, body: HARD_TITLES.hebrew })
  await app.goTo(feedsTab)
  await app.banner.waitFor()
  await shoot(app, 'hard-feeds-banner')
  await app.withoutBanner()
  await app.page.getByText(HARD_TOPIC, { exact: true }).filter({ visible: true }).first().click()
  await until(async () => (await app.page.title()).endsWith(inboxTab), 'the inbox')
  await app.page.locator('.header .line').getByRole('button').first().click()
  await app.page.getByRole('searchbox').fill('topic')
  await app.page.locator('.list:visible .row').first().waitFor()
  await shoot(app, 'hard-search')
  await device.close()
}

async function scrollToEnd(app: HeraldApp, { viewport }: Look): Promise<void> {
  await app.page.mouse.move(viewport.width / 2, viewport.height / 2)
  await until(async () => {
    await app.page.mouse.wheel(0, 5000)
    return app.page.evaluate(() => scrollY + innerHeight >= document.documentElement.scrollHeight - 1)
  }, 'the end of the page')
}

/** Signs in; what was published before is not announced. */
async function signIn(device: BrowserContext, gateway: GatewayProcess): Promise<HeraldApp> {
  const app = await openApp(device, await gateway.signInLink('me'))
  await app.page.locator('.list .row').first().waitFor()
  await until(async () => (await gateway.connections()) === 1, 'the app is connected')
  return app
}

/** The picture of the README: a desktop and a phone side by side, small enough for a clone. */
export async function takeReadmePicture(file: string): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  const browser = await launchBrowser()
  try {
    const desktop: Look = { locale: 'en', colorScheme: 'light', viewport: README_DESKTOP }
    const phone: Look = { locale: 'zh-CN', colorScheme: 'dark', viewport: README_PHONE }
    const devices = [
      await takeDevice(browser, desktop, openBanner),
      await takeDevice(browser, phone, openReport),
    ].map((png) => `<img src="data:image/png;base64,${png.toString('base64')}">`)
    // At the pixels that they have: scaled or shaded pictures make the file several times as large.
    const width = README_DESKTOP.width + README_PHONE.width + 4 * README_BORDER
    const height = README_PHONE.height + 2 * README_BORDER
    const page = await browser.newPage({
      viewport: { width: width + 3 * README_GAP, height: height + 2 * README_GAP },
    })
    await page.setContent(`<style>
      body { margin: ${README_GAP}px; display: flex; gap: ${README_GAP}px; background: #e9ecf5 }
      img { border-radius: 14px; border: ${README_BORDER}px solid #16181f }
      img + img { border-radius: 32px }
    </style>${devices.join('')}`)
    writeFileSync(file, packPng(await page.screenshot()))
  } finally {
    await browser.close()
  }
  const { size } = statSync(file)
  process.stdout.write(`${file}: ${size} bytes\n`)
  if (size > README_MAX_BYTES) throw new Error(`larger than ${README_MAX_BYTES} bytes`)
}

type Scene = (app: HeraldApp, gateway: GatewayProcess, locale: DemoLanguage) => Promise<void>

const openBanner: Scene = async (app, gateway, locale) => {
  await gateway.publish('topic:orders', BANNER[locale])
  await app.banner.waitFor()
}

const openReport: Scene = async (app, _gateway, locale) => {
  await app.openRow(REPORT_TITLE[locale])
  await app.page.locator('.message:visible').getByText('metrics').waitFor()
}

async function takeDevice(browser: Browser, look: Look, scene: Scene): Promise<Buffer> {
  const gateway = await startDemo(look.locale)
  const device = await newDevice(browser, look)
  const app = await signIn(device, gateway)
  await scene(app, gateway, look.locale)
  await app.page.evaluate(() => document.fonts.ready)
  const png = await app.page.screenshot({ animations: 'disabled' })
  await device.close()
  await gateway.dispose()
  return png
}
