import type { DeliveryEvent } from '@herald/protocol'
import type { NewPush, PushKey, PushRow } from '../../contracts/push-ledger'
import { columns, type Sql } from './sql'

const KEY = ['user', 'device', 'feed', 'epoch', 'first'] as const

/** What a change of a push may change, with the type that the database has for it. */
const CHANGING = {
  epoch: 'text',
  state: 'text',
  reason: 'text',
  created: 'bigint',
  due: 'bigint',
  attempts: 'bigint',
  position: 'bigint',
  unknown: 'bigint',
  push: 'text',
  collapse: 'text',
  handle: 'text',
  provider: 'text',
  ref: 'text',
  accepted: 'bigint',
  acked: 'bigint',
  shown: 'text',
  trail: 'text',
} as const satisfies Partial<Record<keyof PushRow, 'text' | 'bigint'>>

type Changing = keyof typeof CHANGING

const NAMES = Object.keys(CHANGING) as Changing[]

/** The columns of a PushRow, of a table that is called as given in the query. */
export const pushColumns = (table: string): string =>
  ['"user"', 'device', 'feed', 'epoch', 'first', 'last', ...NAMES.filter((name) => name !== 'epoch')]
    .map((column) => `${table}.${column}`)
    .join(', ')

/** Rows of a key, as a table `k` of one statement: `FROM ${KEYS} JOIN pushes AS p ON ${ON_KEY}`. */
export const KEYS =
  'unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) WITH ORDINALITY AS k (u, d, f, e, s, place)'
export const ON_KEY = 'p."user" = k.u AND p.device = k.d AND p.feed = k.f AND p.epoch = k.e AND p.first = k.s'

export const keyColumns = (keys: readonly PushKey[]): unknown[][] => columns(keys, ...KEY)

const SELECT_BY_KEY = `SELECT ${pushColumns('p')} FROM ${KEYS} JOIN pushes AS p ON ${ON_KEY} ORDER BY k.place`

/** The rows of keys, in their order; those that are not there any more are left out. */
export const rowsOf = (sql: Sql, keys: readonly PushKey[]): Promise<PushRow[]> =>
  sql.rows<PushRow>(SELECT_BY_KEY, ...keyColumns(keys))

const NEW_COLUMNS = NAMES.map((name) => `n_${name}`)

const UPDATE = (isReleased: boolean): string => `
  UPDATE pushes AS p SET ${NAMES.map((name) => `${name} = c.n_${name}`).join(', ')}${isReleased ? ', claimed_until = 0' : ''}
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], ${NAMES.map(
    (name, index) => `$${String(index + 6)}::${CHANGING[name]}[]`,
  ).join(', ')}) AS c (u, d, f, e, s, ${NEW_COLUMNS.join(', ')})
  WHERE p."user" = c.u AND p.device = c.d AND p.feed = c.f AND p.epoch = c.e AND p.first = c.s`

const UPDATE_RELEASED = UPDATE(true)
const UPDATE_KEPT = UPDATE(false)

/** A row as it was found, and as it is to be. */
export interface Change {
  readonly before: PushKey
  readonly after: PushRow
}

/** Writes rows. @param isReleased whether they are free for others again */
export async function saveRows(sql: Sql, changes: readonly Change[], isReleased: boolean): Promise<void> {
  if (changes.length === 0) return
  await sql.change(
    isReleased ? UPDATE_RELEASED : UPDATE_KEPT,
    ...keyColumns(changes.map(({ before }) => before)),
    ...columns(
      changes.map(({ after }) => after),
      ...NAMES,
    ),
  )
}

/** Adds rows, but for those that an earlier stage of the same sweep has made. Answers how many were made. */
export async function insertPushes(sql: Sql, pushes: readonly NewPush[]): Promise<number> {
  if (pushes.length === 0) return 0
  const rows = pushes.map((push) => ({
    ...push,
    trail: JSON.stringify([{ time: push.now, reason: push.reason } satisfies DeliveryEvent]),
  }))
  return sql.change(
    `INSERT INTO pushes ("user", device, feed, epoch, first, last, state, reason, created, due, trail)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[],
       $8::text[], $9::bigint[], $10::bigint[], $11::text[])
     ON CONFLICT DO NOTHING`,
    ...columns(rows, ...KEY, 'last', 'state', 'reason', 'now', 'due', 'trail'),
  )
}
