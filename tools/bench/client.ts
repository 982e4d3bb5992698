// What the client costs a phone's processor, beside what is usually pasted together: the real app and a real gateway in
// a real Chromium that is slowed. Usage: npm run bench:client -- [--runs=5] [--messages=10000] [--slowdown=4]
//   [--parts=burst,snippet,scroll,banner,start] [--snippet-seconds=60] [--app=<folder of another build>]
import { parseArgs } from 'node:util'
import { launchBrowser } from '../../e2e/browser'
import { buildGateway } from '../../scripts/gateway.mjs'
import { buildClient } from '../../scripts/uni.mjs'
import { measureBanner, type Latencies } from './client/banner'
import { burstToApp, burstToSnippet } from './client/burst'
import { bannerRows, burstRows, scrollRows, startRows, type BurstRun } from './client/report'
import { measureScroll, type ScrollRun } from './client/scroll'
import { measureStarts, type Starts } from './client/start'
import { buildSnippet, type BenchOptions } from './client/stage'
import { publish } from './report'

const ALL_PARTS = ['burst', 'snippet', 'scroll', 'banner', 'start']

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    messages: { type: 'string', default: '10000' },
    slowdown: { type: 'string', default: '4' },
    parts: { type: 'string', default: ALL_PARTS.join() },
    'snippet-seconds': { type: 'string', default: '60' },
    app: { type: 'string' },
  },
})
const RUNS = Number(values.runs)
const PARTS = new Set(values.parts.split(','))
const unknown = [...PARTS].filter((part) => !ALL_PARTS.includes(part))
if (unknown.length > 0) throw new Error(`no such part: ${unknown.join()}; there are ${ALL_PARTS.join()}`)
if (PARTS.has('snippet') && !PARTS.has('burst')) throw new Error('the snippet is only run beside the burst')
const BANNERS_A_RUN = 8
const options: BenchOptions = {
  count: Number(values.messages),
  slowdown: Number(values.slowdown),
  snippetLimitMs: Number(values['snippet-seconds']) * 1000,
  appFolder: values.app,
}

if (options.appFolder === undefined) await buildClient('h5', { ifStale: true })
buildGateway()
await buildSnippet()

const bursts: BurstRun[] = []
const scrolls: ScrollRun[] = []
const latencies: Latencies[] = []
const starts: Starts[] = []

const browser = await launchBrowser()
try {
  for (let run = 0; run < RUNS; run += 1) {
    if (PARTS.has('burst')) {
      const snippetRun = PARTS.has('snippet') ? () => burstToSnippet(browser, options) : () => undefined
      // Each first as often as second: whatever else this machine does meets both.
      const early = run % 2 === 1 ? await snippetRun() : undefined
      const app = await burstToApp(browser, options)
      bursts.push({ app, snippet: early ?? (await snippetRun()) })
      console.log(`run ${String(run + 1)}: burst`, JSON.stringify(bursts.at(-1)))
    }
    if (PARTS.has('scroll')) {
      scrolls.push(await measureScroll(browser, options))
      console.log(`run ${String(run + 1)}: scroll`, JSON.stringify(scrolls.at(-1)))
    }
    if (PARTS.has('banner')) {
      latencies.push(await measureBanner(browser, BANNERS_A_RUN, options))
      console.log(`run ${String(run + 1)}: banner`, JSON.stringify(latencies.at(-1)))
    }
    if (PARTS.has('start')) {
      starts.push(await measureStarts(browser, options))
      console.log(`run ${String(run + 1)}: start`, JSON.stringify(starts.at(-1)))
    }
  }
} finally {
  await browser.close()
}
await publish({
  part: PARTS.size === ALL_PARTS.length ? 'client' : ['client', ...PARTS].join('-'),
  title: 'The client on a slow processor',
  setting: [
    `medians of ${String(RUNS)} runs, ${String(options.count)} messages, each in a frame of its own, processor slowed ${String(options.slowdown)} times`,
    `the usual snippet is stopped after ${String(options.snippetLimitMs / 1000)} s; busy and longest task are the main thread's own time`,
  ],
  rows: [...burstRows(bursts), ...scrollRows(scrolls), ...bannerRows(latencies), ...startRows(starts)],
})
