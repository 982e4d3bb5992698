import { HeraldError } from '@herald/protocol'
import type { Pool, PoolClient } from 'pg'
import { setTimeout as pause } from 'node:timers/promises'
import { openMessageIds } from '../message-id'
import type { Commands, Reads, StoreEngine } from '../rows'
import { commands } from './commands'
import { DatabaseClock } from './database-clock'
import { detailOf, faultOf } from './faults'
import type { Primary } from './primary'
import { reads } from './reads'
import { migrate } from './schema'
import { Sql } from './sql'
import { StalledCommit, Stalls } from './stalls'
import { UnusableStore } from './unusable-store'

/** How often a transaction that somebody was in the way of is run again. */
const MAX_REPEATS = 5

/** How long a commit whose answer was lost is asked for, ms. */
const UNKNOWN_PATIENCE_MS = 5000

const BETWEEN_LOOKS_MS = 50

/** How long what transactions are known by is kept, ms. */
const MARKS_MS = 3_600_000

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
 * commit nobody has answered is asked for by its id, so that a caller hears "failed" of what was done only when no database
 * can be asked for some seconds.
 */
export class PostgresEngine implements StoreEngine {
  readonly clock = new DatabaseClock()
  readonly #primary: Primary
  readonly #onFault: (detail: string) => void
  readonly #newId = openMessageIds()
  readonly #stalls: Stalls
  #writable = true

  constructor(primary: Primary, onFault: (detail: string) => void) {
    this.#primary = primary
    this.#onFault = onFault
    this.#stalls = new Stalls(primary)
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

  /**
   * Reads on a connection of its own; once more when the primary is lost on the way.
   * @param withinMs after how long without an answer it counts as lost
   */
  async ask<Result>(look: (sql: Sql) => Promise<Result>, withinMs?: number): Promise<Result> {
    for (let tries = 0; ; tries += 1) {
      const pool = await this.#primary.pool()
      try {
        return await look(new Sql(pool, withinMs))
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
  transact<Result>(steps: (sql: Sql) => Promise<Result>): Promise<Result> {
    return this.#repeated(() => this.#transactOnce(steps, true))
  }

  /** Again when somebody was in the way, or when it is certain that nothing was done. */
  async #repeated<Result>(once: () => Promise<Result>): Promise<Result> {
    for (let repeats = 0; ; repeats += 1) {
      try {
        const result = await once()
        this.#writable = true
        return result
      } catch (error) {
        if (error instanceof UnusableStore) throw error
        const unknown = error instanceof UnknownCommit ? (error as UnknownCommit<Result>) : undefined
        if (unknown && (await this.#wasCommitted(unknown.transaction))) return unknown.result
        const mayRepeat = unknown !== undefined || ['conflict', 'lost'].includes(faultOf(error))
        if (repeats >= MAX_REPEATS || !mayRepeat) throw this.#told(unknown?.cause ?? error)
      }
    }
  }

  /** Makes the tables, or brings them up to date. Throws UnusableStore, which says why not. */
  async prepare(): Promise<void> {
    await this.#repeated(() => this.#transactOnce(migrate, false))
    await this.ask((sql) => this.clock.look(sql))
  }

  /** Drops what transactions of long ago were known by. */
  async forgetMarks(): Promise<void> {
    // Ids of version 7 begin with their time (RFC 9562 §5.7).
    const time = (this.clock.now() - MARKS_MS).toString(16).padStart(12, '0')
    const before = `${time.slice(0, 8)}-${time.slice(8)}`
    await this.#repeated(() =>
      this.#transactOnce((sql) => sql.change('DELETE FROM commits WHERE id < $1', before), false),
    )
  }

  async #transactOnce<Result>(steps: (sql: Sql) => Promise<Result>, isMarked: boolean): Promise<Result> {
    await this.#stalls.refuse()
    const { client, pool } = await this.#primary.connect()
    const transaction = this.#newId(this.clock.now())
    let answer: { readonly result: Result } | undefined
    try {
      await client.query(isMarked ? `BEGIN; ${markOf(transaction)}` : 'BEGIN')
      answer = { result: await steps(new Sql(client)) }
      await this.#stalls.commit(client, pool)
      // One that was left meanwhile may have committed what the next one never hears of.
      if (!this.#primary.isCurrent(pool)) throw new Error('Connection terminated: the database was left')
      client.release()
      return answer.result
    } catch (error) {
      if (error instanceof StalledCommit) throw error
      await this.#giveBack(pool, client, error)
      if (isMarked && answer !== undefined && faultOf(error) === 'lost')
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

  /**
   * Whether a transaction is there, by the row that it brought. Where it is not, a void one is left in its place, so that it
   * cannot come after all; one that is still under way is waited for. The database's own number of it would say nothing: a
   * standby that was promoted gives the same ones to others.
   */
  async #wasCommitted(transaction: string): Promise<boolean> {
    const until = performance.now() + UNKNOWN_PATIENCE_MS
    for (;;) {
      try {
        // Written in any case: a standby that is waited for has then all that came before, too.
        const mark = await this.#transactOnce(
          (sql) =>
            sql.row<{ void: boolean }>(
              `INSERT INTO commits (id, void) VALUES ($1, true)
               ON CONFLICT (id) DO UPDATE SET void = commits.void RETURNING void`,
              transaction,
            ),
          false,
        )
        return mark?.void === false
      } catch (error) {
        if (error instanceof StalledCommit || performance.now() > until) throw error
        await pause(BETWEEN_LOOKS_MS)
      }
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

/** The row that a transaction is known by. It goes with BEGIN, in one round trip. */
const markOf = (transaction: string): string => `INSERT INTO commits (id) VALUES ('${transaction}')`
