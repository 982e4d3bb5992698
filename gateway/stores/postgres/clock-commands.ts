import type { ClockMove } from '../../contracts/clock-marks'
import { LONGEST_UNPROVEN_MS } from '../kept'
import type { Sql } from './sql'

export const clockCommands = {
  async doubtClock(sql: Sql, { first }: { first: number }): Promise<number> {
    const row = await sql.row<{ id: number }>('INSERT INTO restamps (first) VALUES ($1) RETURNING id', first)
    return row?.id ?? 0
  },

  async moveClock(
    sql: Sql,
    { move: { from, to, by }, life }: { move: ClockMove; life: readonly number[] },
  ): Promise<number> {
    await sql.change(
      'UPDATE restamps SET shift = shift + $1 WHERE id = ANY ($2::bigint[]) AND last IS NOT NULL',
      ...[by, life],
    )
    const ended = life.at(-1) ?? 0
    const closed = await sql.change(
      'UPDATE restamps SET last = $1, shift = $2 WHERE id = $3 AND last IS NULL',
      ...[to, by, ended],
    )
    if (closed > 0) return ended
    const made = await sql.row<{ id: number }>(
      'INSERT INTO restamps (first, last, shift) VALUES ($1, $2, $3) RETURNING id',
      ...[from, to, by],
    )
    return made?.id ?? 0
  },

  async believeClock(sql: Sql, { open, now }: { open: number | undefined; now: number }): Promise<void> {
    if (open !== undefined) await sql.change('DELETE FROM restamps WHERE id = $1 AND last IS NULL', open)
    // Rows without an end are of a clock that had not proven itself, in a life that was cut short.
    await sql.change(
      'UPDATE restamps SET last = greatest($1, first + $2), shift = $1 - first WHERE last IS NULL',
      ...[now, LONGEST_UNPROVEN_MS],
    )
    await sql.change(
      'INSERT INTO clock (id, known) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET known = excluded.known',
      now,
    )
  },

  forgetRestamps: (sql: Sql, { before }: { before: number }): Promise<number> =>
    sql.change('DELETE FROM restamps WHERE last + shift < $1', before),
}
