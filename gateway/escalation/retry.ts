const BASE_MS = 1000
const CAP_MS = 15 * 60_000

/**
 * When to try again, ms from now: full jitter, so that what failed together does not come back together
 * (aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter). Never before the service wants it.
 * @param attempts tries that have failed, from 1
 * @param random from 0 to 1
 */
export function retryDelay(attempts: number, afterMs = 0, random: () => number = Math.random): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempts, 20))
  return afterMs + Math.round(random() * ceiling)
}
