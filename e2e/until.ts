import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'

const POLL_MS = 40

/**
 * Waits until the probe gives something truthy, and returns it. A probe that throws is asked again: the page may be
 * between two screens.
 * @param what the condition in words, for the error.
 */
export async function until<T>(
  probe: () => T | Promise<T>,
  what: string,
  timeoutMs = 30_000,
): Promise<NonNullable<T>> {
  const end = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const value = await probe()
      if (value) return value
      last = value
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}; last: ${describe(last)}`)
    await pause(POLL_MS)
  }
}

/** Waits until the probe gives this value; the order of an object's keys does not matter. */
export async function untilEqual<T>(
  probe: () => T | Promise<T>,
  wanted: T,
  timeoutMs = 30_000,
): Promise<void> {
  let last: T | undefined
  try {
    await until(
      async () => {
        last = await probe()
        return isDeepStrictEqual(last, wanted)
      },
      'a value',
      timeoutMs,
    )
  } catch {
    throw new Error(`not within ${timeoutMs} ms: ${JSON.stringify(wanted)}; last: ${JSON.stringify(last)}`)
  }
}

function describe(value: unknown): string {
  return value instanceof Error ? value.message : JSON.stringify(value)
}
