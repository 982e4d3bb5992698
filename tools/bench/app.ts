// What the App costs a phone: its release bundle in the emulator, a real gateway in another process, a counting proxy
// between them. Usage: npm run bench:app [-- --parts=idle,messages --platforms=android,ios --rounds=3 --burst=1000
//   --singles=20 --peers=snippet,bare]
import { parseArgs } from 'node:util'
import { launchBrowser } from '../../e2e/browser'
import { buildGateway } from '../../scripts/gateway.mjs'
import { buildClient } from '../../scripts/uni.mjs'
import { buildPeers } from './app/build-peers'
import { measureHours, type Hours } from './app/idle'
import { heraldOn, peer } from './app/messages'
import { PLATFORMS, type Platform } from './app/phones'
import { idleRows, messageRows } from './app/report'
import { contest } from './contest'
import { publish, type Row } from './report'

const { values: given } = parseArgs({
  options: {
    parts: { type: 'string', default: 'idle,messages' },
    platforms: { type: 'string', default: PLATFORMS.join(',') },
    peers: { type: 'string', default: 'snippet,bare' },
    rounds: { type: 'string', default: '3' },
    burst: { type: 'string', default: '1000' },
    singles: { type: 'string', default: '20' },
  },
})
const parts = new Set(given.parts.split(','))
const named = new Set(given.platforms.split(','))
const platforms: readonly Platform[] = PLATFORMS.filter((platform) => named.has(platform))
const peers = (['snippet', 'bare'] as const).filter((name) => given.peers.split(',').includes(name))
const options = { burst: Number(given.burst), singles: Number(given.singles) }

await buildClient('app', { ifStale: true })
buildGateway()

const rows: Row[] = []
const browser = await launchBrowser()
try {
  if (parts.has('idle')) {
    const hours = new Map<Platform, Hours>()
    for (const platform of platforms) {
      hours.set(platform, await measureHours(browser, platform))
      console.log(`${platform}: ${JSON.stringify(hours.get(platform), null, 1)}`)
    }
    rows.push(...idleRows(hours))
  }
  if (parts.has('messages')) {
    if (peers.length > 0) buildPeers()
    const contestants = [
      ...platforms.map((platform) => heraldOn(browser, platform, options)),
      ...peers.map((name) => peer(browser, name, options)),
    ]
    const runs = await contest(contestants, Number(given.rounds))
    rows.push(...messageRows(runs))
  }
} finally {
  await browser.close()
}
await publish({
  part: 'app',
  title: 'The App on emulated phones',
  setting: [
    `messages: medians of ${given.rounds} rounds, bursts of ${given.burst}, ${given.singles} messages one by one, each in a frame of its own`,
    'no phone: the logic side only, in V8; the native layer is simulated and not counted',
  ],
  rows,
})
