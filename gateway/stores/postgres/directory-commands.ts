import { sessionOfCode } from '../../contracts/directory'
import { hasRoom } from '../../contracts/user-limits'
import { KEPT_ENDED_TOKENS } from '../kept'
import type { NewCode, NewToken, Refusal } from '../rows'
import { endSession } from './device-commands'
import { columns, type Sql } from './sql'
import { isShut, lockUser, userExists } from './user-rows'

async function insertToken(sql: Sql, token: NewToken): Promise<void> {
  const { id, hash, user, label, scopes, created, expires } = token
  await sql.change(
    'INSERT INTO tokens (id, hash, "user", label, scopes, created, expires) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    ...[id, hash, user, label, JSON.stringify(scopes), created, expires],
  )
}

async function hasRoomForToken(sql: Sql, user: string, now: number, limit: number): Promise<boolean> {
  const row = await sql.row<{ count: number }>(
    `SELECT count(*) AS count FROM tokens
     WHERE "user" = $1 AND revoked IS NULL AND (expires IS NULL OR expires > $2)`,
    ...[user, now],
  )
  return hasRoom(row?.count ?? 0, limit)
}

/** By count and not by age: a clock that is wrong for a while must not end what is valid. */
const forgetEndedTokens = (sql: Sql, user: string, now: number): Promise<number> =>
  sql.change(
    `DELETE FROM tokens WHERE id IN (
       SELECT id FROM tokens WHERE "user" = $1 AND (revoked IS NOT NULL OR expires <= $2)
       ORDER BY coalesce(revoked, expires) DESC OFFSET $3)`,
    ...[user, now, KEPT_ENDED_TOKENS],
  )

export const directoryCommands = {
  async createToken(
    sql: Sql,
    { token, limit }: { token: NewToken; limit: number },
  ): Promise<'created' | Refusal> {
    const { user, created } = token
    if (user !== null) {
      await lockUser(sql, user)
      if (!(await userExists(sql, user))) return 'no_user'
      if (await isShut(sql, user)) return 'disabled'
      if (!(await hasRoomForToken(sql, user, created, limit))) return 'full'
      await forgetEndedTokens(sql, user, created)
    }
    await insertToken(sql, token)
    return 'created'
  },

  /** Its devices are signed out in the same step: a kill in between would go on ringing them. */
  async revokeToken(sql: Sql, { id, now }: { id: string; now: number }): Promise<boolean> {
    const token = await sql.row<{ user: string | null }>('SELECT "user" FROM tokens WHERE id = $1', id)
    // A device that is just being put on this token is put before, and ended here, or hears that it is revoked.
    if (token && token.user !== null) await lockUser(sql, token.user)
    const revoked = await sql.change(
      'UPDATE tokens SET revoked = coalesce(revoked, $1) WHERE id = $2',
      now,
      id,
    )
    if (revoked > 0) await endSession(sql, id, now)
    return revoked > 0
  },

  async noteUses(sql: Sql, uses: readonly { readonly id: string; readonly used: number }[]): Promise<void> {
    await sql.change(
      `UPDATE tokens SET used = greatest(coalesce(tokens.used, 0), n.used)
       FROM unnest($1::text[], $2::bigint[]) AS n (id, used) WHERE tokens.id = n.id`,
      ...columns(uses, 'id', 'used'),
    )
  },

  async createSignInCode(
    sql: Sql,
    { id, hash, user, expires, now, limit }: NewCode,
  ): Promise<'created' | Refusal> {
    await lockUser(sql, user)
    if (!(await userExists(sql, user))) return 'no_user'
    if (await isShut(sql, user)) return 'disabled'
    await sql.change('DELETE FROM sign_in_codes WHERE expires < $1', now)
    const row = await sql.row<{ count: number }>(
      'SELECT count(*) AS count FROM sign_in_codes WHERE "user" = $1',
      user,
    )
    if (!hasRoom(row?.count ?? 0, limit)) return 'full'
    await sql.change(
      'INSERT INTO sign_in_codes (id, hash, "user", created, expires) VALUES ($1, $2, $3, $4, $5)',
      ...[id, hash, user, now, expires],
    )
    return 'created'
  },

  dropSignInCodes: (sql: Sql, { user, id }: { user: string; id: string | undefined }): Promise<number> =>
    sql.change(
      'DELETE FROM sign_in_codes WHERE "user" = $1 AND ($2::text IS NULL OR id = $2)',
      ...[user, id ?? null],
    ),

  /** The delete decides which of two that come at once has the code. A user with too many tokens keeps it. */
  async redeemSignInCode(
    sql: Sql,
    { hash, now, token, limit }: { hash: string; now: number; token: Omit<NewToken, 'user'>; limit: number },
  ): Promise<{ readonly user: string; readonly id: string } | 'invalid' | 'full'> {
    const row = await sql.row<{ id: string; user: string; expires: number }>(
      'SELECT id, "user", expires FROM sign_in_codes WHERE hash = $1',
      hash,
    )
    if (!row || row.expires <= now) return 'invalid'
    const { user } = row
    await lockUser(sql, user)
    if (await isShut(sql, user)) return 'invalid'
    if (!(await hasRoomForToken(sql, user, now, limit))) return 'full'
    if ((await sql.change('DELETE FROM sign_in_codes WHERE hash = $1', hash)) === 0) return 'invalid'
    await forgetEndedTokens(sql, user, now)
    const id = sessionOfCode(row.id)
    await insertToken(sql, { ...token, id, user })
    return { user, id }
  },

  async keepSecret(sql: Sql, { name, value }: { name: string; value: string }): Promise<string> {
    await sql.change('INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING', name, value)
    const kept = await sql.row<{ value: string }>('SELECT value FROM secrets WHERE name = $1', name)
    return kept?.value ?? value
  },
}
