import { createHash } from 'node:crypto'
import { MOVED_TABLES, type MovedTable, type Row } from './tables'

/** Why a store cannot be moved; its message is for the person who asked. */
export class MoveError extends Error {}

/** Rows in batches: at once from a file, later from a database. */
export type Batches = Iterable<readonly Row[]> | AsyncIterable<readonly Row[]>

/** One of the two stores of a move. */
export interface MoveEnd {
  count(table: MovedTable): Promise<number>
  /** In the order of the table's key. */
  rows(table: MovedTable): Batches
  /** Name, epoch, first, head, number of messages and last seq of each feed, by name. */
  feeds(): Batches
}

/** The end that rows go to. Nothing of them is seen by others before the move is whole. */
export interface MoveTarget extends MoveEnd {
  insert(table: MovedTable, rows: readonly Row[]): Promise<void>
  /** All tables are filled: numbers that it gives itself go on behind the highest. */
  numberOn(): Promise<void>
}

/** How far a move is: rows that were carried and then found again, of one table. */
export interface MoveStep {
  readonly table: string
  readonly done: number
  readonly of: number
}

export interface MovedRows {
  /** Rows by table. */
  readonly tables: Readonly<Record<string, number>>
  readonly feeds: number
}

class Fingerprint {
  readonly #hash = createHash('sha256')
  rows = 0

  add(rows: readonly Row[]): void {
    for (const row of rows) this.#hash.update(`${JSON.stringify(row)}\n`)
    this.rows += rows.length
  }

  digest(): string {
    return this.#hash.digest('hex')
  }
}

/**
 * Carries every row, and then reads all of them again where they went: each table has to be the same, row by row, and each
 * feed has to begin and end where it did. Throws MoveError when one is not.
 */
export async function copyRows(
  from: MoveEnd,
  to: MoveTarget,
  onStep: (step: MoveStep) => void,
): Promise<MovedRows> {
  const tables: Record<string, number> = {}
  for (const table of MOVED_TABLES) tables[table.name] = await copyTable(from, to, table, onStep)
  await to.numberOn()
  return { tables, feeds: await compareFeeds(from, to) }
}

async function copyTable(
  from: MoveEnd,
  to: MoveTarget,
  table: MovedTable,
  onStep: (step: MoveStep) => void,
): Promise<number> {
  // Each row is passed twice: it goes, and it is found.
  const of = 2 * (await from.count(table))
  const sent = new Fingerprint()
  for await (const rows of from.rows(table)) {
    sent.add(rows)
    await to.insert(table, rows)
    onStep({ table: table.name, done: sent.rows, of })
  }
  const found = new Fingerprint()
  for await (const rows of to.rows(table)) {
    found.add(rows)
    onStep({ table: table.name, done: sent.rows + found.rows, of })
  }
  if (found.rows !== sent.rows || found.digest() !== sent.digest())
    throw new MoveError(
      `the table ${table.name} did not come over as it was: ${String(sent.rows)} rows went, ${String(found.rows)} were found`,
    )
  return sent.rows
}

/** Compares each feed's life, bounds and messages; answers how many there are. */
async function compareFeeds(from: MoveEnd, to: MoveEnd): Promise<number> {
  const others = flat(to.feeds())[Symbol.asyncIterator]()
  let feeds = 0
  for await (const row of flat(from.feeds())) {
    const other = await others.next()
    if (other.done === true || JSON.stringify(other.value) !== JSON.stringify(row))
      throw new MoveError(`the feed ${String(row[0])} did not come over as it was`)
    feeds += 1
  }
  return feeds
}

async function* flat(batches: Batches): AsyncGenerator<Row, undefined> {
  for await (const rows of batches) yield* rows
  return undefined
}
