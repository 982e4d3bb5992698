/** The gateway's time went over to the machine's clock: what was stamped `from` to `to` was stamped `by` too early. All in ms. */
export interface ClockMove {
  readonly from: number
  readonly to: number
  readonly by: number
}

/**
 * What a later life of the gateway has to know of the clock: the last time that was believed, and which stamps were made
 * by a clock that was not. Whatever is dropped for its age is judged by the corrected stamp.
 */
export interface ClockMarks {
  /** The last time that was believed, ms; undefined in a new store. */
  known(): Promise<number | undefined>
  /** Begins a time in which the clock has not proven itself. Answers its name. */
  doubt(first: number): Promise<number>
  /**
   * The gateway's time went over to another clock. Ages within one life are known by the time that really passed: all
   * that it has stamped so far is `by` further off. Answers the name of the time that ended.
   * @param life the times of this life that are named already; the last of them is the one that ends, if it was begun
   */
  move(move: ClockMove, life: readonly number[]): Promise<number>
  /** The clock is believed: its stamps of this life are right, and those of lives that were cut short were made before now. */
  believe(open: number | undefined, now: number): Promise<void>
  /** Drops what corrects only stamps from before `before`, ms: nothing of that age is left. */
  forget(before: number): Promise<void>
}
