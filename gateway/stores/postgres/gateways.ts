import type { GatewayNote, Gateways, KnownGateway, Renewal } from '../../contracts/cluster'
import type { PostgresEngine } from './engine'
import { NOW_MS } from './schema'
import type { Sql } from './sql'

/** How long a gateway is believed to live without a word, ms. */
const ALIVE_MS = 6000

/**
 * A database that has not answered for so long is looked for anew, ms: one that is silent says nothing to anybody, and this
 * is asked all the time. Less than for how long a gateway believes that it lives.
 */
const SILENCE_MS = 4000

/** How long the devices of a gateway that ended have to come back, ms. */
const RETURN_MS = 10_000

/** A gateway that leaves has sent its devices away no longer ago than this, ms. */
const LEFT_MS = 5000

type Row = KnownGateway & { readonly isOver: boolean; readonly time: number }

/** Gateways by their rows. Who ends them frees what they had in hand, in the same transaction. */
export const gatewaysOn = (engine: PostgresEngine): Gateways => ({
  async renew(note: GatewayNote, mayEnd: boolean): Promise<Renewal> {
    const { isNew, rows } = await engine.ask(async (sql) => {
      const isNew = await upsert(sql, note)
      const askedAt = performance.now()
      const rows = await sql.rows<Row>(
        `SELECT id, name, version, connections, bus, started, alive_until <= ${NOW_MS} AS "isOver",
           ${NOW_MS} - alive_until + $1 AS "silentMs",
           ${NOW_MS} AS time
         FROM gateways ORDER BY started, id`,
        ALIVE_MS,
      )
      if (rows[0]) engine.clock.note(rows[0].time, askedAt)
      return { isNew, rows }
    }, SILENCE_MS)
    const ended = mayEnd && rows.some(({ isOver }) => isOver) ? await engine.transact(endOver) : []
    return {
      isNew,
      ended,
      gateways: rows.flatMap(({ isOver, time: _time, ...gateway }) => (isOver ? [] : [gateway])),
    }
  },

  async leave(id) {
    await engine.transact((sql) => end(sql, 'id = $1', id))
  },
})

async function upsert(sql: Sql, { id, name, version, connections, bus }: GatewayNote): Promise<boolean> {
  const row = await sql.row<{ isNew: boolean }>(
    // A row that was just made has no transaction that ended it (PostgreSQL, system columns).
    `INSERT INTO gateways (id, name, version, connections, bus, started, alive_until)
     VALUES ($1, $2, $3, $4, $5, ${NOW_MS}, ${NOW_MS} + $6)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, connections = excluded.connections, bus = excluded.bus,
       alive_until = excluded.alive_until
     RETURNING xmax = 0 AS "isNew"`,
    ...[id, name, version, connections, bus, ALIVE_MS],
  )
  return row?.isNew === true
}

const endOver = (sql: Sql): Promise<string[]> => end(sql, `alive_until <= ${NOW_MS}`)

/** What was claimed may have been sent: it goes again as it was. Devices may be back before anybody misses them. */
async function end(sql: Sql, which: string, ...values: readonly unknown[]): Promise<string[]> {
  const rows = await sql.rows<{ id: string }>(`DELETE FROM gateways WHERE ${which} RETURNING id`, ...values)
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return ids
  await sql.change(
    'UPDATE sweeps SET claimed_until = 0 WHERE claimed_until > 0 AND owner = ANY ($1::text[])',
    ids,
  )
  for (const table of ['pushes', 'nudges'])
    await sql.change(
      `UPDATE ${table} SET claimed_until = 1
       WHERE due IS NOT NULL AND claimed_until > 0 AND owner = ANY ($1::text[])`,
      ids,
    )
  await sql.change('DELETE FROM device_claims WHERE owner = ANY ($1::text[])', ids)
  await sql.change(
    `UPDATE presence SET state = 'returning', until = ${NOW_MS} + $2
     WHERE gateway = ANY ($1::text[]) AND until > ${NOW_MS} - $3`,
    ...[ids, RETURN_MS, LEFT_MS],
  )
  return ids
}
