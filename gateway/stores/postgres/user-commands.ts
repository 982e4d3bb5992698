import { userFeed } from '@herald/protocol'
import type { NewUser } from '../rows'
import { endDevicesOf } from './device-commands'
import { openFeed } from './feed-commands'
import type { Sql } from './sql'
import { markEverythingRead } from './subscription-commands'
import { lockUser, userExists } from './user-rows'

/** Everything that stands under a user's id, and goes with the user. Messages, pushes and acks go in steps after it. */
const OWN_TABLES = [
  'tokens',
  'sign_in_codes',
  'registrations',
  'follows',
  'reads',
  'devices',
  'device_claims',
  'chat_nodes',
  'nudges',
] as const

export const userCommands = {
  async createUser(
    sql: Sql,
    { id, name, created, epochs, by }: NewUser,
  ): Promise<'created' | 'exists' | 'removed'> {
    if (await userExists(sql, id)) return 'exists'
    const wasRemoved = (await sql.row('SELECT 1 AS there FROM removed_users WHERE id = $1', id)) !== undefined
    if (wasRemoved && by === 'jwt') return 'removed'
    const made = await sql.change(
      'INSERT INTO users (id, name, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      ...[id, name, created],
    )
    if (made === 0) return 'exists'
    await sql.change('DELETE FROM removed_users WHERE id = $1', id)
    for (const [index, feed] of ['all', userFeed(id)].entries()) {
      await openFeed(sql, feed, epochs[1 - index] ?? '')
      await sql.change('INSERT INTO follows ("user", feed) VALUES ($1, $2) ON CONFLICT DO NOTHING', id, feed)
    }
    await markEverythingRead(sql, id, 'all')
    return 'created'
  },

  /** Nobody may act as the user any more, and nothing rings the user's devices. What the user has stays. */
  async disableUser(sql: Sql, { id, now }: { id: string; now: number }): Promise<boolean> {
    await lockUser(sql, id)
    const found = await sql.change(
      'UPDATE users SET disabled = coalesce(disabled, $1) WHERE id = $2',
      now,
      id,
    )
    if (found === 0) return false
    await sql.change('DELETE FROM sign_in_codes WHERE "user" = $1', id)
    await endDevicesOf(sql, id, now)
    return true
  },

  enableUser: async (sql: Sql, { id }: { id: string }): Promise<boolean> =>
    (await sql.change('UPDATE users SET disabled = NULL WHERE id = $1', id)) > 0,

  /**
   * Removes a user and what is the user's. The feed's name is free at once; its messages go by `drainRemoved`, since there
   * may be more of them than one transaction should hold.
   */
  async removeUser(sql: Sql, { id, now }: { id: string; now: number }): Promise<boolean> {
    await lockUser(sql, id)
    if ((await sql.change('DELETE FROM users WHERE id = $1', id)) === 0) return false
    const feed = userFeed(id)
    await sql.change('DELETE FROM publishes WHERE scope IN (SELECT id FROM tokens WHERE "user" = $1)', id)
    for (const table of OWN_TABLES) await sql.change(`DELETE FROM ${table} WHERE "user" = $1`, id)
    // What is still to be pushed is cancelled now.
    await sql.change('DELETE FROM pushes WHERE "user" = $1 AND due IS NOT NULL', id)
    await sql.change('DELETE FROM follows WHERE feed = $1', feed)
    await sql.change('DELETE FROM sweeps WHERE feed = $1', feed)
    const row = await sql.row<{ id: number }>(
      `UPDATE feeds SET name = 'removed:' || id WHERE name = $1 RETURNING id`,
      feed,
    )
    await sql.change('INSERT INTO removals ("user", feed) VALUES ($1, $2)', id, row?.id ?? null)
    await sql.change(
      'INSERT INTO removed_users (id, time) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET time = excluded.time',
      ...[id, now],
    )
    return true
  },

  /**
   * One step of clearing up after removed users: at most `limit` messages and pushes. It also takes what was on its way when
   * the user went. True: there is more. One gateway at a time works on a removal.
   */
  async drainRemoved(sql: Sql, { limit }: { limit: number }): Promise<boolean> {
    const removal = await sql.row<{ id: number; user: string; feed: number | null }>(
      'SELECT id, "user", feed FROM removals ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED',
    )
    if (!removal) return false
    const left = (await drainUser(sql, removal.user, limit)) + (await drainFeed(sql, removal.feed, limit))
    if (left === 0) await sql.change('DELETE FROM removals WHERE id = $1', removal.id)
    return true
  },
}

/** Rows that were dropped; somebody who was made anew under the same id keeps theirs. */
async function drainUser(sql: Sql, user: string, limit: number): Promise<number> {
  await lockUser(sql, user)
  if (await userExists(sql, user)) return 0
  for (const table of ['acks', 'follows', 'reads'])
    await sql.change(`DELETE FROM ${table} WHERE "user" = $1`, user)
  return sql.change(
    `DELETE FROM pushes WHERE ("user", device, feed, epoch, first) IN
       (SELECT "user", device, feed, epoch, first FROM pushes WHERE "user" = $1 LIMIT $2)`,
    ...[user, limit],
  )
}

async function drainFeed(sql: Sql, feed: number | null, limit: number): Promise<number> {
  if (feed === null) return 0
  const dropped = await sql.change(
    'DELETE FROM messages WHERE feed = $1 AND seq IN (SELECT seq FROM messages WHERE feed = $1 ORDER BY seq LIMIT $2)',
    ...[feed, limit],
  )
  if (dropped === 0) await sql.change("DELETE FROM feeds WHERE id = $1 AND name LIKE 'removed:%'", feed)
  return dropped
}
