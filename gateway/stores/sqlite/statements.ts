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

/** A query whose rows come as one JSON text, for `getList`: a few small rows are sooner here so than one by one. */
export function asList(query: string, columns: readonly string[]): string {
  const fields = columns.map((column) => `'${column}', ${column}`).join(', ')
  return `SELECT json_group_array(json_object(${fields})) AS list FROM (${query})`
}

/** All rows of a query that `asList` made. */
export function getList<Row>(db: Database.Database, list: string, ...values: unknown[]): Row[] {
  const row = getRow<{ list: string }>(db, list, ...values)
  return JSON.parse(row?.list ?? '[]') as Row[]
}

/** All rows of a query. */
export function allRows<Row>(db: Database.Database, sql: string, ...values: unknown[]): Row[] {
  return prepared(db, sql).all(values) as Row[]
}

/** Runs a change; returns how many rows it touched. */
export function runChange(db: Database.Database, sql: string, ...values: unknown[]): number {
  return prepared(db, sql).run(values).changes
}
