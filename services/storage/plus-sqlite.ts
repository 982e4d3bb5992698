import { SCHEMA, writeStatements } from './sql'
import { StorageError, type InboxStorage, type StorageWrite, type StoredInbox } from './storage'

interface PlusCallbacks<Result> {
  success(result: Result): void
  fail(error: { code?: number; message?: string }): void
}

interface PlusDatabase {
  name: string
  path: string
}

/** The part of `plus.sqlite` that is used. Our own, since the published typings make every field optional. */
export interface PlusSqlite {
  openDatabase(options: PlusDatabase & PlusCallbacks<unknown>): void
  isOpenDatabase(options: PlusDatabase): boolean
  closeDatabase(options: { name: string } & PlusCallbacks<unknown>): void
  transaction(
    options: { name: string; operation: 'begin' | 'commit' | 'rollback' } & PlusCallbacks<unknown>,
  ): void
  executeSql(options: { name: string; sql: string[] } & PlusCallbacks<unknown>): void
  selectSql(options: { name: string; sql: string } & PlusCallbacks<unknown>): void
}

const SCHEMA_VERSION = 1

/** Statements handed over at once: a bridge call has a cost, and so has a very long string. */
const STATEMENTS_PER_CALL = 100

/**
 * The inbox in the App's SQLite (manifest module SQLite). There are no bound parameters, so sql.ts writes literals;
 * there is one connection and no nesting, so everything waits in one queue.
 */
export class PlusSqliteStorage implements InboxStorage {
  readonly #sqlite: PlusSqlite
  readonly #database: PlusDatabase
  #opened: Promise<void> | null = null
  #queue: Promise<unknown> = Promise.resolve()

  /** @param name of the database and its file: the app's namespace */
  constructor(sqlite: PlusSqlite, name: string) {
    this.#sqlite = sqlite
    this.#database = { name, path: `_doc/${name}.db` }
  }

  load(): Promise<StoredInbox> {
    return this.#enqueue(async () => ({
      feeds: await this.#selectJson('SELECT json AS value FROM feeds'),
      rows: await this.#selectJson('SELECT json AS value FROM rows'),
      hidden: await this.#selectValues('SELECT id AS value FROM hidden ORDER BY n'),
      presented: await this.#selectValues('SELECT id AS value FROM presented ORDER BY n'),
    }))
  }

  write(change: StorageWrite): Promise<void> {
    return this.#enqueue(() => this.#inTransaction(writeStatements(change)))
  }

  clear(): Promise<void> {
    const tables = ['feeds', 'rows', 'hidden', 'presented']
    return this.#enqueue(async () => {
      await this.#inTransaction(tables.map((table) => `DELETE FROM ${table}`))
      // Deleted rows stay readable in the file's free pages until it is written anew (sqlite.org/lang_vacuum.html).
      await this.#execute(['VACUUM'])
    })
  }

  /** Closes the database; the next call opens it again. */
  close(): Promise<void> {
    const result = this.#queue.then(() => this.#close())
    this.#queue = result.catch(() => undefined)
    return result
  }

  /** Runs after everything asked before, whether that worked or not. */
  #enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(async () => {
      await this.#open()
      return work()
    })
    // The caller gets the failure; the queue only has to go on.
    this.#queue = result.catch(() => undefined)
    return result
  }

  #open(): Promise<void> {
    this.#opened ??= this.#openAnew().catch((error: unknown) => {
      this.#opened = null
      throw error
    })
    return this.#opened
  }

  /** After `plus.runtime.restart()` the database is still open natively, perhaps within a transaction: start clean. */
  async #openAnew(): Promise<void> {
    if (this.#isOpenNatively()) await this.#closeNative()
    await this.#call<unknown>((callbacks) => {
      this.#sqlite.openDatabase({ ...this.#database, ...callbacks })
    })
    await this.#execute([...SCHEMA])
    const [version] = await this.#selectValues("SELECT value FROM meta WHERE name = 'schema'")
    if (version === undefined) {
      await this.#execute([`INSERT INTO meta (name, value) VALUES ('schema', '${String(SCHEMA_VERSION)}')`])
    } else if (Number(version) > SCHEMA_VERSION) {
      throw new StorageError('outdated', `the database has schema ${version}`)
    }
  }

  #isOpenNatively(): boolean {
    try {
      return this.#sqlite.isOpenDatabase(this.#database)
    } catch (error) {
      throw new StorageError('unavailable', 'plus.sqlite cannot be called', { cause: error })
    }
  }

  async #close(): Promise<void> {
    if (this.#opened === null) return
    this.#opened = null
    await this.#closeNative()
  }

  #closeNative(): Promise<unknown> {
    return this.#call((callbacks) => {
      this.#sqlite.closeDatabase({ name: this.#database.name, ...callbacks })
    })
  }

  async #inTransaction(statements: string[]): Promise<void> {
    if (statements.length === 0) return
    await this.#transaction('begin')
    try {
      await this.#execute(statements)
      await this.#transaction('commit')
    } catch (error) {
      await this.#rollBack()
      throw error
    }
  }

  /** A transaction that cannot be rolled back would swallow later writes: closing ends it for certain. */
  async #rollBack(): Promise<void> {
    try {
      await this.#transaction('rollback')
    } catch {
      // The first failure is the one to report; this one is answered by closing.
      await this.#close()
    }
  }

  #transaction(operation: 'begin' | 'commit' | 'rollback'): Promise<unknown> {
    return this.#call((callbacks) => {
      this.#sqlite.transaction({ name: this.#database.name, operation, ...callbacks })
    })
  }

  async #execute(statements: string[]): Promise<void> {
    for (let at = 0; at < statements.length; at += STATEMENTS_PER_CALL) {
      const sql = statements.slice(at, at + STATEMENTS_PER_CALL)
      await this.#call((callbacks) => {
        this.#sqlite.executeSql({ name: this.#database.name, sql, ...callbacks })
      })
    }
  }

  async #selectJson<Value>(sql: string): Promise<Value[]> {
    const texts = await this.#selectValues(sql)
    try {
      return texts.map((text) => JSON.parse(text) as Value)
    } catch (error) {
      throw new StorageError('corrupt', 'a stored row is not JSON', { cause: error })
    }
  }

  /** The column `value` of each row. Only text is selected: how numbers come back differs by platform. */
  async #selectValues(sql: string): Promise<string[]> {
    const rows = await this.#call<unknown>((callbacks) => {
      this.#sqlite.selectSql({ name: this.#database.name, sql, ...callbacks })
    })
    if (!Array.isArray(rows)) throw new StorageError('corrupt', 'a select gave no list')
    return rows.map((row: unknown) => {
      if (typeof row === 'object' && row !== null && 'value' in row && typeof row.value === 'string')
        return row.value
      throw new StorageError('corrupt', 'a select gave a row without its column')
    })
  }

  #call<Result>(start: (callbacks: PlusCallbacks<Result>) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      try {
        start({
          success: resolve,
          fail: (error) => {
            reject(asStorageError(error))
          },
        })
      } catch (error) {
        reject(new StorageError('unavailable', 'plus.sqlite cannot be called', { cause: error }))
      }
    })
  }
}

function asStorageError(error: { code?: number; message?: string }): StorageError {
  const text = error.message ?? ''
  // SQLITE_FULL reads "database or disk is full" on both platforms.
  const problem = /disk is full/i.test(text) ? 'full' : 'failed'
  // SQLite quotes parts of a statement in its messages, and those are the user's: only the code goes on.
  return new StorageError(problem, `plus.sqlite error ${String(error.code ?? 'without code')}`)
}
