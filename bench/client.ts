// What the client costs a phone's processor, beside what is usually pasted together: the real app and a real gateway in
// a real Chromium that is slowed. Usage: npm run bench:client -- [--runs=5] [--messages=10000] [--slowdown=4]
//   [--parts=burst,banner,start] [--snippet-seconds=120] [--app=<folder of another build>]
import { parseArgs } from 'node:util'
import { launchBrowser } from '../e2e/browser'
import { buildGateway } from '../scripts/gateway.mjs'
import { buildClient } from '../scripts/uni.mjs'
import { measureBanner, type Latencies } from './client/banner'
import { burstToApp, burstToSnippet } from './client/burst'
import { bannerRows, burstRows, startRows, type BurstRun } from './client/report'
import { blankRate } from './client/scroll'
import { measureStarts, type Starts } from './client/start'
import { buildSnippet, type BenchOptions } from './client/stage'
import { publish } from './report'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    messages: { type: 'string', default: '10000' },
    slowdown: { type: 'string', default: '4' },
    parts: { type: 'string', default: 'burst,banner,start' },
    'snippet-seconds': { type: 'string', default: '120' },
    app: { type: 'string' },
  },
})
const RUNS = Number(values.runs)
const PARTS = new Set(values.parts.split(','))
const BANNERS_A_RUN = 10
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
const latencies: Latencies[] = []
const starts: Starts[] = []

const browser = await launchBrowser()
try {
  for (let run = 0; run < RUNS; run += 1) {
    if (PARTS.has('burst')) {
      // Each first as often as second: whatever else this machine does meets both.
      const early = run % 2 === 1 ? await burstToSnippet(browser, options) : undefined
      const app = await burstToApp(browser, options)
      const snippet = early ?? (await burstToSnippet(browser, options))
      bursts.push({ app, snippet, blank: await blankRate(browser, options) })
      console.log(`run ${String(run + 1)}: burst`, JSON.stringify(bursts.at(-1)))
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
  part: 'client',
  title: 'The client on a slow processor',
  setting: [
    `medians of ${String(RUNS)} runs, ${String(options.count)} messages, each in a frame of its own, processor slowed ${String(options.slowdown)} times`,
    `the usual snippet is stopped after ${String(options.snippetLimitMs / 1000)} s; busy and longest task are the main thread's own time`,
  ],
  rows: [...burstRows(bursts), ...bannerRows(latencies), ...startRows(starts)],
})
