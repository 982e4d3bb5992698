import type { Sql } from './sql'
import { UnusableStore } from './unusable-store'

/**
 * How far a move of a store is that has to do with this database. `arriving`: its rows are here, and the file that they came
 * from may still be under its name. `moved`: its rows are in a file now.
 */
export type MoveMark = 'arriving' | 'moved'

/** A table of its own, which is only there while it says something. */
export async function moveMark(sql: Sql): Promise<MoveMark | undefined> {
  const found = await sql.row<{ there: boolean }>("SELECT to_regclass('herald_move') IS NOT NULL AS there")
  if (found?.there !== true) return undefined
  return (await sql.row<{ mark: MoveMark }>('SELECT mark FROM herald_move'))?.mark
}

export async function setMoveMark(sql: Sql, mark: MoveMark): Promise<void> {
  await dropMoveMark(sql)
  await sql.script('CREATE TABLE herald_move (mark text NOT NULL)')
  await sql.change('INSERT INTO herald_move (mark) VALUES ($1)', mark)
}

export const dropMoveMark = (sql: Sql): Promise<void> => sql.script('DROP TABLE IF EXISTS herald_move')

/** Two stores with the same messages under one epoch would give one seq to two messages: only one of them is served. */
export async function requireSettled(sql: Sql): Promise<void> {
  const mark = await moveMark(sql)
  if (mark === 'arriving')
    throw new UnusableStore(
      'a move into this database has not been finished: run the same  herald store move  again',
    )
  if (mark === 'moved')
    throw new UnusableStore(
      'this store was moved to a file; start the gateway without HERALD_STORE, in the folder of that file',
    )
}
