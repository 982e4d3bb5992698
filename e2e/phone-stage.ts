import { resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { launch, type LaunchOptions, type Phone } from '../emulator'
import { launchBrowser } from './browser'
import { startGateway, type GatewayProcess } from './gateway-process'
import { until } from './until'

const BUNDLE = resolve(import.meta.dirname, '../dist/build/app')

export const PLATFORMS = ['android', 'ios'] as const

export type PhoneOptions = Partial<LaunchOptions> & Pick<LaunchOptions, 'platform'>

/** The App's release bundle on emulated phones; one that used what is not simulated, or logged an error, fails the test. */
export interface PhoneStage {
  gateway(): Promise<GatewayProcess>
  phone(options: PhoneOptions): Promise<Phone>
  /** A phone that is signed in by a token and connected. */
  signIn(gateway: GatewayProcess, options: PhoneOptions): Promise<Phone>
}

/** One browser for a test file; gateways and phones for each test. */
export function openPhoneStage(): PhoneStage {
  let browser: Browser
  let cleanUps: (() => Promise<void>)[] = []
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
    async gateway() {
      const gateway = await startGateway()
      cleanUps.push(() => gateway.dispose())
      return gateway
    },
    async phone(options) {
      const phone = await launch({ bundle: BUNDLE, chromium: browser, ...options })
      phones.push(phone)
      cleanUps.push(() => phone.close())
      return phone
    },
    async signIn(gateway, options) {
      const phone = await stage.phone(options)
      const { token } = await gateway.readToken('me')
      await phone.page.see('Paste your token')
      await phone.page.fill(0, gateway.url)
      await phone.page.fill(1, token)
      await phone.tap('Sign in')
      await phone.page.see('All feeds')
      await until(async () => (await gateway.connections()) > 0, 'the app is connected')
      return phone
    },
  }
  return stage
}
