import { Client } from 'pg'
import { dropMoveMark, moveMark, setMoveMark, type MoveMark } from '../postgres/move-mark'
import { addPassword, stateOf } from '../postgres/primary'
import { bringUp, MIGRATION_LOCK, NEWEST_SCHEMA } from '../postgres/schema'
import { numberTypes, Sql } from '../postgres/sql'
import { splitHosts } from '../postgres/targets'
import { MoveError, type MoveTarget } from './copy'
import { columnsOf, LEFT_TABLES, MOVED_TABLES, selectAll, SELECT_FEEDS } from './tables'
import type { MovedTable, Row } from './tables'

/** Rows that are handed on together. */
const BATCH = 1000

/** A database, on one connection, which no gateway uses meanwhile. */
export class DatabaseEnd implements MoveTarget {
  readonly #client: Client
  readonly #sql: Sql

  private constructor(client: Client) {
    this.#client = client
    this.#sql = new Sql(client)
  }

  /**
   * Connects to whichever of the hosts may write, and keeps gateways out: one that starts waits, and then hears why it must
   * not go on. Throws MoveError when a gateway is there, or no database is.
   */
  static async open(uri: string, password: string | undefined): Promise<DatabaseEnd> {
    const end = new DatabaseEnd(await connect(uri, password))
    try {
      await end.#keepAlone()
      return end
    } catch (error) {
      await end.close()
      throw error
    }
  }

