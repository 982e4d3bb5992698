import type Database from 'libsql'

const cached = new WeakMap<Database.Database, Map<string, Database.Statement>>()

/** A prepared statement, prepared once per connection. */
export function prepared(db: Database.Database, sql: string): Database.Statement {
  let statements = cached.get(db)
  if (!statements) cached.set(db, (statements = new Map<string, Database.Statement>()))
  let statement = statements.get(sql)
  if (!statement) statements.set(sql, (statement = db.prepare(sql)))
  return statement
}

/** The first row of a query, as the columns that the caller names in its type. */
export function getRow<Row>(db: Database.Database, sql: string, ...values: unknown[]): Row | undefined {
  return prepared(db, sql).get(values) as Row | undefined
}

/** All rows of a query. */
export function allRows<Row>(db: Database.Database, sql: string, ...values: unknown[]): Row[] {
  return prepared(db, sql).all(values) as Row[]
}

/** Runs a change; returns how many rows it touched. */
export function runChange(db: Database.Database, sql: string, ...values: unknown[]): number {
  return prepared(db, sql).run(values).changes
}
