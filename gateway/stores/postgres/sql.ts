import type { ClientBase, CustomTypesConfig, Pool, QueryConfig } from 'pg'
import { types } from 'pg'

/** Times in ms and seqs stay below 2^53, so a bigint of the database is a number here. */
const toNumber = (text: string): number => Number(text)

export const numberTypes: CustomTypesConfig = {
  getTypeParser: (oid, format): unknown =>
    oid === types.builtins.INT8 ? toNumber : types.getTypeParser(oid, format),
}

/** A statement has one name on all connections, by which the database keeps its plan. There are as many as the code has. */
const names = new Map<string, string>()

function nameOf(sql: string): string {
  let name = names.get(sql)
  if (name === undefined) names.set(sql, (name = `herald_${String(names.size)}`))
  return name
}

/** Asks the database in SQL, with the columns that the caller names in its type. */
export class Sql {
  readonly #asked: ClientBase | Pool
  readonly #limit: { readonly query_timeout?: number }

  /** @param withinMs how long an answer is waited for; as long as for any, when absent */
  constructor(asked: ClientBase | Pool, withinMs?: number) {
    this.#asked = asked
    this.#limit = withinMs === undefined ? {} : { query_timeout: withinMs }
  }

  async rows<Row>(text: string, ...values: readonly unknown[]): Promise<Row[]> {
    const { rows } = await this.#asked.query({
      ...this.#limit,
      name: nameOf(text),
      text,
      values: [...values],
    })
    return rows as Row[]
  }

  async row<Row>(text: string, ...values: readonly unknown[]): Promise<Row | undefined> {
    const [row] = await this.rows<Row>(text, ...values)
    return row
  }

  /** Runs statements without parameters, of which only the effect counts. */
  async script(text: string): Promise<void> {
    await this.#asked.query(text)
  }

  /** Runs a change; resolves to how many rows it touched. */
  async change(text: string, ...values: readonly unknown[]): Promise<number> {
    const { rowCount } = await this.#asked.query({
      ...this.#limit,
      name: nameOf(text),
      text,
      values: [...values],
    })
    return rowCount ?? 0
  }
}

/** Columns of rows, each as a list: a statement takes any number of rows as `unnest` of its parameters. */
export const columns = <Row, Column extends keyof Row>(
  rows: readonly Row[],
  ...names: readonly Column[]
): unknown[][] => names.map((name) => rows.map((row) => row[name]))

/** Commits; the answer is waited for so long, in ms. `pg` has no type for the limit. */
export const commit = (client: ClientBase, withinMs: number): Promise<unknown> =>
  client.query({ text: 'COMMIT', query_timeout: withinMs } as QueryConfig)
