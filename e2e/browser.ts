import { chromium, type Browser, type BrowserContext } from 'playwright-core'
import { requireChromium } from '../scripts/setup.mjs'

// What a browser does by itself, updates and experiments, must not reach the network or the console.
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-default-browser-check',
  '--no-first-run',
]

/** The narrowest screens that are still sold, and a zoomed page. */
export const SMALL_PHONE = { width: 320, height: 640 }
export const PHONE = { width: 360, height: 740 }
export const DESKTOP = { width: 1280, height: 800 }

export interface DeviceOptions {
  locale?: 'en' | 'zh-CN'
  colorScheme?: 'light' | 'dark'
  viewport?: { width: number; height: number }
  /** Default: notifications are granted. */
  permissions?: string[]
  /** Fingers instead of a mouse. */
  touch?: boolean
  deviceScaleFactor?: number
  /** Without a service worker, as over plain http in a LAN: the page's requests are its own. */
  noServiceWorker?: boolean
}

/** The arguments that every Chromium here is started with. */
export function chromiumArgs(): string[] {
  const isRoot = process.getuid?.() === 0
  return ['--headless=new', ...QUIET, ...(isRoot ? ['--no-sandbox'] : [])]
}

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: requireChromium(), args: chromiumArgs() })
}

/** A fresh profile: its own storage, service worker and permissions, like another person's device. */
export async function newDevice(browser: Browser, options: DeviceOptions = {}): Promise<BrowserContext> {
  const device = await browser.newContext({
    locale: options.locale ?? 'en',
    colorScheme: options.colorScheme ?? 'light',
    viewport: options.viewport ?? PHONE,
    permissions: options.permissions ?? ['notifications'],
    hasTouch: options.touch ?? false,
    deviceScaleFactor: options.deviceScaleFactor ?? 1,
    reducedMotion: 'reduce',
  })
  if (options.noServiceWorker === true) {
    await device.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'serviceWorker'))
  }
  return device
}
