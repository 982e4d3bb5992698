import type { Message } from '@herald/protocol'
import type Database from 'libsql'
import type { JsonPage, PageRequest } from '../../contracts/feed-log'
import { allRows, getRow } from './statements'

const PAGE_OF_FEED = 'SELECT seq, json FROM messages WHERE feed = ?'

/** Pages of a feed: ranges of its primary key, so the middle of a long feed costs what its head does. */
export const pageQueries = {
  after: `${PAGE_OF_FEED} AND seq > ? ORDER BY seq LIMIT ?`,
  before: `${PAGE_OF_FEED} AND seq < ? ORDER BY seq DESC LIMIT ?`,
} as const

/** A page as one row: what crosses from SQLite row by row costs more than to read it there. */
const asOneRow = (query: string): string =>
  `SELECT min(seq) AS first, max(seq) AS last, group_concat(json, ',' ORDER BY seq) AS json FROM (${query})`

interface PageRow {
  first: number
  last: number
  /** Null of an empty page. */
  json: string | null
}

const jsonQueries = { after: asOneRow(pageQueries.after), before: asOneRow(pageQueries.before) } as const

/** A page of the feed whose row has this id, in seq order. */
export function readPage(db: Database.Database, id: number, page: PageRequest): Message[] {
  const isAfter = 'after' in page
  const [query, seq] = isAfter ? [pageQueries.after, page.after] : [pageQueries.before, page.before]
  const rows = allRows<{ json: string }>(db, query, id, seq, page.limit)
  return (isAfter ? rows : rows.reverse()).map(({ json }) => JSON.parse(json) as Message)
}

/** The same page as it is kept. */
export function readJsonPage(db: Database.Database, id: number, page: PageRequest): JsonPage | undefined {
  const [query, seq] = 'after' in page ? [jsonQueries.after, page.after] : [jsonQueries.before, page.before]
  const row = getRow<PageRow>(db, query, id, seq, page.limit)
  if (!row || row.json === null) return undefined
  return { first: row.first, last: row.last, json: row.json }
}
