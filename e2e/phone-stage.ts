import Database from 'libsql'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { launch, type LaunchOptions, type Phone } from 'uni-app-emulator'
import { launchBrowser } from './browser'
import { startGateway, type GatewayProcess } from './gateway-process'
import { until } from './until'

const BUNDLE = resolve(import.meta.dirname, '../dist/build/app')

export const PLATFORMS = ['android', 'ios'] as const

export type PhoneOptions = Partial<LaunchOptions> & Pick<LaunchOptions, 'platform'>

/** The App's release bundle on emulated phones; one that used what is not simulated, or logged an error, fails the test. */
export interface PhoneStage {
  gateway(env?: Record<string, string>): Promise<GatewayProcess>
  /** A folder for a phone's data, which is deleted after the test. */
  folder(): string
  phone(options: PhoneOptions): Promise<Phone>
  /** A phone that is signed in by a token and connected. */
  signIn(gateway: GatewayProcess, options: PhoneOptions): Promise<Phone>
  /** Signs in a user on the phone's sign-in page, and waits until the app is connected. */
  fillIn(gateway: GatewayProcess, phone: Phone, user: string): Promise<void>
  /** Runs after the test, latest first. */
  after(cleanUp: () => unknown): void
}

/** One browser for a test file; gateways and phones for each test. */
export function openPhoneStage(): PhoneStage {
  let browser: Browser
  let cleanUps: (() => unknown)[] = []
  let phones: Phone[] = []

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser.close())
  afterEach(async () => {
    const [opened, last] = [phones, cleanUps.reverse()]
    phones = []
    cleanUps = []
    for (const cleanUp of last) await cleanUp()
    for (const phone of opened) {
      expect(phone.missing).toEqual([])
      expect(phone.console.errors).toEqual([])
    }
  })

  const stage: PhoneStage = {
    async gateway(env) {
      const gateway = await startGateway(env)
      cleanUps.push(() => gateway.dispose())
      return gateway
    },
    folder() {
      const folder = mkdtempSync(join(tmpdir(), 'herald-phone-'))
      cleanUps.push(async () => rm(folder, { recursive: true, force: true }))
      return folder
    },
    async phone(options) {
      const phone = await launch({ bundle: BUNDLE, chromium: browser, ...options })
      phones.push(phone)
      cleanUps.push(() => phone.close())
      return phone
    },
    async signIn(gateway, options) {
      const phone = await stage.phone(options)
      await stage.fillIn(gateway, phone, 'me')
      return phone
    },
    async fillIn(gateway, phone, user) {
      const { token } = await gateway.readToken(user)
      await phone.page.see('Paste your token')
      await phone.page.fill(0, gateway.url)
      await phone.page.fill(1, token)
      await phone.tap('Sign in')
      await phone.page.see('All feeds')
      await until(async () => (await gateway.connections()) > 0, 'the app is connected')
    },
    after(cleanUp) {
      cleanUps.push(cleanUp)
    },
  }
  return stage
}

/** The banner, which is a native view over page and bars. */
export const banner = (phone: Phone): Locator => phone.page.window.locator('.nativeview')

/** The count on the tab of the inbox. */
export const tabBadge = (phone: Phone): Locator => phone.page.window.locator('.tab').first().locator('.badge')

/** Texts of the page on top. */
export const onPage = (phone: Phone, words: string): Locator => phone.page.frame.getByText(words)

/** Waits until the app has reacted to `background()`, so that what comes next finds it there. */
export async function hide(phone: Phone): Promise<void> {
  phone.background()
  await phone.page.screenshot()
}

/** Waits until a notification with these words lies in the tray. */
export async function waitForTray(phone: Phone, words: string): Promise<void> {
  await until(
    () => phone.notifications().some(({ content, title }) => `${title} ${content}`.includes(words)),
    words,
  )
}

/** Waits until the app's icon says so many. */
export async function waitForBadge(phone: Phone, unread: number): Promise<void> {
  await until(() => phone.badge() === unread, `the icon says ${String(unread)}`)
}

/** What a select over a database of the phone gives. */
export function select<Row>(folder: string, file: string, sql: string): Row[] {
  const database = new Database(join(folder, file))
  try {
    return database.prepare(sql).all() as Row[]
  } finally {
    database.close()
  }
}

/** How many rows a database of the phone has of these. */
export function count(folder: string, file: string, rows: string): number {
  return select<{ n: number }>(folder, file, `SELECT count(*) AS n FROM ${rows}`)[0]?.n ?? 0
}
