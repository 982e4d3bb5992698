import type { ClockMarks, ClockMove } from '../../contracts/clock-marks'
import { getRow } from './statements'
import type { SqliteEngine } from './engine'

/** What is known of the clock, in the embedded store. */
export class SqliteClockMarks implements ClockMarks {
  readonly #engine: SqliteEngine

  constructor(engine: SqliteEngine) {
    this.#engine = engine
  }

  known(): Promise<number | undefined> {
    return this.#engine.read((db) => getRow<{ known: number }>(db, 'SELECT known FROM clock')?.known)
  }

  doubt(first: number): Promise<number> {
    return this.#engine.write('doubtClock', { first })
  }

  move(move: ClockMove, life: readonly number[]): Promise<number> {
    return this.#engine.write('moveClock', { move, life })
  }

  believe(open: number | undefined, now: number): Promise<void> {
    return this.#engine.write('believeClock', { open, now })
  }

  async forget(before: number): Promise<void> {
    await this.#engine.write('forgetRestamps', { before })
  }
}
