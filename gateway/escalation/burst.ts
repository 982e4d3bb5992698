import { allRows } from '../stores/sqlite/statements'
import type { Store } from '../stores/sqlite/engine'

/** A device that got so many pushes within the window hears of the rest in one, when it is over. */
const FREE = 3
const WINDOW_MS = 10_000

/** Until when pushes for a device are gathered, ms; undefined when one may go now. */
export function burstEnd(store: Store, user: string, device: string, now: number): number | undefined {
  const recent = allRows<{ accepted: number }>(
    store.reader,
    `SELECT max(accepted) AS accepted FROM pushes WHERE user = ? AND device = ? AND accepted > ?
     GROUP BY push ORDER BY accepted DESC LIMIT ?`,
    ...[user, device, now - WINDOW_MS, FREE],
  )
  const oldest = recent.at(-1)?.accepted
  return recent.length < FREE || oldest === undefined ? undefined : oldest + WINDOW_MS
}
