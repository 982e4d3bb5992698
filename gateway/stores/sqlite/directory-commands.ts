import type Database from 'libsql'
import { deviceCommands } from './device-commands'
import { getRow, runChange } from './statements'
import { userCommands } from './user-commands'
import { isShut, userExists } from './user-rows'
import { sessionOfCode } from '../../contracts/directory'
import { hasRoom } from '../../contracts/user-limits'
import { KEPT_ENDED_TOKENS } from '../kept'
import type { NewCode, NewToken, Refusal } from '../rows'

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

function hasRoomForToken(db: Database.Database, user: string, now: number, limit: number): boolean {
  const row = getRow<{ count: number }>(
    db,
    `SELECT count(*) AS count FROM tokens
     WHERE user = ? AND revoked IS NULL AND (expires IS NULL OR expires > ?)`,
    user,
    now,
  )
  return hasRoom(row?.count ?? 0, limit)
}

/** By count and not by age: a clock that is wrong for a while must not end what is valid. */
function forgetEndedTokens(db: Database.Database, user: string, now: number): void {
  runChange(
    db,
    `DELETE FROM tokens WHERE id IN (
       SELECT id FROM tokens WHERE user = ? AND (revoked IS NOT NULL OR expires <= ?)
       ORDER BY coalesce(revoked, expires) DESC LIMIT -1 OFFSET ?)`,
    ...[user, now, KEPT_ENDED_TOKENS],
  )
}

export const directoryCommands = {
  ...userCommands,

  createToken(
    db: Database.Database,
    { token, limit }: { token: NewToken; limit: number },
  ): 'created' | Refusal {
    const { user, created } = token
    if (user !== null) {
      if (!userExists(db, user)) return 'no_user'
      if (isShut(db, user)) return 'disabled'
      if (!hasRoomForToken(db, user, created, limit)) return 'full'
      forgetEndedTokens(db, user, created)
    }
    insertToken(db, token)
    return 'created'
  },

  /**
   * Its devices are signed out in the same step: a kill in between would go on ringing them. What is no token of the
   * store ends nothing: all JWTs of a user have one name, which would end every device of the user.
   */
  revokeToken(db: Database.Database, { id, now }: { id: string; now: number }): boolean {
    const revoked =
      runChange(db, 'UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE id = ?', now, id) > 0
    if (revoked) deviceCommands.endSession(db, { session: id, now })
    return revoked
  },

  /** Notes when tokens were used, for lists. */
  noteUses(db: Database.Database, uses: readonly { readonly id: string; readonly used: number }[]): void {
    for (const { id, used } of uses) runChange(db, 'UPDATE tokens SET used = ? WHERE id = ?', used, id)
  },

  createSignInCode(
    db: Database.Database,
    { id, hash, user, expires, now, limit }: NewCode,
  ): 'created' | Refusal {
    if (!userExists(db, user)) return 'no_user'
    if (isShut(db, user)) return 'disabled'
    runChange(db, 'DELETE FROM sign_in_codes WHERE expires < ?', now)
    const row = getRow<{ count: number }>(
      db,
      'SELECT count(*) AS count FROM sign_in_codes WHERE user = ?',
      user,
    )
    if (!hasRoom(row?.count ?? 0, limit)) return 'full'
    runChange(
      db,
      'INSERT INTO sign_in_codes (id, hash, user, created, expires) VALUES (?, ?, ?, ?, ?)',
      ...[id, hash, user, now, expires],
    )
    return 'created'
  },

  /** Takes a code back; without an id, all of the user's. Answers how many. */
  dropSignInCodes(db: Database.Database, { user, id }: { user: string; id: string | undefined }): number {
    return id === undefined
      ? runChange(db, 'DELETE FROM sign_in_codes WHERE user = ?', user)
      : runChange(db, 'DELETE FROM sign_in_codes WHERE user = ? AND id = ?', user, id)
  },

  /**
   * Uses up a code and makes the token in one step, so that a code can never sign in twice. A user with too many tokens
   * keeps the code.
   */
  redeemSignInCode(
    db: Database.Database,
    { hash, now, token, limit }: { hash: string; now: number; token: Omit<NewToken, 'user'>; limit: number },
  ): { readonly user: string; readonly id: string } | 'invalid' | 'full' {
    const row = getRow<{ id: string; user: string; expires: number }>(
      db,
      'SELECT id, user, expires FROM sign_in_codes WHERE hash = ?',
      hash,
    )
    if (!row || row.expires <= now || isShut(db, row.user)) return 'invalid'
    if (!hasRoomForToken(db, row.user, now, limit)) return 'full'
    runChange(db, 'DELETE FROM sign_in_codes WHERE hash = ?', hash)
    forgetEndedTokens(db, row.user, now)
    const id = sessionOfCode(row.id)
    insertToken(db, { ...token, id, user: row.user })
    return { user: row.user, id }
  },

  /** Keeps a secret under a name, unless there is one: the first writer's stays. Answers the one that stays. */
  keepSecret(db: Database.Database, { name, value }: { name: string; value: string }): string {
    runChange(db, 'INSERT OR IGNORE INTO secrets (name, value) VALUES (?, ?)', name, value)
    return getRow<{ value: string }>(db, 'SELECT value FROM secrets WHERE name = ?', name)?.value ?? value
  },
}
