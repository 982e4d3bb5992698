import type { Browser, BrowserContext } from 'playwright-core'
import type { Message } from '@herald/protocol'
import { until } from '../../../e2e/until'
import { SlowPage } from './page'
import { openStage, publishHeld, storedRows, withApp, type BenchOptions, type BenchStage } from './stage'

/** From the navigation to what is drawn, in ms, while the gateway answers nothing. */
export interface Starts {
  /** The list of a device that has been given all the messages, and keeps the newest. */
  readonly list: number
  /** The same with every one of the messages in the database. */
  readonly wholeList: number
  /** The sign that there are no messages, on a device that never had one. */
  readonly empty: number
}

/** Opens the app anew on devices that hold messages and on one that holds none. */
export async function measureStarts(browser: Browser, options: BenchOptions): Promise<Starts> {
  const { count, slowdown } = options
  const stage = await openStage(options)
  const { relay } = stage
  try {
    const empty = await withApp(browser, stage, (page) => startAnew(stage, page, slowdown, '.empty'))
    relay.pass()
    const [list, wholeList] = await withApp(browser, stage, async (page) => {
      await publishHeld(stage, 0, count)
      const sent = relay.held
      relay.release()
      await until(() => relay.acked === count, 'the app has acked all', 120_000)
      const first = await startAnew(stage, page, slowdown, '.list .row .title')
      await fillDatabase(page, sent)
      const second = await startAnew(stage, page, slowdown, '.list .row .title')
      if ((await storedRows(page.page)).length < count) throw new Error('the database does not hold all')
      return [first, second]
    })
    return { list, wholeList, empty }
  } finally {
    await stage.close()
  }
}

/** Leaves the page, which ends the tab's lead, and comes back while the gateway hangs. */
async function startAnew(
  { relay }: BenchStage,
  { page }: SlowPage,
  slowdown: number,
  wanted: string,
): Promise<number> {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await page.goto('about:blank')
  relay.stall()
  const again = await SlowPage.open(page.context())
  await watchFor(page.context(), wanted)
  await again.slowDown(slowdown)
  await again.page.goto(relay.url)
  const drawnAt = await until(
    () => again.page.evaluate(() => (window as unknown as { drawnAt: number }).drawnAt),
    `${wanted} is drawn`,
    60_000,
  )
  await again.page.close()
  // The database belongs to the origin: whoever looks into it next needs a page of it.
  await page.goto(`${relay.url}/snippet/`)
  return drawnAt
}

async function watchFor(device: BrowserContext, selector: string): Promise<void> {
  await device.addInitScript((wanted) => {
    const times = { drawnAt: 0 }
    Object.defineProperty(window, 'drawnAt', { get: () => times.drawnAt })
    new MutationObserver(() => {
      if (times.drawnAt > 0 || !document.querySelector(wanted)) return
      // The frame that draws it is the next one; its end is when the one after that begins.
      times.drawnAt = performance.now()
    }).observe(document, { childList: true, subtree: true })
  }, selector)
}

async function fillDatabase({ page }: SlowPage, rows: readonly Message[]): Promise<void> {
  await page.evaluate(
    (messages) =>
      new Promise<void>((done, fail) => {
        const opening = indexedDB.open('herald')
        opening.onerror = () => fail(new Error('the database does not open'))
        opening.onsuccess = () => {
          const transaction = opening.result.transaction(['rows', 'feeds'], 'readwrite')
          for (const message of messages) transaction.objectStore('rows').put(message)
          const feeds = transaction.objectStore('feeds')
          const reading = feeds.get('user:me')
          reading.onsuccess = () => feeds.put({ ...(reading.result as object), low: 1 })
          transaction.onabort = () => fail(new Error('the rows cannot be written'))
          transaction.oncomplete = () => {
            opening.result.close()
            done()
          }
        }
      }),
    [...rows],
  )
}
