import { NOW_MS } from './schema'
import type { Sql } from './sql'

/** An answer that took longer says too little of when it was given, ms. */
const MAX_ROUND_TRIP_MS = 500

/** The first look may be at a busy moment. */
const MAX_TRIES = 5

/**
 * The database's wall clock, as this gateway knows it: asked for now and then, and counted on by a clock that never jumps.
 * All gateways on one database go by it. A machine whose own clock is wrong would else push too early or too late, and would
 * take for over what another one has in hand.
 */
export class DatabaseClock {
  #offset: number | undefined

  /** ms since 1970; the machine's own until the database was asked. */
  readonly now = (): number =>
    this.#offset === undefined ? Date.now() : Math.floor(performance.now() + this.#offset)

  /** @param time what the database said to what was asked at `askedAt`, by `performance.now()` */
  note(time: number, askedAt: number): void {
    const answeredAt = performance.now()
    if (answeredAt - askedAt > MAX_ROUND_TRIP_MS && this.#offset !== undefined) return
    this.#offset = time - (askedAt + answeredAt) / 2
  }

  async look(sql: Sql): Promise<void> {
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const askedAt = performance.now()
      const row = await sql.row<{ time: number }>(`SELECT ${NOW_MS} AS time`)
      if (row) this.note(row.time, askedAt)
      if (performance.now() - askedAt <= MAX_ROUND_TRIP_MS) return
    }
  }
}
