import { setTimeout as pause } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { newDevice } from '../../../e2e/browser'
import { until } from '../../../e2e/until'
import { SlowPage } from './page'
import { openStage, publishHeld, withApp, type BenchOptions } from './stage'

/** About 27 rows a tenth of a second: as fast as a thumb flings. */
const PX_PER_FRAME = 400
/** While the list grows by pages of history; less than half of what is drawn, so that each row is met. */
const PX_PER_LOADING_FRAME = 800
const ROW_PX = 88
const APP_TIMEOUT_MS = 120_000
/** What follows the last message: writes, the banner, the list that rests. */
const REST_MS = 1_500

/** Frames per second of a page that scrolls, and whether each row was seen. */
export interface Scrolled {
  readonly fps: number
  /** Of the slowest twentieth of the frames, the fastest one's time, in ms. */
  readonly p95FrameMs: number
  /** How many different messages were on the screen. */
  readonly seen: number
}

/** What scrolling comes to, and what a page that does nothing comes to just after. */
export interface ScrollRun {
  readonly app: Scrolled
  readonly blank: number
}

/** Walks once through so many messages, meeting each; then slowed through all of them as a thumb does. */
export async function measureScroll(browser: Browser, options: BenchOptions): Promise<ScrollRun> {
  const { count, slowdown } = options
  const stage = await openStage(options)
  const { relay } = stage
  try {
    const app = await withApp(browser, stage, async (page) => {
      await publishHeld(stage, 0, count)
      const titles = relay.held.map(({ title }) => title ?? '').reverse()
      relay.release()
      await until(() => relay.acked === count, 'the app has acked all', APP_TIMEOUT_MS)
      await pause(REST_MS)
      const loading = await scrollThrough(page, titles, { watch: true })
      if (loading.seen !== count) throw new Error(`the list showed ${String(loading.seen)} messages`)
      await page.slowDown(slowdown)
      return scrollThrough(page, titles, { watch: false })
    })
    return { app, blank: await blankRate(browser, options) }
  } finally {
    await stage.close()
  }
}

/** How often a page that does nothing is asked to draw, per second. */
async function blankRate(browser: Browser, { slowdown }: BenchOptions): Promise<number> {
  const device = await newDevice(browser)
  const slow = await SlowPage.open(device)
  await slow.slowDown(slowdown)
  const rate = await slow.page.evaluate(
    () =>
      new Promise<number>((done) => {
        const started = performance.now()
        let frames = 0
        const tick = (now: number): void => {
          frames += 1
          if (now - started > 2000) done((frames / (now - started)) * 1000)
          else requestAnimationFrame(tick)
        }
        requestAnimationFrame(tick)
      }),
  )
  await device.close()
  return rate
}

/**
 * Scrolls the page from its top past so many messages, by the same distance in each frame; waits at the end while
 * older ones load. Throws when the titles on the screen are not a part of `titles` in its order.
 */
async function scrollThrough(
  { page }: SlowPage,
  titles: readonly string[],
  options: { readonly watch: boolean },
): Promise<Scrolled> {
  return page.evaluate(
    async ({ titles, watch, step, height }) => {
      const place = new Map(titles.map((title, index) => [title, index]))
      const seen = new Set<number>()
      const look = (): void => {
        const drawn = [...document.querySelectorAll('.title')]
          .map(({ textContent }) => place.get(textContent) ?? -1)
          .filter((index) => index >= 0)
        for (const [index, at] of drawn.entries()) {
          const before = drawn[index - 1]
          if (before !== undefined && at !== before + 1)
            throw new Error(`${String(titles[at])} stands below ${String(titles[before])}`)
          seen.add(at)
        }
      }
      const frame = (): Promise<number> => new Promise((done) => requestAnimationFrame(done))
      window.scrollTo(0, 0)
      for (let rest = 0; rest < 10; rest += 1) await frame()
      if (watch) look()
      const frames: number[] = []
      const end = titles.length * height
      let before = await frame()
      while (window.scrollY + window.innerHeight < end) {
        const from = window.scrollY
        window.scrollBy(0, step)
        const now = await frame()
        // A page that waits for the network draws nothing: that is not what is measured.
        if (window.scrollY > from) frames.push(now - before)
        before = now
        if (watch) look()
        const last = document.documentElement.scrollHeight - window.innerHeight
        if (window.scrollY >= last && document.querySelector('.end')?.textContent.includes('everything'))
          break
      }
      // The list draws what it was scrolled to in the frame that follows.
      for (let rest = 0; rest < 10; rest += 1) await frame()
      if (watch) look()
      frames.sort((a, b) => a - b)
      const total = frames.reduce((sum, ms) => sum + ms, 0)
      return {
        fps: (frames.length / total) * 1000,
        p95FrameMs: frames[Math.floor(frames.length * 0.95)] ?? Number.NaN,
        seen: seen.size,
      }
    },
    {
      titles,
      watch: options.watch,
      step: options.watch ? PX_PER_LOADING_FRAME : PX_PER_FRAME,
      height: ROW_PX,
    },
  )
}
