import type { Logger } from 'pino'
import type { OpenedStore } from './store/open'

const TRIM_EVERY_MS = 10 * 60_000

/** While the store refuses writes, how often to try one. */
const PROBE_EVERY_MS = 5000

/**
 * Lets retention run now and then. While the store refuses writes it runs often: that frees room when the disk is
 * full, and it notices that writing works again, which nobody else could, because a gateway that is not ready
 * gets no publishes. Returns what ends it.
 */
export function keepUp({ store, log }: OpenedStore, logger: Logger): () => void {
  let running = false
  const trim = async (): Promise<void> => {
    if (running) return
    running = true
    try {
      const dropped = await log.trim(Date.now())
      if (dropped > 0) logger.info({ dropped }, 'retention')
    } catch (error) {
      logger.warn({ err: error }, 'retention could not run')
    } finally {
      running = false
    }
  }
  const regular = setInterval(() => void trim(), TRIM_EVERY_MS)
  const probe = setInterval(() => {
    if (!store.writable) void trim()
  }, PROBE_EVERY_MS)
  void trim()
  return () => {
    clearInterval(regular)
    clearInterval(probe)
  }
}
