import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { launch, type LaunchOptions, type Phone } from 'uni-app-emulator'
import { launchBrowser } from './browser'
import { BANNER, REPORT_TITLE, startDemo, type DemoLanguage } from './demo'
import type { GatewayProcess } from './gateway-process'
import { until } from './until'

const BUNDLE = resolve(import.meta.dirname, '../dist/build/app')

interface Look {
  platform: LaunchOptions['platform']
  language: DemoLanguage
  dark: boolean
}

const WORDS = {
  en: {
    submit: 'Sign in',
    all: 'All feeds',
    tabs: ['Inbox', 'Feeds', 'Settings'],
    feeds: 'Your feeds',
    settings: 'Appearance',
    offline: /Offline. Showing/,
  },
  'zh-CN': {
    submit: '登录',
    all: '全部频道',
    tabs: ['收件箱', '频道', '设置'],
    feeds: '我的频道',
    settings: '外观与语言',
    offline: /当前离线/,
  },
} as const

/** Names of the pictures of one look, in the order in which they are taken. */
const PAGES = ['sign-in', 'inbox', 'inbox-banner', 'message', 'feeds', 'settings', 'offline'] as const

type Shoot = (phone: Phone, page: (typeof PAGES)[number]) => Promise<void>

/** Every page of the App's bundle in every look, with bars, as PNG files in the folder. */
export async function takePhoneScreenshots(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const browser = await launchBrowser()
  try {
    for (const platform of ['android', 'ios'] as const) {
      for (const language of ['en', 'zh-CN'] as const) {
        for (const dark of [false, true]) {
          const look = { platform, language, dark }
          const suffix = `${platform}-${language === 'en' ? 'en' : 'zh'}-${dark ? 'dark' : 'light'}`
          await takeLook(browser, look, async (phone, page) => {
            await phone.page.screenshot({ path: join(folder, `app-${page}-${suffix}.png`) })
          })
        }
      }
    }
  } finally {
    await browser.close()
  }
}

async function takeLook(browser: Browser, look: Look, shoot: Shoot): Promise<void> {
  const gateway = await startDemo(look.language)
  const phone = await launch({
    bundle: BUNDLE,
    chromium: browser,
    platform: look.platform,
    locale: look.language,
    darkMode: look.dark,
  })
  try {
    await takePages(phone, gateway, look, shoot)
  } finally {
    await phone.close()
    await gateway.dispose()
  }
}

async function takePages(phone: Phone, gateway: GatewayProcess, look: Look, shoot: Shoot): Promise<void> {
  const { submit, all, tabs, feeds, settings, offline } = WORDS[look.language]
  const { token } = await gateway.readToken('me')
  await phone.page.see(submit)
  await shoot(phone, 'sign-in')
  await phone.page.fill(0, gateway.url)
  await phone.page.fill(1, token)
  await phone.tap(submit)
  await phone.page.see(all)
  await phone.page.see(REPORT_TITLE[look.language])
  await until(() => phone.badge() > 0, 'the badge')
  await shoot(phone, 'inbox')
  await gateway.publish('topic:orders', BANNER[look.language])
  const banner = phone.page.window.locator('.nativeview')
  await banner.getByText(BANNER[look.language].title).waitFor()
  await shoot(phone, 'inbox-banner')
  await phone.passTime(10_000)
  await banner.waitFor({ state: 'detached' })
  await phone.tap(REPORT_TITLE[look.language])
  await phone.page.see('metrics')
  await shoot(phone, 'message')
  phone.back()
  await phone.page.see(all)
  await phone.tap(tabs[1])
  await phone.page.see(feeds)
  await phone.page.see('servers')
  await shoot(phone, 'feeds')
  await phone.tap(tabs[2])
  await phone.page.see(settings)
  await shoot(phone, 'settings')
  await phone.tap(tabs[0])
  await phone.page.see(all)
  // The tap on the report may have scrolled the list, and the strip stands at its top.
  await phone.swipe({ from: [195, 300], to: [195, 600] })
  phone.airplaneMode(true)
  await phone.page.see(offline)
  await shoot(phone, 'offline')
}

const PICTURE_MAX_BYTES = 200_000
const PICTURE_GAP = 32
const PICTURE_SCALE = 0.8

/** The picture of the documents: the App's bundle on both phones, side by side, small enough for a clone. */
export async function takePhonePicture(file: string): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  const browser = await launchBrowser()
  try {
    const shots = [
      await takeOne(browser, { platform: 'android', language: 'en', dark: false }, 'inbox-banner'),
      await takeOne(browser, { platform: 'ios', language: 'en', dark: true }, 'message'),
      await takeOne(browser, { platform: 'ios', language: 'zh-CN', dark: false }, 'inbox'),
    ]
    const phones = shots.map((png) => `<img src="data:image/png;base64,${png.toString('base64')}">`)
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
    await page.setContent(`<style>
      main { width: max-content; padding: ${PICTURE_GAP}px; display: flex; gap: ${PICTURE_GAP}px;
        align-items: center; background: #e9ecf5 }
      img { width: ${390 * PICTURE_SCALE}px; border-radius: 30px; border: 8px solid #16181f }
    body { margin: 0 }
    </style><main>${phones.join('')}</main>`)
    // Pictures that were made smaller are no longer of few colours: JPEG takes half of what PNG takes.
    writeFileSync(file, await page.locator('main').screenshot({ type: 'jpeg', quality: 74 }))
  } finally {
    await browser.close()
  }
  const { size } = statSync(file)
  process.stdout.write(`${file}: ${size} bytes\n`)
  if (size > PICTURE_MAX_BYTES) throw new Error(`larger than ${PICTURE_MAX_BYTES} bytes`)
}

async function takeOne(browser: Browser, look: Look, wanted: (typeof PAGES)[number]): Promise<Buffer> {
  let png: Buffer | undefined
  await takeLook(browser, look, async (phone, page) => {
    if (page === wanted) png = await phone.page.screenshot()
  })
  if (png === undefined) throw new Error(`${wanted} was not taken`)
  return png
}
