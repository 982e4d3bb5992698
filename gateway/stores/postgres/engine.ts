import { HeraldError } from '@herald/protocol'
import type { Pool, PoolClient } from 'pg'
import { setTimeout as pause } from 'node:timers/promises'
import type { Commands, Reads, StoreEngine } from '../rows'
import { commands } from './commands'
import { detailOf, faultOf } from './faults'
import { Primary, type PrimaryOptions } from './primary'
import { reads } from './reads'
import { Sql } from './sql'

/** How often a transaction that somebody was in the way of is run again. */
const MAX_REPEATS = 5

/** How long a commit whose answer was lost is asked for, ms. */
const UNKNOWN_PATIENCE_MS = 5000

const BETWEEN_LOOKS_MS = 50

/** A commit was sent, and the connection broke before its answer. */
class UnknownCommit<Result> extends Error {
  readonly transaction: string
  readonly result: Result

  constructor(transaction: string, result: Result, cause: unknown) {
    super('nobody knows whether a transaction was committed', { cause })
    this.transaction = transaction
    this.result = result
  }
}

/**
 * A store on PostgreSQL. Each command is a transaction, which is run again when another one was in its way; one whose
 * commit nobody has answered is asked for by its id, so that a caller never hears "failed" of what was done.
 */
export class PostgresEngine implements StoreEngine {
  readonly #primary: Primary
  readonly #onFault: (detail: string) => void
  #writable = true

  constructor(options: PrimaryOptions) {
    this.#primary = new Primary(options)
    this.#onFault = options.onFault
  }

  /** Whether the last write succeeded. */
  get writable(): boolean {
    return this.#writable
  }

  read<Name extends keyof Reads>(
    name: Name,
    ...args: Parameters<Reads[Name]>
  ): Promise<ReturnType<Reads[Name]>> {
    const query = reads[name] as (
      sql: Sql,
      ...args: Parameters<Reads[Name]>
    ) => Promise<ReturnType<Reads[Name]>>
    return this.ask((sql) => query(sql, ...args))
  }

  /** Reads on a connection of its own; once more when the primary is lost on the way. */
  async ask<Result>(look: (sql: Sql) => Promise<Result>): Promise<Result> {
    for (let tries = 0; ; tries += 1) {
      const pool = await this.#primary.pool()
      try {
        return await look(new Sql(pool))
      } catch (error) {
        if (!this.#primary.lost(pool, error) || tries > 0) throw this.#told(error)
      }
    }
  }

  /** Runs a command; resolves when it is on stable storage. Throws `storage_unavailable` when no database takes it. */
  async write<Name extends keyof Commands>(
    name: Name,
    args: Parameters<Commands[Name]>[0],
  ): Promise<ReturnType<Commands[Name]>> {
    const command = commands[name] as (
      sql: Sql,
      args: Parameters<Commands[Name]>[0],
    ) => Promise<ReturnType<Commands[Name]>>
    return this.transact((sql) => command(sql, args))
  }

  /** Runs steps as one transaction (READ COMMITTED: what they read and then rely on they lock). */
  async transact<Result>(steps: (sql: Sql) => Promise<Result>): Promise<Result> {
    for (let repeats = 0; ; repeats += 1) {
      try {
        const result = await this.#transactOnce(steps)
        this.#writable = true
        return result
      } catch (error) {
        if (error instanceof UnknownCommit) {
          const known = error as UnknownCommit<Result>
          if (await this.#wasCommitted(known.transaction)) return known.result
        } else if (repeats >= MAX_REPEATS || !['conflict', 'lost'].includes(faultOf(error)))
          throw this.#told(error)
      }
    }
  }

  async close(): Promise<void> {
    await this.#primary.close()
  }

  async #transactOnce<Result>(steps: (sql: Sql) => Promise<Result>): Promise<Result> {
    const pool = await this.#primary.pool()
    let client: PoolClient
    try {
      client = await pool.connect()
    } catch (error) {
      this.#primary.lost(pool, error)
      throw error
    }
    let transaction = ''
    let answer: { readonly result: Result } | undefined
    try {
      transaction = await begin(client)
      answer = { result: await steps(new Sql(client)) }
      await client.query('COMMIT')
      client.release()
      return answer.result
    } catch (error) {
      await this.#giveBack(pool, client, error)
      if (answer !== undefined && faultOf(error) === 'lost')
        throw new UnknownCommit(transaction, answer.result, error)
      throw error
    }
  }

  async #giveBack(pool: Pool, client: PoolClient, error: unknown): Promise<void> {
    const isLost = this.#primary.lost(pool, error)
    const isUndone =
      !isLost &&
      (await client.query('ROLLBACK').then(
        () => true,
        () => false,
      ))
    client.release(!isUndone)
  }

  /** PostgreSQL remembers what became of a transaction, a promoted standby of those that it has heard of. */
  async #wasCommitted(transaction: string): Promise<boolean> {
    const until = performance.now() + UNKNOWN_PATIENCE_MS
    for (;;) {
      const status = await this.ask(async (sql) => {
        try {
          const row = await sql.row<{ status: string | null }>(
            'SELECT pg_xact_status($1::xid8) AS status',
            transaction,
          )
          return row?.status
        } catch (error) {
          // "transaction ID is in the future": this database has never heard of it.
          if ((error as { code?: string }).code === '22023') return 'aborted'
          throw error
        }
      })
      if (status === 'committed') return true
      if (status === 'aborted') return false
      if (status !== 'in progress' || performance.now() > until)
        throw this.#told(new HeraldError('storage_unavailable', 'nobody knows whether it was stored'))
      await pause(BETWEEN_LOOKS_MS)
    }
  }

  /** What callers hear of a fault. */
  #told(error: unknown): HeraldError {
    if (error instanceof HeraldError) {
      if (error.code === 'storage_unavailable') this.#writable = false
      return error
    }
    this.#onFault(detailOf(error))
    if (faultOf(error) === 'fault') return new HeraldError('internal')
    this.#writable = false
    return new HeraldError('storage_unavailable')
  }
}

/** Begins a transaction and answers its id, in one round trip. */
async function begin(client: PoolClient): Promise<string> {
  const answers = (await client.query('BEGIN; SELECT pg_current_xact_id()::text AS id')) as unknown as {
    rows: { id: string }[]
  }[]
  return answers[1]?.rows[0]?.id ?? ''
}
