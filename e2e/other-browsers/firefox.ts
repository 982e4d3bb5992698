import { launch, type Page } from 'puppeteer-core'
import { findFirefox, missingBrowsers } from '../../scripts/other-browsers.mjs'
import { PHONE } from '../browser'
import type { OtherBrowser, Plain, Tab } from './tab'

/** What Firefox does by itself must not reach the network; notifications are granted. */
const PREFERENCES = {
  'app.normandy.enabled': false,
  'browser.region.update.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.push.connection.enabled': false,
  'intl.accept_languages': 'en',
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'permissions.default.desktop-notification': 1,
}

/** Starts a Firefox, steered over WebDriver BiDi. A device is one of its containers, which share nothing. */
export async function launchFirefox(): Promise<OtherBrowser> {
  const executablePath = findFirefox()
  if (executablePath === undefined) throw new Error(missingBrowsers())
  const browser = await launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    defaultViewport: PHONE,
    extraPrefsFirefox: PREFERENCES,
  })
  return {
    version: await browser.version(),
    async newDevice() {
      const container = await browser.createBrowserContext()
      return {
        newTab: async () => new FirefoxTab(await container.newPage()),
        close: () => container.close(),
      }
    },
    close: () => browser.close(),
  }
}

class FirefoxTab implements Tab {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  async go(url: string): Promise<void> {
    await this.#page.goto(url)
  }

  async reload(): Promise<void> {
    await this.#page.reload()
  }

  async run<Words extends readonly Plain[], T>(
    script: (...words: Words) => T | Promise<T>,
    ...words: Words
  ): Promise<T> {
    const inPage = script as unknown as (...words: unknown[]) => unknown
    return (await this.#page.evaluate(inPage, ...words)) as T
  }

  clickAt(x: number, y: number): Promise<void> {
    return this.#page.mouse.click(x, y)
  }

  front(): Promise<void> {
    return this.#page.bringToFront()
  }

  close(): Promise<void> {
    return this.#page.close()
  }
}
