import { NOW_MS } from './schema'
import type { Sql } from './sql'

export const userExists = async (sql: Sql, id: string): Promise<boolean> =>
  (await sql.row('SELECT 1 AS there FROM users WHERE id = $1', id)) !== undefined

/** Whether nobody may act as this user now: disabled, or removed while the request was on its way here. */
export const isShut = async (sql: Sql, id: string): Promise<boolean> =>
  (await sql.row(
    `SELECT 1 AS shut FROM users WHERE id = $1 AND disabled IS NOT NULL
     UNION ALL SELECT 1 FROM removed_users WHERE id = $1 LIMIT 1`,
    id,
  )) !== undefined

/**
 * What is read of users and then relied on stays true to the end of the transaction: whoever changes what these users have
 * waits. The embedded store has one writer and gives it for nothing. In order, so that nobody waits in a circle.
 */
export async function lockUsers(sql: Sql, ids: Iterable<string>): Promise<void> {
  await sql.rows('SELECT 1 FROM users WHERE id = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE', [
    ...new Set(ids),
  ])
}

export const lockUser = (sql: Sql, id: string): Promise<void> => lockUsers(sql, [id])

/** Says when something of a user changed that the user's sockets are told, for gateways that were not. The user is locked. */
export const noteChanged = (sql: Sql, user: string): Promise<number> =>
  sql.change(
    `INSERT INTO changes ("user", time) VALUES ($1, ${NOW_MS}) ON CONFLICT ("user") DO UPDATE SET time = excluded.time`,
    user,
  )
