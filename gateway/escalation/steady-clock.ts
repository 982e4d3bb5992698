/**
 * Wall-clock milliseconds that never go back, and never stand still when the wall clock is set back: a deadline that
 * was counted on the old time must not come an hour late. A clock that jumps ahead is followed.
 */
export function steadyClock(
  wall: () => number = Date.now,
  elapsed: () => number = () => performance.now(),
): () => number {
  let lead = wall() - elapsed()
  return () => {
    const sinceStart = elapsed()
    lead = Math.max(lead, wall() - sinceStart)
    return Math.floor(lead + sinceStart)
  }
}
