import type { DeliveryReason } from '@herald/protocol'
import { isUrgent, type Ring } from './ring'
import type { RingerOptions } from './ringer'

/** A device that got so many pushes within the window hears of the rest in one, when it is over. */
export const FREE = 3
export const WINDOW_MS = 10_000

export const DAY_MS = 86_400_000

type QuotaOptions = Pick<RingerOptions, 'knowledge' | 'dailyPerDevice'>

/** Until when (ms) a push has to wait because its device had enough, and why; undefined when it may go now. */
export async function fullUntil(
  ring: Ring,
  { knowledge: { pushes }, dailyPerDevice }: QuotaOptions,
  now: number,
): Promise<{ reason: DeliveryReason; until: number } | undefined> {
  const [device] = ring.rows
  if (!isUrgent(ring)) {
    const recent = await pushes.recentPushes(device, now - WINDOW_MS, FREE)
    const oldest = recent.at(-1)
    if (recent.length >= FREE && oldest !== undefined) return { reason: 'burst', until: oldest + WINDOW_MS }
  }
  if (dailyPerDevice === 0) return undefined
  const { count, first } = await pushes.countPushes(device, now - DAY_MS)
  return count < dailyPerDevice ? undefined : { reason: 'quota', until: (first ?? now) + DAY_MS }
}
