import type { ClockMarks, ClockMove } from '../contracts/clock-marks'
import type { StoreEngine } from './rows'

/** What is known of the clock. */
export class StoredClockMarks implements ClockMarks {
  readonly #engine: StoreEngine

  constructor(engine: StoreEngine) {
    this.#engine = engine
  }

  known(): Promise<number | undefined> {
    return this.#engine.read('clockKnown')
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
