// Keeps a processor and its caches busy as a thread does that serves messages: makes them, writes them as JSON, keeps the
// newest for a while. Started by append-binding.ts; ends with its parent's word.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { content, FEEDS } from './append-message'

const KEPT = 20_000
const AT_ONCE = 1_000

const kept: { message: object; json: string }[] = []
let made = 0

process.on('disconnect', () => process.exit(0))
for (;;) {
  for (let index = 0; index < AT_ONCE; index += 1, made += 1) {
    const message = {
      id: `id-${made}`,
      feed: FEEDS[made % FEEDS.length],
      seq: made,
      time: Date.now(),
      ...content,
    }
    kept[made % KEPT] = { message, json: JSON.stringify(message) }
  }
  if (made === AT_ONCE) process.send?.('busy')
  await nextTurn()
}
