import { userFeed } from '@herald/protocol'
import type Database from 'libsql'
import { deviceCommands } from './device-commands'
import { feedCommands } from './feed-commands'
import type { NewUser } from '../rows'
import { getRow, runChange } from './statements'
import { userExists } from './user-rows'
import { markEverythingRead } from './subscription-commands'

/** Everything that stands under a user's id, and goes with the user. Messages, pushes and acks go in steps after it. */
const OWN_TABLES = [
  ...(['tokens', 'sign_in_codes', 'registrations', 'follows', 'reads', 'chat_nodes', 'nudges'] as const),
]

function endSignIns(db: Database.Database, id: string, now: number): void {
  runChange(db, 'DELETE FROM sign_in_codes WHERE user = ?', id)
  deviceCommands.endDevices(db, { user: id, now })
}

export const userCommands = {
  /**
   * Makes a user who follows their own feed and `all`. What is in `all` counts as read: nobody begins with a backlog.
   * The own feed may hold messages already, sent before the user was made; those are unread.
   */
  createUser(
    db: Database.Database,
    { id, name, created, epochs, by }: NewUser,
  ): 'created' | 'exists' | 'removed' {
    if (userExists(db, id)) return 'exists'
    const wasRemoved = getRow(db, 'SELECT 1 AS there FROM removed_users WHERE id = ?', id) !== undefined
    if (wasRemoved && by === 'jwt') return 'removed'
    runChange(db, 'DELETE FROM removed_users WHERE id = ?', id)
    runChange(db, 'INSERT INTO users (id, name, created) VALUES (?, ?, ?)', id, name, created)
    const feeds = [userFeed(id), 'all']
    feeds.forEach((feed, index) => {
      feedCommands.openFeed(db, { feed, newEpoch: epochs[index] ?? '' })
      runChange(db, 'INSERT OR IGNORE INTO follows (user, feed) VALUES (?, ?)', id, feed)
    })
    markEverythingRead(db, id, 'all')
    return 'created'
  },

  /** Nobody may act as the user any more, and nothing rings the user's devices. What the user has stays. */
  disableUser(db: Database.Database, { id, now }: { id: string; now: number }): boolean {
    if (!userExists(db, id)) return false
    runChange(db, 'UPDATE users SET disabled = coalesce(disabled, ?) WHERE id = ?', now, id)
    endSignIns(db, id, now)
    return true
  },

  enableUser(db: Database.Database, { id }: { id: string }): boolean {
    return runChange(db, 'UPDATE users SET disabled = NULL WHERE id = ?', id) > 0
  },

  /**
   * Removes a user and what is the user's. The feed's name is free at once; its messages go by `drainRemoved`, since
   * there may be more of them than one write should hold up others for.
   */
  removeUser(db: Database.Database, { id, now }: { id: string; now: number }): boolean {
    if (!userExists(db, id)) return false
    const feed = userFeed(id)
    const row = getRow<{ id: number }>(db, 'SELECT id FROM feeds WHERE name = ?', feed)
    runChange(db, 'DELETE FROM publishes WHERE scope IN (SELECT id FROM tokens WHERE user = ?)', id)
    for (const table of OWN_TABLES) runChange(db, `DELETE FROM ${table} WHERE user = ?`, id)
    runChange(db, 'DELETE FROM devices WHERE user = ?', id)
    // What is still to be pushed is cancelled now.
    runChange(db, 'DELETE FROM pushes WHERE user = ? AND due IS NOT NULL', id)
    runChange(db, 'DELETE FROM follows WHERE feed = ?', feed)
    runChange(db, 'DELETE FROM sweeps WHERE feed = ?', feed)
    if (row) runChange(db, 'UPDATE feeds SET name = ? WHERE id = ?', `removed:${String(row.id)}`, row.id)
    runChange(db, 'INSERT INTO removals (user, feed) VALUES (?, ?)', id, row?.id ?? null)
    runChange(db, 'INSERT OR REPLACE INTO removed_users (id, time) VALUES (?, ?)', id, now)
    runChange(db, 'DELETE FROM users WHERE id = ?', id)
    return true
  },

  /**
   * One step of clearing up after removed users: at most `limit` messages and pushes. It also takes what was on its way
   * to the disk when the user went. True: there is more.
   */
  drainRemoved(db: Database.Database, { limit }: { limit: number }): boolean {
    const removal = getRow<{ id: number; user: string; feed: number | null }>(
      db,
      'SELECT id, user, feed FROM removals ORDER BY id LIMIT 1',
    )
    if (!removal) return false
    const left = drainUser(db, removal.user, limit) + drainFeed(db, removal.feed, limit)
    if (left === 0) runChange(db, 'DELETE FROM removals WHERE id = ?', removal.id)
    return true
  },
}

/** Rows that were dropped; somebody who was made anew under the same id keeps theirs. */
function drainUser(db: Database.Database, user: string, limit: number): number {
  if (userExists(db, user)) return 0
  for (const table of ['acks', 'follows', 'reads']) runChange(db, `DELETE FROM ${table} WHERE user = ?`, user)
  return runChange(
    db,
    `DELETE FROM pushes WHERE (user, device, feed, epoch, first) IN
       (SELECT user, device, feed, epoch, first FROM pushes WHERE user = ? LIMIT ?)`,
    user,
    limit,
  )
}

/** The row goes last: until then no new feed can be given its number, and with it its messages. */
function drainFeed(db: Database.Database, feed: number | null, limit: number): number {
  if (feed === null) return 0
  const dropped = runChange(
    db,
    'DELETE FROM messages WHERE feed = ? AND seq IN (SELECT seq FROM messages WHERE feed = ? ORDER BY seq LIMIT ?)',
    ...[feed, feed, limit],
  )
  if (dropped === 0) runChange(db, "DELETE FROM feeds WHERE id = ? AND name LIKE 'removed:%'", feed)
  return dropped
}
