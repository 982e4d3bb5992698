import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { launchBrowser, newDevice, type DeviceOptions } from './browser'
import { startProxy, type FlakyProxy } from './flaky-proxy'
import { startGateway, type GatewayProcess } from './gateway-process'
import { openApp, type HeraldApp } from './herald-app'
import { until } from './until'

export interface SignInOptions extends DeviceOptions {
  user?: string
  /** Another address of the gateway, such as a proxy's. */
  address?: string
}

/** Sets up what a test needs and takes it down after it; a console that was not quiet fails the test. */
export interface Stage {
  gateway(env?: Record<string, string>): Promise<GatewayProcess>
  proxy(gateway: GatewayProcess): Promise<FlakyProxy>
  device(options?: DeviceOptions): Promise<BrowserContext>
  /** The app in a new tab. */
  open(device: BrowserContext, url: string): Promise<HeraldApp>
  /** The app on a device, signed in by a one-time link and connected. */
  signIn(gateway: GatewayProcess, on?: SignInOptions | BrowserContext): Promise<HeraldApp>
  /** Runs after the test, latest first. */
  after(cleanUp: () => unknown): void
}

/** One browser for a test file; gateways and devices for each test. */
export function openStage(): Stage {
  let browser: Browser
  let cleanUps: (() => unknown)[] = []
  let apps: HeraldApp[] = []

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser.close())
  afterEach(async () => {
    const opened = apps
    const last = cleanUps.reverse()
    apps = []
    cleanUps = []
    for (const cleanUp of last) await cleanUp()
    for (const app of opened) app.assertQuiet()
  })

  const stage: Stage = {
    async gateway(env) {
      const gateway = await startGateway(env)
      cleanUps.push(() => gateway.dispose())
      return gateway
    },
    async proxy(gateway) {
      const proxy = await startProxy(gateway.url)
      cleanUps.push(() => proxy.close())
      return proxy
    },
    async device(options) {
      const device = await newDevice(browser, options)
      cleanUps.push(() => device.close())
      return device
    },
    async open(device, url) {
      const app = await openApp(device, url)
      apps.push(app)
      return app
    },
    async signIn(gateway, on = {}) {
      const options = 'newPage' in on ? {} : on
      const device = 'newPage' in on ? on : await stage.device(on)
      const link = await gateway.signInLink(options.user ?? 'me', options.address)
      const app = await stage.open(device, link)
      await app.page.locator('.uni-tabbar').waitFor()
      await until(async () => (await gateway.connections()) > 0, 'the app is connected')
      return app
    },
    after(cleanUp) {
      cleanUps.push(cleanUp)
    },
  }
  return stage
}
