import type { ClockMove } from '../contracts/clock-marks'

/** The gateway's time, and when it goes over to another clock. */
export interface MovingClock {
  readonly now: () => number
  onMove(listener: (move: ClockMove) => void): void
}

/**
 * Milliseconds that never go back by a little, and never stand still when the gateway's time does: a deadline that was
 * counted on the old time must not come an hour late. A clock that jumps ahead is followed. When the gateway finds that it
 * went by a clock that was ahead, it goes back with it: what was counted meanwhile has to be counted anew (`onMove`).
 */
export function steadyClock(
  clock: MovingClock,
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
