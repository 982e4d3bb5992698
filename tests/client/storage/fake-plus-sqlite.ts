import Database from 'libsql'
import { readFileSync } from 'node:fs'
import type { PlusSqlite } from '@/services/storage/plus-sqlite'

type Call = { operation: string; sql: readonly string[] }

/**
 * `plus.sqlite` over a real SQLite, in memory or in a file. As on a phone: callbacks come later, a database must be open, its
 * name may be opened once only, and transactions do not nest. Script it with `failAt(match, error)`: the next call
 * whose operation or statement contains `match` fails. `calls` lists what was asked.
 */
export class FakePlusSqlite implements PlusSqlite {
  readonly calls: Call[] = []
  readonly #file: string
  readonly #files = new Map<string, Database.Database>()
  readonly #open = new Map<string, Database.Database>()
  #fault: { match: string; error: { code: number; message: string } } | null = null

  constructor(file = ':memory:') {
    this.#file = file
  }

  /** What lies in the file, read as text. */
  bytes(): string {
    return readFileSync(this.#file, 'latin1')
  }

  failAt(
    match: string,
    error = { code: -1404, message: 'android.database.SQLException: near "SELCT"' },
  ): void {
    this.#fault = { match, error }
  }

  openDatabase(options: Parameters<PlusSqlite['openDatabase']>[0]): void {
    this.#answer('open', [], options, () => {
      if (this.#open.has(options.name))
        throw Object.assign(new Error('Same Name Already Open'), { code: -1402 })
      const file = this.#files.get(options.path) ?? new Database(this.#file)
      this.#files.set(options.path, file)
      this.#open.set(options.name, file)
    })
  }

  isOpenDatabase(options: { name: string }): boolean {
    return this.#open.has(options.name)
  }

  closeDatabase(options: Parameters<PlusSqlite['closeDatabase']>[0]): void {
    this.#answer('close', [], options, () => {
      const database = this.#database(options.name)
      if (database.inTransaction) database.exec('ROLLBACK')
      this.#open.delete(options.name)
    })
  }

  transaction(options: Parameters<PlusSqlite['transaction']>[0]): void {
    this.#answer(options.operation, [], options, () =>
      this.#database(options.name).exec(options.operation.toUpperCase()),
    )
  }

  executeSql(options: Parameters<PlusSqlite['executeSql']>[0]): void {
    this.#answer('execute', options.sql, options, () => {
      for (const statement of options.sql) this.#database(options.name).exec(statement)
    })
  }

  selectSql(options: Parameters<PlusSqlite['selectSql']>[0]): void {
    this.#answer('select', [options.sql], options, () =>
      this.#database(options.name).prepare(options.sql).all(),
    )
  }

  /** Frees the memory. */
  destroy(): void {
    for (const file of this.#files.values()) file.close()
  }

  #database(name: string): Database.Database {
    const database = this.#open.get(name)
    if (!database) throw Object.assign(new Error('Not Open'), { code: -1401 })
    return database
  }

  #answer(
    operation: string,
    sql: readonly string[],
    callbacks: { success(result: unknown): void; fail(error: { code?: number; message?: string }): void },
    work: () => unknown,
  ): void {
    this.calls.push({ operation, sql })
    setImmediate(() => {
      try {
        this.#trip(operation, sql)
        callbacks.success(work())
      } catch (error) {
        const { code = -1404, message } = error as { code?: number | string; message: string }
        callbacks.fail({ code: typeof code === 'number' ? code : -1404, message })
      }
    })
  }

  #trip(operation: string, sql: readonly string[]): void {
    const fault = this.#fault
    if (!fault || ![operation, ...sql].some((text) => text.includes(fault.match))) return
    this.#fault = null
    throw Object.assign(new Error(fault.error.message), { code: fault.error.code })
  }
}