  mark(): Promise<MoveMark | undefined> {
    return moveMark(this.#sql)
  }

  setMark(mark: MoveMark): Promise<void> {
    return setMoveMark(this.#sql, mark)
  }

  dropMark(): Promise<void> {
    return dropMoveMark(this.#sql)
  }

  /** Begins a look at one moment of it. Throws MoveError unless it holds a store of this Herald's schema. */
  async beginRead(): Promise<void> {
    await this.#sql.script('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const version = await this.#version()
    if (version === undefined) throw new MoveError('the database holds no store of Herald')
    if (version > NEWEST_SCHEMA)
      throw new MoveError('the database is of a newer Herald than this one; install that')
    if (version < NEWEST_SCHEMA)
      throw new MoveError(
        "the database is of an older Herald; start this one's gateway with it once, which brings it up to date",
      )
  }

  /** Begins the one transaction that fills it. Throws MoveError unless it is empty, or was left by a move that ended early. */
  async beginFill(): Promise<void> {
    await this.#sql.script('BEGIN')
    const mark = await this.mark()
    if (mark === 'moved')
      throw new MoveError('the database was moved to a file before; make a new one (createdb)')
    const version = await this.#version()
    if (version === undefined) await this.#requireNoTables()
    await bringUp(this.#sql)
    if (mark === 'arriving')
      for (const { name } of MOVED_TABLES) await this.#sql.script(`DELETE FROM ${name}`)
    else await this.#requireNoRows()
    for (const name of LEFT_TABLES) await this.#sql.script(`DELETE FROM ${name}`)
  }

  /** Lets the database know at once what it has: by itself it would plan for empty tables for its first minute. */
  async analyze(): Promise<void> {
    for (const { name } of MOVED_TABLES) await this.#sql.script(`ANALYZE ${name}`)
  }

  commit(): Promise<void> {
    return this.#sql.script('COMMIT')
  }

  rollBack(): Promise<void> {
    return this.#sql.script('ROLLBACK')
  }

  /** Whoever came by another way than the lock is seen here. Throws MoveError. */
  async requireAlone(): Promise<void> {
    const row = await this.#sql.row<{ gateways: number }>(
      `SELECT count(*) AS gateways FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'herald' AND pid <> pg_backend_pid()`,
    )
    if (row !== undefined && row.gateways > 0)
      throw new MoveError('a gateway uses this database; stop all of its gateways first')
  }

  async count(table: MovedTable): Promise<number> {
    const row = await this.#sql.row<{ rows: number }>(`SELECT count(*) AS rows FROM ${table.name}`)
    return row?.rows ?? 0
  }

  rows(table: MovedTable): AsyncIterable<readonly Row[]> {
    return this.#batches(selectAll(table))
  }

  feeds(): AsyncIterable<readonly Row[]> {
    return this.#batches(SELECT_FEEDS)
  }

  async insert(table: MovedTable, rows: readonly Row[]): Promise<void> {
    const types = Object.values(table.columns)
    const lists = types.map((type, index) => `$${String(index + 1)}::${type}[]`)
    await this.#sql.change(
      `INSERT INTO ${table.name} (${columnsOf(table)}) OVERRIDING SYSTEM VALUE SELECT * FROM unnest(${lists.join(', ')})`,
      ...types.map((_, index) => rows.map((row) => row[index])),
    )
  }

  async numberOn(): Promise<void> {
    for (const { name, numbered } of MOVED_TABLES) {
      if (numbered === undefined) continue
      await this.#sql.row(
        `SELECT setval(pg_get_serial_sequence('${name}', '${numbered}'), coalesce(max(${numbered}), 0) + 1, false) FROM ${name}`,
      )
    }
  }

  async close(): Promise<void> {
    // What is not committed goes with the connection.
    await this.#client.end().catch(() => undefined)
  }

  async #keepAlone(): Promise<void> {
    await this.requireAlone()
    const lock = await this.#sql.row<{ mine: boolean }>(
      'SELECT pg_try_advisory_lock($1) AS mine',
      MIGRATION_LOCK,
    )
    if (lock?.mine !== true)
      throw new MoveError('another move, or a gateway that starts, is at work on this database')
    await this.requireAlone()
  }

  async #version(): Promise<number | undefined> {
    const there = await this.#sql.row<{ there: boolean }>(
      "SELECT to_regclass('herald_schema') IS NOT NULL AS there",
    )
    if (there?.there !== true) return undefined
    return (await this.#sql.row<{ version: number }>('SELECT version FROM herald_schema'))?.version
  }

  async #requireNoTables(): Promise<void> {
    const names = [...MOVED_TABLES.map(({ name }) => name), ...LEFT_TABLES]
    const row = await this.#sql.row<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = current_schema() AND table_name = ANY ($1::text[]) LIMIT 1`,
      names,
    )
    if (row)
      throw new MoveError(`the database has a table ${row.name} of something else; make one for Herald alone`)
  }

  async #requireNoRows(): Promise<void> {
    for (const { name } of MOVED_TABLES) {
      const row = await this.#sql.row(`SELECT 1 AS there FROM ${name} LIMIT 1`)
      if (row)
        throw new MoveError(
          `the database is not empty: there are ${name.replaceAll('_', ' ')}; make a new one (createdb)`,
        )
    }
  }

  async *#batches(query: string): AsyncGenerator<readonly Row[]> {
    await this.#client.query(`DECLARE moving NO SCROLL CURSOR FOR ${query}`)
    for (;;) {
      const { rows } = await this.#client.query<(string | number | null)[]>({
        text: `FETCH ${String(BATCH)} FROM moving`,
        rowMode: 'array',
      })
      if (rows.length === 0) break
      yield rows
    }
    await this.#client.query('CLOSE moving')
  }
}

async function connect(uri: string, password: string | undefined): Promise<Client> {
  const seen: string[] = []
  for (const target of splitHosts(uri)) {
    const connectionString = addPassword(target, password)
    const state = await stateOf(connectionString)
    seen.push(state)
    if (state !== 'primary') continue
    const client = new Client({
      ...{ connectionString, types: numberTypes, keepAlive: true },
      application_name: 'herald store move',
    })
    // A connection that breaks is told by the answer that does not come.
    client.on('error', () => undefined)
    await client.connect()
    return client
  }
  throw new MoveError(`no database takes writes: ${seen.join('; ')}`)
}
