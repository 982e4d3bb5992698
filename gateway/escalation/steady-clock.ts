import type { ClockMove } from '../contracts/clock-marks'

/** The gateway's time, whether it is to be believed, and when it goes over to another clock. */
export interface MovingClock {
  readonly now: () => number
  /** Why it is not believed; undefined when it is. */
  readonly doubt: unknown
  onMove(listener: (move: ClockMove) => void): void
}

/**
 * Milliseconds that never go back by a little, and never stand still when the gateway's time does: a deadline that was
 * counted on the old time must not come an hour late. A clock that jumps ahead is followed. When the gateway finds that it
 * went by a clock that was ahead, it goes back with it: what was counted meanwhile has to be counted anew (`onMove`).
 */
export function steadyClock(
  clock: Pick<MovingClock, 'now' | 'onMove'>,
  elapsed: () => number = () => performance.now(),
): () => number {
  let lead = clock.now() - elapsed()
  clock.onMove(({ by }) => {
    if (by < 0) lead += by
  })
  return () => {
    const wall = clock.now()
    const sinceStart = elapsed()
    lead = Math.max(lead, wall - sinceStart)
    return Math.floor(lead + sinceStart)
  }
}
