import type { Logger } from 'pino'
import type { Bus } from '../contracts/bus'
import type { FeedLog } from '../contracts/feed-log'
import { JUMP_MS } from './gateway-clock'

/**
 * Says in the log, once for each time, that messages are dated before older ones by more than a clock is trimmed: the clock
 * was ahead when those came, and seqs alone say the order of their feeds.
 */
export async function watchTimes(
  bus: Pick<Bus, 'on'>,
  log: Pick<FeedLog, 'topics'>,
  logger: Logger,
): Promise<void> {
  const [latest] = await log.topics(1)
  let newest = latest?.lastTime ?? 0
  bus.on('appended', ({ messages }) => {
    const time = messages.at(-1)?.time ?? newest
    const by = newest - time
    if (by > JUMP_MS)
      logger.warn({ by }, 'the clock was ahead: times of messages go back from here, seqs say their order')
    newest = by > JUMP_MS ? time : Math.max(newest, time)
  })
}
