import { build } from 'esbuild'
import { copyFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { newDevice } from '../../../e2e/browser'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'
import { until } from '../../../e2e/until'
import { Relay } from './relay'
import { SlowPage } from './page'

const ROOT = resolve(import.meta.dirname, '..', '..', '..')
const SNIPPET = join(ROOT, 'tools', 'bench', 'usual-snippet')
const SNIPPET_BUILT = join(ROOT, 'dist', 'bench', 'usual-snippet')
const WITHOUT_LIMITS = { HERALD_RATE_PUBLISH: '0', HERALD_RATE_REQUESTS: '0', HERALD_RATE_ADDRESS: '0' }
const PUBLISHES_AT_ONCE = 128
const PUBLISH_TIMEOUT_MS = 180_000

export const FEED = 'user:me'

/** Bundles the snippet as a release, with Vue's template compiler, which it needs. */
export async function buildSnippet(): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [join(SNIPPET, 'main.ts')],
    outdir: SNIPPET_BUILT,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'chrome87',
    alias: { vue: 'vue/dist/vue.esm-bundler.js' },
    define: {
      'process.env.NODE_ENV': '"production"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    logLevel: 'warning',
  })
  copyFileSync(join(SNIPPET, 'index.html'), join(SNIPPET_BUILT, 'index.html'))
}

/** What every part of the bench is told. */
export interface BenchOptions {
  /** Messages in a burst. */
  readonly count: number
  /** How much slower the page's processor is made. Lighthouse takes 4 for a middling phone. */
  readonly slowdown: number
  /** When the usual snippet is stopped, finished or not. */
  readonly snippetLimitMs: number
  /** Another build of the app than this checkout's. */
  readonly appFolder: string | undefined
}

/** A gateway with an empty log, and the relay before it. */
export interface BenchStage {
  readonly gateway: GatewayProcess
  readonly relay: Relay
  close(): Promise<void>
}

export async function openStage({ appFolder }: Pick<BenchOptions, 'appFolder'>): Promise<BenchStage> {
  const app: Record<string, string> = appFolder === undefined ? {} : { HERALD_STATIC: resolve(appFolder) }
  const gateway = await startGateway({ ...WITHOUT_LIMITS, ...app })
  const relay = new Relay(gateway.url, SNIPPET_BUILT)
  await relay.listen()
  return {
    gateway,
    relay,
    async close() {
      await relay.close()
      await gateway.dispose()
    },
  }
}

/** Message number `number`, as all benches publish it. */
export const titleOf = (number: number): string => `Message ${String(number).padStart(5, '0')}`

/** Publishes so many and resolves when the relay holds them all. */
export async function publishHeld(
  { gateway, relay }: BenchStage,
  first: number,
  count: number,
): Promise<void> {
  relay.hold()
  const bodies = Array.from({ length: count }, (_, index) => ({
    title: titleOf(first + index),
    body: `db1 has ${String(index % 100)} % left on its data disk, and the copy of last night has not ended yet.`,
  }))
  await gateway.publishMany(FEED, bodies, PUBLISHES_AT_ONCE)
  await until(() => relay.held.length === count, `the relay holds ${String(count)}`, PUBLISH_TIMEOUT_MS)
}

/** The app, signed in and connected through the relay, on a new device; `run` gets its page, at full speed. */
export async function withApp<T>(
  browser: Browser,
  { gateway, relay }: BenchStage,
  run: (page: SlowPage) => Promise<T>,
  address = relay.url,
): Promise<T> {
  const device = await newDevice(browser)
  try {
    const page = await SlowPage.open(device)
    await page.page.goto(await gateway.signInLink('me', address))
    await page.page.locator('.uni-tabbar').waitFor()
    await until(async () => (await gateway.connections()) > 0, 'the app is connected')
    await page.page.getByText('No messages yet').or(page.page.locator('.list .row')).first().waitFor()
    return await run(page)
  } finally {
    await device.close()
  }
}

/** The usual snippet, connected. */
export async function withSnippet<T>(
  browser: Browser,
  { relay }: BenchStage,
  run: (page: SlowPage) => Promise<T>,
): Promise<T> {
  const device = await newDevice(browser)
  try {
    const page = await SlowPage.open(device)
    await page.page.goto(`${relay.url}/snippet/`)
    await until(() => relay.hasSnippet, 'the snippet is connected')
    return await run(page)
  } finally {
    await device.close()
  }
}

export interface StoredRow {
  readonly id: string
  readonly seq: number
}

/** What the app's database holds of the feed, by seq. */
export async function storedRows(page: Page): Promise<StoredRow[]> {
  return page.evaluate(
    () =>
      new Promise<StoredRow[]>((done, fail) => {
        const opening = indexedDB.open('herald')
        opening.onerror = () => fail(new Error('the database does not open'))
        opening.onsuccess = () => {
          const reading = opening.result.transaction('rows').objectStore('rows').getAll()
          reading.onerror = () => fail(new Error('the rows cannot be read'))
          reading.onsuccess = () => {
            opening.result.close()
            done((reading.result as StoredRow[]).map(({ id, seq }) => ({ id, seq })))
          }
        }
      }),
  )
}
