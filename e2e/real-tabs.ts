import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium, type BrowserContext } from 'playwright-core'
import { requireChromium } from '../scripts/setup.mjs'
import { chromiumArgs, PHONE } from './browser'
import { until } from './until'

const START_TIMEOUT_MS = 15_000

const HAS_GROUPS = process.platform !== 'win32'

/** A browser whose tabs really hide each other. */
export interface RealTabs {
  device: BrowserContext
  close(): Promise<void>
}

/**
 * Starts a Chromium of its own and attaches to it without Playwright's defaults: in a browser that Playwright
 * launches every page counts as visible and focused whatever is in front of it, so no app in it is ever in the
 * background. Here `page.bringToFront()` makes the other tabs `document.visibilityState === 'hidden'`.
 * @param home another home than ours: Chromium reads there which authorities its user trusts
 */
export async function launchRealTabs(home?: string): Promise<RealTabs> {
  const profile = mkdtempSync(join(tmpdir(), 'herald-profile-'))
  const args = [
    ...chromiumArgs(),
    '--remote-debugging-port=0',
    '--lang=en-US',
    `--user-data-dir=${profile}`,
    `--window-size=${PHONE.width},${PHONE.height}`,
    'about:blank',
  ]
  const env = home === undefined ? process.env : { ...process.env, HOME: home }
  const child = spawn(requireChromium(), args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...{ detached: HAS_GROUPS, env },
  })
  const ended = new Promise((done) => child.once('exit', done))
  let address = ''
  createInterface({ input: child.stderr }).on('line', (line) => {
    address ||= /^DevTools listening on (ws:\S+)/.exec(line)?.[1] ?? ''
  })
  await until(() => address, 'Chromium says where it listens', START_TIMEOUT_MS)
  const browser = await chromium.connectOverCDP(address, { noDefaults: true })
  const device = browser.contexts()[0]
  if (device === undefined) throw new Error('the browser has no default context')
  await device.grantPermissions(['notifications'])
  return {
    device,
    async close() {
      await browser.close()
      endFamily(child)
      await ended
      await rm(profile, { recursive: true, force: true, maxRetries: 25, retryDelay: 200 })
    },
  }
}

/** Ends Chromium with all its processes: one that outlives the first goes on writing to the profile. */
function endFamily(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return
  if (HAS_GROUPS && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  else child.kill()
}
