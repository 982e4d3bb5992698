import { MAX_HIDDEN, MAX_PRESENTED, StorageError, type StorageWrite } from './storage'

/** What is kept, as statements that may run again and again. A later version adds its own after these. */
export const SCHEMA: readonly string[] = [
  'CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)',
  'CREATE TABLE IF NOT EXISTS feeds (feed TEXT PRIMARY KEY, json TEXT NOT NULL)',
  'CREATE TABLE IF NOT EXISTS rows (feed TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (feed, seq))',
  'CREATE INDEX IF NOT EXISTS rows_by_id ON rows (id)',
  // AUTOINCREMENT: numbers are never used again, so their order is the order of arrival.
  'CREATE TABLE IF NOT EXISTS hidden (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE)',
  'CREATE TABLE IF NOT EXISTS presented (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE)',
]

/** The statements of one write, to run in one transaction. */
export function writeStatements(change: StorageWrite): string[] {
  return [
    ...(change.dropFeeds ?? []).flatMap((feed) => [
      `DELETE FROM feeds WHERE feed = ${sqlText(feed)}`,
      `DELETE FROM rows WHERE feed = ${sqlText(feed)}`,
    ]),
    ...(change.dropRowsBelow ?? []).map(
      ({ feed, seq }) => `DELETE FROM rows WHERE feed = ${sqlText(feed)} AND seq < ${sqlInteger(seq)}`,
    ),
    ...(change.dropRows ?? []).map((id) => `DELETE FROM rows WHERE id = ${sqlText(id)}`),
    ...(change.feeds ?? []).map(
      (record) =>
        `INSERT OR REPLACE INTO feeds (feed, json) VALUES (${sqlText(record.feed)}, ${sqlJson(record)})`,
    ),
    ...(change.rows ?? []).map(
      (row) =>
        `INSERT OR REPLACE INTO rows (feed, seq, id, json) VALUES (${sqlText(row.feed)}, ${sqlInteger(row.seq)}, ${sqlText(row.id)}, ${sqlJson(row)})`,
    ),
    ...addIds('hidden', change.hidden ?? [], MAX_HIDDEN),
    ...addIds('presented', change.presented ?? [], MAX_PRESENTED),
  ]
}

/** Adds ids that are new and keeps the newest `limit`. */
function addIds(table: 'hidden' | 'presented', ids: readonly string[], limit: number): string[] {
  if (ids.length === 0) return []
  return [
    ...ids.map((id) => `INSERT OR IGNORE INTO ${table} (id) VALUES (${sqlText(id)})`),
    `DELETE FROM ${table} WHERE n <= (SELECT n FROM ${table} ORDER BY n DESC LIMIT 1 OFFSET ${sqlInteger(limit)})`,
  ]
}

/**
 * A value as an SQL text literal that holds its JSON. `'`, `;` and everything outside printable ASCII is written as
 * JSON's own \u escape: nothing is left that could end the literal, and a bridge that mangles NUL, lone surrogates
 * or 4-byte UTF-8 (JNI's modified UTF-8 does) has nothing to mangle.
 */
export function sqlJson(value: unknown): string {
  const json = JSON.stringify(value)
  return `'${json.replace(/[';\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`
}

/**
 * A name or id as an SQL text literal. NUL would end the statement, and a lone surrogate has no UTF-8: neither
 * occurs in a name of the protocol's grammar, so both are refused.
 */
export function sqlText(text: string): string {
  if (/\0|\p{Surrogate}/u.test(text))
    throw new StorageError('failed', 'an id or name holds what SQLite text cannot')
  return `'${text.replaceAll("'", "''")}'`
}

function sqlInteger(value: number): string {
  if (!Number.isSafeInteger(value)) throw new StorageError('failed', 'not a whole number')
  return String(value)
}
