import type { Logger } from 'pino'
import type { ClockKeeper } from '../clock/clock-keeper'
import type { GatewayClock } from '../clock/gateway-clock'
import type { Store } from '../contracts/store'

const TRIM_EVERY_MS = 10 * 60_000

/** After a start everybody comes back at once: retention looks at each feed, and can wait for that. */
const FIRST_TRIM_MS = 60_000

/** How often the clock is looked at: a machine that is killed forgets no more than that of it. */
const LOOK_EVERY_MS = 60_000

/** Pushes that are forgotten in one write. */
const FORGET_STEP = 500

/** While the store refuses writes, how often to try one. */
const PROBE_EVERY_MS = 5000

interface UpkeepSurroundings {
  readonly clock: GatewayClock
  readonly keeper: ClockKeeper
  /** Of several gateways one does it; absent: there is one. */
  readonly isFirst?: () => boolean
}

/**
 * Lets retention run now and then. While the store refuses writes it runs often: that frees room when the disk is
 * full, and it notices that writing works again, which nobody else could, because a gateway that is not ready
 * gets no publishes. Returns what ends it.
 */
export function keepUp(
  store: Store,
  retentionMs: number,
  logger: Logger,
  { clock, keeper, isFirst = () => true }: UpkeepSurroundings,
): () => void {
  let running = false
  const trim = async (): Promise<void> => {
    if (running) return
    running = true
    try {
      const believed = await keeper.look()
      if (!isFirst() && store.writable) return
      // What a kill cut short.
      await store.directory.drainRemoved()
      await store.cluster?.presence.sweep()
      const dropped = await store.log.trim(believed ? clock.now() : undefined)
      if (believed) {
        const before = clock.now() - retentionMs
        await forgetPushes(store.pushes, before)
        await forgetPushes(store.nudges, before)
        await store.clock.forget(before)
      }
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
  const watch = setInterval(() => void lookAt(keeper, logger), LOOK_EVERY_MS)
  void lookAt(keeper, logger)
  const first = setTimeout(() => void trim(), FIRST_TRIM_MS)
  return () => {
    clearTimeout(first)
    clearInterval(watch)
    clearInterval(regular)
    clearInterval(probe)
  }
}

async function lookAt(keeper: ClockKeeper, logger: Logger): Promise<void> {
  try {
    await keeper.look()
  } catch (error) {
    logger.warn({ err: error }, 'what is known of the clock could not be kept')
  }
}

/** What became of messages is kept as long as messages are. In steps, so that others may write in between. */
async function forgetPushes(pushes: Pick<Store['pushes'], 'forget'>, before: number): Promise<void> {
  while ((await pushes.forget(before, FORGET_STEP)) === FORGET_STEP);
}
