import type { Figures } from '../../contracts/store'
import { getRow } from './statements'
import type { SqliteEngine } from './engine'

/** Counts rows of the small tables; messages are counted by their feeds' heads and never one by one. */
export async function readFigures(engine: SqliteEngine): Promise<Figures> {
  const row = await engine.read((db) =>
    getRow<{ users: number; feeds: number; messages: number }>(
      db,
      `SELECT (SELECT count(*) FROM users) AS users, count(*) AS feeds,
         coalesce(sum(head - first + 1), 0) AS messages FROM feeds`,
    ),
  )
  const { users = 0, feeds = 0, messages = 0 } = row ?? {}
  return { users, feeds, messages, storeBytes: engine.sizeBytes, writable: engine.writable }
}
