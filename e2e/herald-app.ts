import type { BrowserContext, Locator, Page } from 'playwright-core'
import { until } from './until'

export type Tab = 'Inbox' | 'Feeds' | 'Settings' | '收件箱' | '频道' | '设置'

/** A message as the device keeps it. */
export interface StoredRow {
  id: string
  feed: string
  seq: number
  title?: string
}

const DEFAULT_TIMEOUT_MS = 30_000

/** The app in one browser tab: what a person sees in it and does with it. */
export class HeraldApp {
  readonly page: Page
  readonly #problems: string[] = []
  // Chromium's word on every subscription in the incognito contexts that tests run in; the app cannot know.
  readonly #expected: RegExp[] = [/Chrome currently does not support the Push API in incognito mode/]

  constructor(page: Page) {
    this.page = page
    page.setDefaultTimeout(DEFAULT_TIMEOUT_MS)
    page.on('pageerror', (error) => this.#problems.push(`uncaught: ${error.stack ?? error.message}`))
    page.on('console', (message) => {
      const type = message.type()
      if (type === 'error' || type === 'warning') {
        this.#problems.push(`${type}: ${message.text()} (${message.location().url})`)
      }
    })
  }

  /** Opens the address and waits until a page of the app is drawn. */
  async open(url: string): Promise<void> {
    await this.page.goto(url)
    await this.page.locator('uni-page').first().waitFor()
  }

  /** Lets the console say what the test causes on purpose. */
  expectProblem(...patterns: RegExp[]): void {
    this.#expected.push(...patterns)
  }

  /** Throws when the console had an error, a warning or an uncaught exception that the test did not expect. */
  assertQuiet(): void {
    const left = this.#problems.filter((problem) => !this.#expected.some((pattern) => pattern.test(problem)))
    if (left.length > 0) throw new Error(`the console was not quiet:\n${left.join('\n')}`)
  }

  /** The banner over the page, if there is one; its card stays, hidden, for the next. */
  get banner(): Locator {
    return this.page.locator('#herald-overlay .banner:visible')
  }

  /** The line about the connection at the top of the page on show. */
  get strip(): Locator {
    return this.page.locator('.strip:visible')
  }

  /** Puts away the banners that are there or about to come, so that they cover nothing. */
  async clearBanner(): Promise<void> {
    await this.banner.waitFor()
    await this.withoutBanner()
  }

  /** Puts away the banners that are there; one that went by itself is as good. */
  async withoutBanner(): Promise<void> {
    await until(async () => {
      if ((await this.banner.count()) === 0) return true
      await this.banner.getByRole('button').last().click({ timeout: 1000 })
      return false
    }, 'no banner is left')
  }

  get toast(): Locator {
    return this.page.locator('#herald-overlay .toast')
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog')
  }

  /** The row of the list with this title. */
  row(title: string): Locator {
    return this.page
      .locator('.list:visible .row')
      .filter({ has: this.page.getByText(title, { exact: true }) })
      .first()
  }

  /** The titles of the rows that are drawn, from the top. */
  async titles(): Promise<string[]> {
    return this.page.locator('.list:visible .title').allInnerTexts()
  }

  async waitForRow(title: string): Promise<void> {
    await this.row(title).waitFor()
  }

  /** The unread count as the browser's tab shows it. */
  async unreadInTitle(): Promise<number> {
    return Number(/^\((\d+)\+?\) /.exec(await this.page.title())?.[1] ?? 0)
  }

  /** The unread count on the first tab of the tab bar. */
  async unreadInTabBar(): Promise<string> {
    const badge = this.page.locator('.uni-tabbar__item').first().locator('.uni-tabbar__badge')
    return (await badge.count()) === 0 ? '' : badge.first().innerText()
  }

  async waitForUnread(count: number): Promise<void> {
    await until(async () => (await this.unreadInTitle()) === count, `${count} unread in the title`)
  }

  async goTo(tab: Tab): Promise<void> {
    await this.page.locator('.uni-tabbar__item').filter({ hasText: tab }).click()
    await until(async () => (await this.page.title()).endsWith(tab), `the page ${tab}`)
  }

  /** Opens a message by its row. */
  async openRow(title: string): Promise<void> {
    await this.row(title).getByText(title, { exact: true }).click()
    await this.messageTitle(title).waitFor()
  }

  /** Presses the row that says this. */
  async openRowOf(text: string): Promise<void> {
    await this.page.locator('.list:visible .row').filter({ hasText: text }).getByText(text).click()
  }

  /** The heading of the message page. */
  messageTitle(title: string): Locator {
    return this.page.locator('.message:visible').getByRole('heading', { name: title, exact: true, level: 1 })
  }

  async goBack(): Promise<void> {
    await this.page.locator('.uni-page-head-btn:visible').first().click()
  }

  /** Everything that the device keeps, by feed and seq. */
  async storedRows(): Promise<StoredRow[]> {
    const rows = (await this.#readStore('rows')) as StoredRow[]
    return rows.sort((a, b) => (a.feed === b.feed ? a.seq - b.seq : a.feed < b.feed ? -1 : 1))
  }

  /** How many entries each store of the app's database holds. */
  async storeSizes(): Promise<Record<string, number>> {
    const sizes: Record<string, number> = {}
    for (const name of ['feeds', 'rows', 'hidden', 'presented'])
      sizes[name] = (await this.#readStore(name)).length
    return sizes
  }

  /** The tags of the system notifications that are on show: a message's id, or that of the summary. */
  async notificationTags(): Promise<string[]> {
    return this.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready
      return (await registration.getNotifications()).map(({ tag }) => tag)
    })
  }

  async waitForServiceWorker(): Promise<void> {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready
    })
  }

  /** Waits until the service worker has every file of the build, so that the app needs no network for them. */
  async waitUntilKept(): Promise<void> {
    await this.waitForServiceWorker()
    await until(
      () =>
        this.page.evaluate(async () => {
          const files: string[] = await (await fetch('assets.json')).json()
          const kept = files.map((file) =>
            caches.match(new URL(file, document.baseURI), { ignoreVary: true }),
          )
          return files.length > 0 && (await Promise.all(kept)).every(Boolean)
        }),
      'the app itself is kept',
    )
  }

  #readStore(name: string): Promise<unknown[]> {
    return this.page.evaluate(
      (store) =>
        new Promise<unknown[]>((done, fail) => {
          const opening = indexedDB.open('herald')
          opening.onerror = () => fail(new Error('the database does not open'))
          opening.onsuccess = () => {
            const reading = opening.result.transaction(store).objectStore(store).getAll()
            reading.onerror = () => fail(new Error('the store cannot be read'))
            reading.onsuccess = () => {
              opening.result.close()
              done(reading.result as unknown[])
            }
          }
        }),
      name,
    )
  }
}

/** Opens the app in a new tab of the device. */
export async function openApp(device: BrowserContext, url: string): Promise<HeraldApp> {
  const app = new HeraldApp(await device.newPage())
  await app.open(url)
  return app
}
