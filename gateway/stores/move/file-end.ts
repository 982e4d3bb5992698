import Database from 'libsql'
import { chmodSync, closeSync, openSync, rmSync } from 'node:fs'
import { migrate, NEWEST_SCHEMA, userVersion } from '../sqlite/schema'
import { MoveError, type MoveEnd, type MoveTarget } from './copy'
import { columnsOf, selectAll, SELECT_FEEDS, type MovedTable, type Row } from './tables'

/** Rows that are handed on together. */
const BATCH = 1000

/** What SQLite keeps beside a file that is in use. */
const BESIDE = ['', '-wal', '-shm', '-journal']

/** The embedded store's file, which no gateway has. */
class FileEnd implements MoveEnd {
  protected readonly db: Database.Database

  constructor(db: Database.Database) {
    this.db = db
  }

  count(table: MovedTable): Promise<number> {
    const row = this.db.prepare(`SELECT count(*) AS rows FROM ${table.name}`).get() as { rows: number }
    return Promise.resolve(row.rows)
  }

  rows(table: MovedTable): Iterable<readonly Row[]> {
    return this.#batches(selectAll(table))
  }

  feeds(): Iterable<readonly Row[]> {
    return this.#batches(SELECT_FEEDS)
  }

  *#batches(query: string): Generator<readonly Row[]> {
    let batch: Row[] = []
    for (const row of this.db.prepare(query).raw().iterate() as Iterable<Row>) {
      batch.push(row)
      if (batch.length < BATCH) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  }

  close(): void {
    if (!this.db.open) return
    // Statements that are not collected yet would keep its locks.
    if (this.db.inTransaction) this.db.exec('ROLLBACK')
    this.db.close()
  }
}

/** The file that rows come from. It stays as it is. */
export class SourceFile extends FileEnd {
  /** Throws MoveError when it is damaged, or is not of this Herald's schema. */
  static open(path: string): SourceFile {
    const db = new Database(path)
    try {
      db.pragma('busy_timeout = 3000')
      db.pragma('query_only = ON')
      requireWhole(db, path)
      db.exec('BEGIN')
      return new SourceFile(db)
    } catch (error) {
      db.close()
      if (error instanceof MoveError) throw error
      throw new MoveError(`${path} is no store of Herald: ${String(error)}`)
    }
  }
}

function requireWhole(db: Database.Database, path: string): void {
  const [fault] = db.prepare('PRAGMA quick_check(1)').raw().all() as string[][]
  if (fault?.[0] !== 'ok') throw new MoveError(`${path} is damaged: ${fault?.[0] ?? 'no answer'}`)
  const version = userVersion(db)
  if (version > NEWEST_SCHEMA) throw new MoveError(`${path} is of a newer Herald than this one; install that`)
  if (version < NEWEST_SCHEMA)
    throw new MoveError(
      `${path} is of an older Herald; start this one's gateway with it once, which brings it up to date`,
    )
}

/** The file that rows go to, under a name that no gateway opens. */
export class TargetFile extends FileEnd implements MoveTarget {
  readonly #path: string
  readonly #statements = new Map<string, Database.Statement>()

  private constructor(db: Database.Database, path: string) {
    super(db)
    this.#path = path
  }

  /** What an earlier move left of it is removed. */
  static create(path: string): TargetFile {
    TargetFile.remove(path)
    closeSync(openSync(path, 'w', 0o600))
    const db = new Database(path)
    // One transaction, on the disk when it is committed; until then a crash leaves a file that the next move removes.
    db.pragma('journal_mode = DELETE')
    db.pragma('synchronous = FULL')
    migrate(db)
    db.exec('BEGIN IMMEDIATE')
    return new TargetFile(db, path)
  }

  static remove(path: string): void {
    for (const suffix of BESIDE) rmSync(path + suffix, { force: true })
  }

  insert(table: MovedTable, rows: readonly Row[]): Promise<void> {
    const statement = this.#statements.get(table.name) ?? this.#prepare(table)
    for (const row of rows) statement.run(...row)
    return Promise.resolve()
  }

  /** SQLite goes on behind the highest by itself. */
  numberOn(): Promise<void> {
    return Promise.resolve()
  }

  /** Puts what was inserted on the disk. */
  commit(): void {
    this.db.exec('COMMIT')
    this.close()
    chmodSync(this.#path, 0o600)
  }

  #prepare(table: MovedTable): Database.Statement {
    const marks = Object.keys(table.columns).map(() => '?')
    const statement = this.db.prepare(
      `INSERT INTO ${table.name} (${columnsOf(table)}) VALUES (${marks.join(', ')})`,
    )
    this.#statements.set(table.name, statement)
    return statement
  }
}
