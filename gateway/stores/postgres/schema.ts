import { requireSettled } from './move-mark'
import { steps } from './schema-steps'
import type { Sql } from './sql'
import { UnusableStore } from './unusable-store'

/** Migrations take turns: gateways that start at the same moment on an empty database. A move has it as long as it takes. */
export const MIGRATION_LOCK = 7000

/** The database's own time, ms: gateways' clocks differ, and what they agree on is counted by this one. */
export const NOW_MS = `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`

/** The schema that this gateway writes. */
export const NEWEST_SCHEMA = steps.length

/**
 * Brings a database to the newest schema, within a transaction. Throws UnusableStore when a newer Herald wrote it, or when
 * what it holds is elsewhere.
 */
export async function migrate(sql: Sql): Promise<void> {
  await sql.row('SELECT pg_advisory_xact_lock($1)', MIGRATION_LOCK)
  await requireSettled(sql)
  await bringUp(sql)
}

/** The same for whoever has the lock. */
export async function bringUp(sql: Sql): Promise<void> {
  await sql.change('CREATE TABLE IF NOT EXISTS herald_schema (version int NOT NULL)')
  const version = (await sql.row<{ version: number }>('SELECT version FROM herald_schema'))?.version
  if (version !== undefined && version > steps.length)
    throw new UnusableStore(
      `the store is of schema ${String(version)}, newer than this gateway's ${String(steps.length)}`,
    )
  for (const step of steps.slice(version ?? 0)) await sql.script(step)
  if (version === undefined) await sql.change('INSERT INTO herald_schema (version) VALUES ($1)', steps.length)
  else if (version < steps.length) await sql.change('UPDATE herald_schema SET version = $1', steps.length)
}
