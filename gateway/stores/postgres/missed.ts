import type { Ended, Missed } from '../../contracts/cluster'
import type { DeviceKey } from '../../contracts/devices'
import type { FeedHead } from '../../contracts/feed-log'
import type { PostgresEngine } from './engine'
import { NOW_MS } from './schema'
import { columns, type Sql } from './sql'

/** What one statement asks for. */
const STEP = 1000

/** A transaction that began before the time that is asked for may have ended in it, ms. */
const LONGEST_TRANSACTION_MS = 10_000

/** Asks for many, some at a time. */
export async function inSteps<Asked, Row>(
  all: readonly Asked[],
  ask: (some: readonly Asked[]) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const found: Row[] = []
  for (let at = 0; at < all.length; at += STEP) found.push(...(await ask(all.slice(at, at + STEP))))
  return found
}

type Ids = readonly { readonly id: string }[]

const endedTokens = (sql: Sql, tokens: readonly string[]): Promise<Ids> =>
  sql.rows('SELECT id FROM tokens WHERE id = ANY ($1::text[]) AND revoked IS NOT NULL', tokens)

const endedUsers = (sql: Sql, users: readonly string[]): Promise<Ids> =>
  sql.rows(
    `SELECT n.id FROM unnest($1::text[]) AS n (id) LEFT JOIN users AS u ON u.id = n.id
     WHERE u.id IS NULL OR u.disabled IS NOT NULL`,
    users,
  )

const endedDevices = (sql: Sql, devices: readonly DeviceKey[]): Promise<Ended['devices']> =>
  sql.rows(
    `SELECT d."user", d.id AS device, d.ended AS at FROM unnest($1::text[], $2::text[]) AS n (u, d)
       JOIN devices AS d ON d."user" = n.u AND d.id = n.d WHERE d.ended IS NOT NULL`,
    ...columns(devices, 'user', 'device'),
  )

const since = (withinMs: number): number =>
  Math.min(withinMs + LONGEST_TRANSACTION_MS, Number.MAX_SAFE_INTEGER)

/** What a gateway that may not have heard something asks for. */
export const missedOn = (engine: PostgresEngine): Missed => ({
  heads: (feeds) =>
    inSteps(feeds, (some) =>
      engine.ask((sql) =>
        sql.rows<FeedHead>(
          'SELECT name AS feed, epoch, first AS "from", head FROM feeds WHERE name = ANY ($1::text[])',
          some,
        ),
      ),
    ),

  async changed(users, withinMs) {
    const rows = await inSteps(users, (some) =>
      engine.ask((sql) =>
        sql.rows<{ id: string }>(
          `SELECT "user" AS id FROM changes WHERE "user" = ANY ($1::text[]) AND time > ${NOW_MS} - $2::bigint`,
          ...[some, since(withinMs)],
        ),
      ),
    )
    return rows.map(({ id }) => id)
  },

  pushed: (devices, withinMs) =>
    inSteps(devices, (some) =>
      engine.ask((sql) =>
        sql.rows<DeviceKey>(
          `SELECT DISTINCT p."user", p.device FROM unnest($2::text[], $3::text[]) AS n (u, d)
             JOIN pushes AS p ON p."user" = n.u AND p.device = n.d
           WHERE p.accepted > ${NOW_MS} - $1::bigint AND p.acked IS NULL`,
          ...[since(withinMs), ...columns(some, 'user', 'device')],
        ),
      ),
    ),

  async ended({ tokens, users, devices }): Promise<Ended> {
    const [revoked, shut, signedOut] = await Promise.all([
      inSteps(tokens, (some) => engine.ask((sql) => endedTokens(sql, some))),
      inSteps(users, (some) => engine.ask((sql) => endedUsers(sql, some))),
      inSteps(devices, (some) => engine.ask((sql) => endedDevices(sql, some))),
    ])
    return {
      tokens: revoked.map(({ id }) => id),
      users: shut.map(({ id }) => id),
      devices: signedOut,
    }
  },
})
