import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext } from 'playwright-core'
import { describe, it } from 'vitest'
import { requireChromium } from '../scripts/setup.mjs'
import { chromiumArgs, PHONE } from './browser'
import { openStage } from './stage'

const stage = openStage()

/** As "block all cookies" in Chromium's settings: it keeps nothing for any page, and throws at who asks. */
async function deviceWithoutCookies(): Promise<BrowserContext> {
  const folder = mkdtempSync(join(tmpdir(), 'herald-profile-'))
  mkdirSync(join(folder, 'Default'))
  const blocked = { profile: { default_content_setting_values: { cookies: 2 } } }
  writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(blocked))
  const device = await chromium.launchPersistentContext(folder, {
    executablePath: requireChromium(),
    args: chromiumArgs(),
    locale: 'en',
    viewport: PHONE,
    reducedMotion: 'reduce',
  })
  stage.after(async () => {
    await device.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return device
}

/** Everything else works: what a person has set for this one, or a browser of a company. */
async function deviceWithoutLocalStorage(): Promise<BrowserContext> {
  const device = await stage.device()
  await device.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      configurable: true,
      get: () => {
        throw new DOMException('Access is denied for this document.', 'SecurityError')
      },
    })
  })
  return device
}

describe('a browser that keeps nothing for the page', () => {
  it.each([
    ['since cookies are blocked', deviceWithoutCookies],
    ['since localStorage throws', deviceWithoutLocalStorage],
  ])('has the app for this visit, %s', async (_why, openDevice) => {
    const gateway = await stage.gateway()
    const device = await openDevice()
    const app = await stage.signIn(gateway, device)
    await gateway.publish('user:me', { title: 'For this visit', body: 'and no longer' })
    await app.waitForRow('For this visit')
    await app.withoutBanner()
    await app.openRow('For this visit')
    await app.goBack()
    await app.waitForUnread(0)

    const other = await stage.open(device, gateway.url)
    await other.page.getByRole('button', { name: 'Sign in' }).waitFor()
    await gateway.publish('user:me', { title: 'Still here', body: 'beside a tab that knows nobody' })
    await app.waitForRow('Still here')
  })
})
