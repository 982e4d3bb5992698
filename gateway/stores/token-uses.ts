import type { StoreEngine } from './rows'

/** A use is told again only after this, so that requests cost no write. Lists say "last used" to this much, ms. */
const GRAIN_MS = 5 * 60_000

/** Uses of so long become one write, ms. */
const FLUSH_MS = 30_000

/** Uses of one write: what is published meanwhile waits for no more of them than this. */
const USES_PER_WRITE = 256

/** Tokens that are remembered as noted; one more, and all are noted anew. */
const MAX_KNOWN = 20_000

/** Notes when tokens are used: seldom, together, and never before an answer. */
export class TokenUses {
  readonly #engine: StoreEngine
  readonly #noted = new Map<string, number>()
  #pending = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(engine: StoreEngine) {
    this.#engine = engine
  }

  note(id: string, now: number): void {
    const last = this.#noted.get(id)
    // A clock that was set back must not make a token look unused until it has caught up.
    if (last !== undefined && now >= last && now - last < GRAIN_MS) return
    if (this.#noted.size >= MAX_KNOWN) this.#noted.clear()
    this.#noted.set(id, now)
    this.#pending.set(id, now)
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref()
  }

  /** The last use that may not be on the disk yet, ms. */
  lastOf(id: string): number | undefined {
    return this.#noted.get(id)
  }

  /** Writes what is pending. What the disk refuses is lost: it is only for somebody who looks at a list. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const uses = Array.from(this.#pending, ([id, used]) => ({ id, used }))
    this.#pending = new Map()
    for (let at = 0; at < uses.length; at += USES_PER_WRITE) {
      try {
        await this.#engine.write('noteUses', uses.slice(at, at + USES_PER_WRITE))
      } catch {
        // The store says so to everybody else, and the next use is noted again after its time.
        return
      }
    }
  }
}
