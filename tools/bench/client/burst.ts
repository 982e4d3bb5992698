import { setTimeout as pause } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import type { Message } from '@herald/protocol'
import { until } from '../../../e2e/until'
import type { Cost, SlowPage } from './page'
import {
  openStage,
  publishHeld,
  storedRows,
  withApp,
  withSnippet,
  type BenchOptions,
  type BenchStage,
} from './stage'

/** What follows the last message: timers of the banner, writes, the garbage. */
const REST_MS = 1_500
const APP_TIMEOUT_MS = 180_000
const POLL_MS = 500

/** What a burst has cost, and what the page holds of it; NaN where it did not come so far. */
export interface Burst {
  /** Messages that the page has counted: the snippet may be stopped before it has all. */
  readonly counted: number
  readonly cost: Cost
  /** What JavaScript holds, in bytes: before, after the burst, and after as many messages once more. */
  readonly heap: { readonly empty: number; readonly once: number; readonly twice: number }
}

/** Gives the app a burst, and as large a one again to see what it keeps. */
export async function burstToApp(browser: Browser, options: BenchOptions): Promise<Burst> {
  const { count, slowdown } = options
  const stage = await openStage(options)
  try {
    return await withApp(browser, stage, async (page) => {
      const before = await warmUp(stage, page)
      const empty = await page.heapBytes()
      await publishHeld(stage, 0, count)
      const first = [...before, ...stage.relay.held]
      const cost = await releaseToApp(stage, page, first, slowdown)
      const once = await page.heapBytes()
      await publishHeld(stage, count, count)
      const both = [...first, ...stage.relay.held]
      await releaseToApp(stage, page, both, slowdown)
      const twice = await page.heapBytes()
      return { counted: count, cost, heap: { empty, once, twice } }
    })
  } finally {
    await stage.close()
  }
}

/** One message before the burst: the first sound opens the audio device, and the first row brings the list. */
async function warmUp(stage: BenchStage, page: SlowPage): Promise<readonly Message[]> {
  await publishHeld(stage, -1, 1)
  const { held } = stage.relay
  stage.relay.release()
  await page.page.locator('#herald-overlay .banner').waitFor()
  await until(() => stage.relay.acked === 1, 'the app has acked the first')
  return held
}

/** @param sent all messages that the device has been sent so far, with those that are held. */
async function releaseToApp(
  { relay }: BenchStage,
  page: SlowPage,
  sent: readonly Message[],
  slowdown: number,
): Promise<Cost> {
  const total = sent.length
  await page.slowDown(slowdown)
  await page.begin()
  relay.release()
  await until(() => relay.acked === total, `the app has acked ${String(total)}`, APP_TIMEOUT_MS)
  await page.page.getByRole('radio', { name: `Unread ${String(total)}` }).waitFor()
  await pause(REST_MS)
  const cost = await page.end()
  await page.slowDown(1)
  const stored = await storedRows(page.page)
  const newest = sent.slice(-stored.length).map(({ id, seq }) => ({ id, seq }))
  if (stored.length === 0 || JSON.stringify(stored) !== JSON.stringify(newest))
    throw new Error('the database holds other rows')
  if (relay.closes.length > 0) throw new Error(`a socket was closed: ${relay.closes.join()}`)
  await checkTop(page, sent)
  return cost
}

/** The list begins with the newest, each once and in order. */
async function checkTop({ page }: SlowPage, sent: readonly Message[]): Promise<void> {
  const titles = await page.locator('.list .title').allInnerTexts()
  const newest = sent.slice(-titles.length).map(({ title }) => title)
  if (titles.length === 0 || JSON.stringify(titles) !== JSON.stringify(newest.reverse()))
    throw new Error(`the list begins with ${titles.join()}`)
}

/** Gives the usual snippet the same messages, in the same way. */
export async function burstToSnippet(browser: Browser, options: BenchOptions): Promise<Burst> {
  const stage = await openStage(options)
  try {
    // They come from a gateway too: somebody has to be connected for the relay to get them.
    await withApp(browser, stage, () => publishHeld(stage, 0, options.count))
    return await withSnippet(browser, stage, (page) => releaseToSnippet(stage, page, options))
  } finally {
    await stage.close()
  }
}

async function releaseToSnippet(
  { relay }: BenchStage,
  page: SlowPage,
  { count, slowdown, snippetLimitMs }: BenchOptions,
): Promise<Burst> {
  const titles = relay.held.map(({ title }) => title ?? '')
  const empty = await page.heapBytes()
  await page.slowDown(slowdown)
  await page.begin()
  relay.releaseToSnippet()
  const stopAt = Date.now() + snippetLimitMs
  let counted = 0
  while (counted < count && Date.now() < stopAt) {
    await pause(POLL_MS)
    counted = await page.page.evaluate(() => Number(document.querySelector('#count')?.textContent))
  }
  if (counted < count) {
    return { counted, cost: await page.end(), heap: { empty, once: Number.NaN, twice: Number.NaN } }
  }
  await pause(REST_MS)
  const cost = await page.end()
  const shown = await page.page.evaluate(() =>
    [...document.querySelectorAll('.title')].map(({ textContent }) => textContent),
  )
  if (JSON.stringify(shown) !== JSON.stringify(titles)) throw new Error('the snippet shows other rows')
  const once = await page.heapBytes()
  return { counted, cost, heap: { empty, once, twice: Number.NaN } }
}
