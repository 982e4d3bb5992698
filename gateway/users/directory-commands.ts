import { userFeed, type Scopes } from '@herald/protocol'
import type Database from 'libsql'
import { deviceCommands } from '../devices/device-commands'
import { getRow, runChange } from '../store/statements'
import { feedCommands } from '../feeds/feed-commands'
import { markEverythingRead } from './subscription-commands'

/** A token as the store keeps it: never the secret, only its hash. */
export interface TokenRow {
  readonly id: string
  readonly hash: string
  readonly user: string | null
  readonly label: string
  /** JSON of Scopes. */
  readonly scopes: string
  readonly created: number
  readonly expires: number | null
  readonly revoked: number | null
}

export interface NewToken {
  readonly id: string
  readonly hash: string
  readonly user: string | null
  readonly label: string
  readonly scopes: Scopes
  readonly created: number
  readonly expires: number | null
}

interface NewUser {
  readonly id: string
  readonly name: string
  readonly created: number
  /** Epochs for the user's feed and for `all`, if they are new. */
  readonly epochs: readonly [string, string]
}

function insertToken(db: Database.Database, token: NewToken): void {
  runChange(
    db,
    'INSERT INTO tokens (id, hash, user, label, scopes, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?)',
    token.id,
    token.hash,
    token.user,
    token.label,
    JSON.stringify(token.scopes),
    token.created,
    token.expires,
  )
}

const userExists = (db: Database.Database, id: string): boolean =>
  getRow(db, 'SELECT 1 AS there FROM users WHERE id = ?', id) !== undefined

export const directoryCommands = {
  /**
   * Makes a user who follows their own feed and `all`. What is in `all` counts as read: nobody begins with a backlog.
   * The own feed may hold messages already, sent before the user was made; those are unread.
   */
  createUser(db: Database.Database, { id, name, created, epochs }: NewUser): 'created' | 'exists' {
    if (userExists(db, id)) return 'exists'
    runChange(db, 'INSERT INTO users (id, name, created) VALUES (?, ?, ?)', id, name, created)
    const feeds = [userFeed(id), 'all']
    feeds.forEach((feed, index) => {
      feedCommands.openFeed(db, { feed, newEpoch: epochs[index] ?? '' })
      runChange(db, 'INSERT OR IGNORE INTO follows (user, feed) VALUES (?, ?)', id, feed)
    })
    markEverythingRead(db, id, 'all')
    return 'created'
  },

  createToken(db: Database.Database, token: NewToken): 'created' | 'no_user' {
    if (token.user !== null && !userExists(db, token.user)) return 'no_user'
    insertToken(db, token)
    return 'created'
  },

  /** Its devices are signed out in the same step: a kill in between would go on ringing them. */
  revokeToken(db: Database.Database, { id, now }: { id: string; now: number }): boolean {
    deviceCommands.endSession(db, { session: id, now })
    return runChange(db, 'UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE id = ?', now, id) > 0
  },

  createSignInCode(
    db: Database.Database,
    { hash, user, expires, now }: { hash: string; user: string; expires: number; now: number },
  ): 'created' | 'no_user' {
    if (!userExists(db, user)) return 'no_user'
    runChange(db, 'DELETE FROM sign_in_codes WHERE expires < ?', now)
    runChange(db, 'INSERT INTO sign_in_codes (hash, user, expires) VALUES (?, ?, ?)', hash, user, expires)
    return 'created'
  },

  /** Uses up a code and makes the token in one step, so that a code can never sign in twice. */
  redeemSignInCode(
    db: Database.Database,
    { hash, now, token }: { hash: string; now: number; token: Omit<NewToken, 'user'> },
  ): string | undefined {
    const row = getRow<{ user: string; expires: number }>(
      db,
      'SELECT user, expires FROM sign_in_codes WHERE hash = ?',
      hash,
    )
    if (!row || row.expires <= now) return undefined
    runChange(db, 'DELETE FROM sign_in_codes WHERE hash = ?', hash)
    insertToken(db, { ...token, user: row.user })
    return row.user
  },
}
