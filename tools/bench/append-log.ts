import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openStore } from '@herald/gateway/stores/sqlite/open'
import { checkStore } from './append-check'
import { content, FEEDS, sendFor } from './append-message'
import type { Contestant } from './contest'

/** What is measured of one way to append. Rate in 1/s, times in ms. */
export type AppendFigure = 'rate' | 'batch' | 'cpu' | 'loopP50' | 'loopP99'

const KEEP_ALL = { maxAgeMs: Number.MAX_SAFE_INTEGER, maxCount: Number.MAX_SAFE_INTEGER }

/** The histogram counts in nanoseconds, the length of its own timer included. */
export const MONITOR_RESOLUTION_MS = 1

/** The feed log, called in this process: what stands behind every publish. */
export function logContestant(
  senders: number,
  ms: number,
  onBatch: (size: number) => void,
): Contestant<AppendFigure> {
  return {
    name: 'log',
    async run() {
      const folder = mkdtempSync(join(import.meta.dirname, 'append-'))
      const { store, log } = await openStore({
        folder,
        writer: new URL('./append-writer.mjs', import.meta.url),
        retention: KEEP_ALL,
      })
      let commits = 0
      store.onCommit(() => (commits += 1))
      const loop = monitorEventLoopDelay({ resolution: MONITOR_RESOLUTION_MS })
      loop.enable()
      const cpu = process.cpuUsage()
      const sent = await sendFor(ms, senders, (index) =>
        log.append(FEEDS[index % FEEDS.length] ?? 'all', content),
      )
      loop.disable()
      const { user, system } = process.cpuUsage(cpu)
      await store.close()
      checkStore(folder, sent.answers)
      rmSync(folder, { recursive: true })
      const batch = sent.answers.length / commits
      onBatch(batch)
      return {
        rate: (sent.answers.length / sent.ms) * 1000,
        batch,
        cpu: (user + system) / sent.answers.length,
        loopP50: loop.percentile(50) / 1e6,
        loopP99: loop.percentile(99) / 1e6,
      }
    },
  }
}
