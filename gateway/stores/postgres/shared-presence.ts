import type { Platform } from '@herald/protocol'
import type { SharedLease, SharedPresence, SharedSocket } from '../../contracts/cluster'
import type { DeviceKey } from '../../contracts/devices'
import type { PostgresEngine } from './engine'
import { inSteps } from './missed'
import { NOW_MS } from './schema'
import { columns, type Sql } from './sql'

/** Until a gateway says otherwise: the end of all times that ECMAScript has. */
const FOREVER = 8_640_000_000_000_000

/** How long what is over stays, for whoever comes late with an older place, ms. */
const KEPT_MS = 60_000

/** No gateway is silent for so long and then goes on, ms. */
const CHANGES_MS = 24 * 3_600_000

/** Leases of one statement. */
const STEP = 256

interface Row {
  readonly user: string
  readonly device: string
  readonly gateway: string
  readonly place: number
  readonly state: SharedLease['state']
  readonly platform: Platform
  readonly app: string | null
  readonly tokenId: string
  readonly left: number
}

/** Whoever came later has the place. */
const UPSERT = `
  INSERT INTO presence AS p ("user", device, gateway, place, state, until, platform, app, session)
  SELECT n.u, n.d, $1, coalesce(n.place, nextval('places')), n.state, coalesce(${NOW_MS} + n.ms, ${String(FOREVER)}), n.platform, n.app, n.session
  FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[])
    AS n (u, d, place, state, ms, platform, app, session)
  ORDER BY n.u, n.d
  ON CONFLICT ("user", device) DO UPDATE SET gateway = excluded.gateway, place = excluded.place, state = excluded.state,
    until = excluded.until, platform = excluded.platform, app = excluded.app, session = excluded.session
    WHERE p.place <= excluded.place
  RETURNING p.place`

/** A lease; without a place it takes the next one. */
type NewLease = Omit<SharedLease, 'place'> & { readonly place: number | null }

const upsert = (sql: Sql, gateway: string, leases: readonly NewLease[]): Promise<{ place: number }[]> =>
  sql.rows(
    UPSERT,
    gateway,
    ...columns(
      leases.map((lease) => ({ ...lease, app: lease.app ?? null })),
      ...(['user', 'device', 'place', 'state', 'forMs', 'platform', 'app', 'tokenId'] as const),
    ),
  )

/** Presence in a table that no write-ahead log keeps: it is written as often as devices come and go. */
export const presenceOn = (engine: PostgresEngine): SharedPresence => ({
  enter: (gateway, socket: SharedSocket, state) =>
    engine.ask(async (sql) => {
      const [taken] = await upsert(sql, gateway, [{ ...socket, state, place: null, forMs: null }])
      return taken?.place
    }),

  async save(gateway, leases) {
    // The last of two of one device: a statement may touch a row once.
    const last = [...new Map(leases.map((lease) => [`${lease.user} ${lease.device}`, lease])).values()]
    for (let at = 0; at < last.length; at += STEP)
      await engine.ask((sql) => upsert(sql, gateway, last.slice(at, at + STEP)))
  },

  of: (users) =>
    engine.ask(async (sql) => {
      const rows = await sql.rows<Row>(
        `SELECT "user", device, gateway, place, state, platform, app, session AS "tokenId", until - ${NOW_MS} AS left
         FROM presence WHERE "user" = ANY ($1::text[]) AND until > ${NOW_MS}`,
        users,
      )
      return rows.map(({ left, app, ...lease }) => ({
        ...{ ...lease, app: app ?? undefined },
        forMs: left > FOREVER / 2 ? null : left,
      }))
    }),

  elsewhere: (gateway, devices) =>
    inSteps(devices, (some) =>
      engine.ask((sql) =>
        sql.rows<DeviceKey>(
          `SELECT p."user", p.device FROM unnest($2::text[], $3::text[]) AS n (u, d)
             JOIN presence AS p ON p."user" = n.u AND p.device = n.d WHERE p.gateway <> $1`,
          gateway,
          ...columns(some, 'user', 'device'),
        ),
      ),
    ),

  async sweep() {
    await engine.ask((sql) => sql.change(`DELETE FROM presence WHERE until < ${NOW_MS} - $1`, KEPT_MS))
    await engine.ask((sql) => sql.change(`DELETE FROM changes WHERE time < ${NOW_MS} - $1`, CHANGES_MS))
  },
})
