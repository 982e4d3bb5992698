import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { launch, type LaunchOptions, type Phone } from '../index'
import { BUNDLE } from './build-fixture'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
]

export const PLATFORMS = ['android', 'ios'] as const

/** The Chromium of the machine: CHROMIUM_PATH, or the usual places. */
export function findChromium(): string {
  const found = [process.env.CHROMIUM_PATH ?? '', ...PLACES].find((path) => path !== '' && existsSync(path))
  if (found === undefined) throw new Error('no Chromium; set CHROMIUM_PATH')
  return found
}

/** One browser for a file's tests, and phones that are put away after each. */
export function openStage() {
  let browser: Browser
  const ends: (() => void | Promise<void>)[] = []
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] })
  })
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  afterAll(async () => {
    await browser.close()
  })

  return {
    async phone(options: Partial<LaunchOptions> = {}): Promise<Phone> {
      const phone = await launch({ bundle: BUNDLE, platform: 'android', chromium: browser, ...options })
      ends.push(async () => {
        await phone.close()
        // A test that uses something missing on purpose takes it off the list.
        expect(phone.missing).toEqual([])
      })
      return phone
    },
    folder(): string {
      const folder = mkdtempSync(join(tmpdir(), 'emulator-test-'))
      ends.push(() => {
        rmSync(folder, { recursive: true, force: true })
      })
      return folder
    },
    /** Runs after the test. */
    after(end: () => void | Promise<void>): void {
      ends.push(end)
    },
  }
}

export async function until(
  what: string,
  probe: () => boolean | Promise<boolean>,
  timeoutMs = 8000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await probe())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

/** Waits until the app has logged a line with these words. */
export async function logged(phone: Phone, words: string): Promise<void> {
  await until(`"${words}" in the console:\n${phone.console.texts.join('\n')}`, () =>
    phone.console.texts.some((line) => line.includes(words)),
  )
}
