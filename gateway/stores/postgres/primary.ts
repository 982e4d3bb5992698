import { Client, Pool, type PoolClient } from 'pg'
import { setTimeout as pause } from 'node:timers/promises'
import { HeraldError } from '@herald/protocol'
import { detailOf, faultOf } from './faults'
import { numberTypes } from './sql'

/** How long a connection may take to open, ms: a frozen machine must not hold up the look at the next. */
const CONNECT_MS = 2000

/** How long a primary is looked for before a caller hears that there is none, ms. */
const PATIENCE_MS = 5000

const BETWEEN_ROUNDS_MS = 100

/** A statement that takes longer than this is given up, ms. */
const STATEMENT_MS = 10_000

/** A database that has not even said that it gave a statement up is silent: frozen, or behind a network that is, ms. */
const SILENCE_MS = STATEMENT_MS + 1000

/** A row that somebody else holds longer than this, ms. */
const LOCK_MS = 3000

export interface PrimaryOptions {
  /** One connection string for each host, in the order in which they are tried. */
  readonly targets: readonly string[]
  /** The password, when it is not in the connection strings; asked for anew with each look for the primary. */
  readonly password?: () => string
  /** Most connections of this gateway. */
  readonly connections: number
  /** Is done with a primary that was found, before anybody else has it. One for which it fails is no primary. */
  readonly onFound?: (pool: Pool) => Promise<void>
  readonly onFault: (detail: string) => void
}

/**
 * The connections to whichever of the hosts may write. When it is lost, the others are asked, until one of them is the
 * primary: a standby that was promoted, or the old one again.
 */
export class Primary {
  readonly #options: PrimaryOptions
  readonly #lostListeners: (() => void)[] = []
  #pool: Pool | undefined
  #search: Promise<Pool> | undefined
  #closed = false

  constructor(options: PrimaryOptions) {
    this.#options = options
  }

  /** Throws `storage_unavailable` when none was found for some seconds. */
  async pool(): Promise<Pool> {
    if (this.#closed) throw new HeraldError('shutting_down')
    return this.#pool ?? (this.#search ??= this.#find())
  }

  /** A connection, which the caller releases, with the pool that it is of. */
  async connect(): Promise<{ readonly client: PoolClient; readonly pool: Pool }> {
    const pool = await this.pool()
    try {
      return { client: await pool.connect(), pool }
    } catch (error) {
      this.lost(pool, error)
      throw error
    }
  }

  /** Whether this is where the primary was found last, and has not been lost since. */
  isCurrent(pool: Pool): boolean {
    return this.#pool === pool
  }

  /** Something that was asked over this pool failed. True: the primary is lost, and is looked for at the next call. */
  lost(pool: Pool, error: unknown): boolean {
    if (faultOf(error) !== 'lost') return false
    this.#drop(pool, detailOf(error))
    return true
  }

  /** Whether the host that this pool leads to still is the primary; if not, it is lost. */
  async isThere(pool: Pool): Promise<boolean> {
    const target = this.isCurrent(pool) ? pool.options.connectionString : undefined
    if (target === undefined) return false
    const state = await stateOf(target)
    if (state !== 'primary') this.#drop(pool, state)
    return state === 'primary'
  }

  #drop(pool: Pool, reason: string): void {
    if (this.#pool !== pool) return
    this.#pool = undefined
    this.#options.onFault(`the database is lost: ${reason}`)
    for (const listener of this.#lostListeners) listener()
    void pool.end()
  }

  /** Called when the primary is lost, before another one is looked for, and when nobody asks any more. */
  onLost(listener: () => void): void {
    this.#lostListeners.push(listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#search?.catch(() => undefined)
    for (const listener of this.#lostListeners) listener()
    await this.#pool?.end()
    this.#pool = undefined
  }

  async #find(): Promise<Pool> {
    try {
      const until = performance.now() + PATIENCE_MS
      for (;;) {
        const seen: string[] = []
        for (const target of this.#options.targets) {
          const withPassword = addPassword(target, this.#options.password?.())
          const state = await stateOf(withPassword)
          const pool = state === 'primary' ? await this.#take(withPassword, seen) : undefined
          if (pool) return (this.#pool = pool)
          if (state !== 'primary') seen.push(state)
        }
        if (performance.now() > until)
          throw new HeraldError('storage_unavailable', `no database takes writes: ${seen.join('; ')}`)
        await pause(BETWEEN_ROUNDS_MS)
      }
    } finally {
      this.#search = undefined
    }
  }

  /** A pool whose database is as we left it, or has been told otherwise. */
  async #take(connectionString: string, seen: string[]): Promise<Pool | undefined> {
    const pool = this.#open(connectionString)
    try {
      await this.#options.onFound?.(pool)
      return pool
    } catch (error) {
      seen.push(detailOf(error))
      void pool.end()
      return undefined
    }
  }

  #open(connectionString: string): Pool {
    const pool = new Pool({
      ...{ connectionString, types: numberTypes, max: this.#options.connections },
      connectionTimeoutMillis: CONNECT_MS,
      idleTimeoutMillis: 0,
      keepAlive: true,
      application_name: 'herald',
      statement_timeout: STATEMENT_MS,
      query_timeout: SILENCE_MS,
      lock_timeout: LOCK_MS,
      idle_in_transaction_session_timeout: STATEMENT_MS,
    })
    // Whoever asks over a connection that breaks hears so by the answer; without a listener the process would end.
    pool.on('connect', (client) => {
      client.on('error', () => undefined)
    })
    // A connection that breaks while nobody asks anything.
    pool.on('error', (error) => {
      this.lost(pool, error)
    })
    return pool
  }
}

/** A connection string with the password in it, when that is kept elsewhere. */
export function addPassword(target: string, password: string | undefined): string {
  if (password === undefined) return target
  const url = new URL(target)
  url.password = encodeURIComponent(password)
  return url.toString()
}

/** What a host is: `primary`, or what is wrong with it, in words. */
export async function stateOf(connectionString: string): Promise<string> {
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CONNECT_MS,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ standby: boolean }>(
      `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS standby`,
    )
    return rows[0]?.standby === false ? 'primary' : `${client.host} takes no writes`
  } catch (error) {
    return `${client.host}: ${detailOf(error)}`
  } finally {
    void client.end().catch(() => undefined)
  }
}
