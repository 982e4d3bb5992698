import type Database from 'libsql'
import { allRows, getRow, runChange } from './statements'
import type { ClockMove } from '../../contracts/clock-marks'
import { LONGEST_UNPROVEN_MS } from '../kept'

/** Rows without an end are of a clock that had not proven itself: of this life, or of one that was cut short. */
function closeOpen(db: Database.Database, now: number): void {
  const open = allRows<{ id: number; first: number }>(db, 'SELECT id, first FROM restamps WHERE last IS NULL')
  for (const { id, first } of open)
    runChange(
      db,
      'UPDATE restamps SET last = ?, shift = ? WHERE id = ?',
      Math.max(now, first + LONGEST_UNPROVEN_MS),
      now - first,
      id,
    )
}

export const clockCommands = {
  /** Begins a time in which the clock has not proven itself. Answers its name. */
  doubtClock(db: Database.Database, { first }: { first: number }): number {
    runChange(db, 'INSERT INTO restamps (first) VALUES (?)', first)
    return getRow<{ id: number }>(db, 'SELECT max(id) AS id FROM restamps')?.id ?? 0
  },

  /**
   * The gateway's time went over to another clock. Ages within one life are known by the time that really passed: all that
   * it has stamped so far is `by` further off.
   * @param life the times of this life that are named already; the last of them is the one that ends, if it was begun
   */
  moveClock(db: Database.Database, { move, life }: { move: ClockMove; life: readonly number[] }): number {
    const { from, to, by } = move
    for (const id of life)
      runChange(db, 'UPDATE restamps SET shift = shift + ? WHERE id = ? AND last IS NOT NULL', by, id)
    const ended = life.at(-1) ?? 0
    const closed = runChange(
      db,
      'UPDATE restamps SET last = ?, shift = ? WHERE id = ? AND last IS NULL',
      ...[to, by, ended],
    )
    if (closed === 0)
      runChange(db, 'INSERT INTO restamps (first, last, shift) VALUES (?, ?, ?)', from, to, by)
    return closed > 0 ? ended : (getRow<{ id: number }>(db, 'SELECT max(id) AS id FROM restamps')?.id ?? 0)
  },

  /** The clock is believed: its stamps of this life are right, and those of lives that were cut short were made before now. */
  believeClock(db: Database.Database, { open, now }: { open: number | undefined; now: number }): void {
    if (open !== undefined) runChange(db, 'DELETE FROM restamps WHERE id = ? AND last IS NULL', open)
    closeOpen(db, now)
    runChange(
      db,
      'INSERT INTO clock (id, known) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET known = excluded.known',
      now,
    )
  },

  /** Drops what corrects only stamps from before `before`: nothing of that age is left. */
  forgetRestamps(db: Database.Database, { before }: { before: number }): number {
    return runChange(db, 'DELETE FROM restamps WHERE last + shift < ?', before)
  },
}
