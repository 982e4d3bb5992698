import { setTimeout as after } from 'node:timers/promises'

const POLL_MS = 20

/** Waits until something is so; throws with what was last seen when it does not become so. */
export async function until<Seen>(
  look: () => Seen | Promise<Seen>,
  isSo: (seen: Seen) => boolean,
  what: string,
  timeoutMs = 30_000,
): Promise<Seen> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    if (performance.now() > end)
      throw new Error(
        `${what}: last seen ${seen === undefined ? 'nothing' : JSON.stringify(seen).slice(0, 500)}`,
      )
    await after(POLL_MS)
  }
}
