import type { NewPush, PushKey, PushRecord } from '../../contracts/push-ledger'
import { firstStep } from '../push-rules'
import { readRecord, toText, type RecordText } from '../push-text'
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
} as const satisfies Partial<Record<keyof PushRecord, 'text' | 'bigint'>>

type Changing = keyof typeof CHANGING

const NAMES = Object.keys(CHANGING) as Changing[]

/** The columns of a record, and those of a row without its trail, of the table `p` of a query. */
export const RECORD_COLUMNS = ['"user"', 'device', 'feed', 'first', 'last', ...NAMES]
  .map((column) => `p.${column}`)
  .join(', ')
export const PUSH_COLUMNS = RECORD_COLUMNS.replace(', p.trail', '')

/** Rows of a key, as a table `k` of one statement: `FROM ${KEYS} JOIN pushes AS p ON ${ON_KEY}`. */
export const KEYS =
  'unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) WITH ORDINALITY AS k (u, d, f, e, s, place)'
export const ON_KEY = 'p."user" = k.u AND p.device = k.d AND p.feed = k.f AND p.epoch = k.e AND p.first = k.s'

export const keyColumns = (keys: readonly PushKey[]): unknown[][] => columns(keys, ...KEY)

const SELECT_BY_KEY = `SELECT ${RECORD_COLUMNS} FROM ${KEYS} JOIN pushes AS p ON ${ON_KEY} ORDER BY k.place`

/** The rows of keys, in their order; those that are not there any more are left out. */
export const recordsOf = async (sql: Sql, keys: readonly PushKey[]): Promise<PushRecord[]> =>
  (await sql.rows<RecordText>(SELECT_BY_KEY, ...keyColumns(keys))).map(readRecord)

/** Records that a condition on the table `p` holds for. */
export const recordsWhere = async (
  sql: Sql,
  condition: string,
  ...values: readonly unknown[]
): Promise<PushRecord[]> =>
  (await sql.rows<RecordText>(`SELECT ${RECORD_COLUMNS} FROM pushes AS p WHERE ${condition}`, ...values)).map(
    readRecord,
  )

const NEW_COLUMNS = NAMES.map((name) => `n_${name}`)

const UPDATE = (isReleased: boolean): string => `
  UPDATE pushes AS p SET ${NAMES.map((name) => `${name} = c.n_${name}`).join(', ')}${isReleased ? ', claimed_until = 0' : ''}
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], ${NAMES.map(
    (name, index) => `$${String(index + 6)}::${CHANGING[name]}[]`,
  ).join(', ')}) AS c (u, d, f, e, s, ${NEW_COLUMNS.join(', ')})
  WHERE p."user" = c.u AND p.device = c.d AND p.feed = c.f AND p.epoch = c.e AND p.first = c.s`

const UPDATE_RELEASED = UPDATE(true)
const UPDATE_KEPT = UPDATE(false)

/** A record as it was found, and as it is to be. */
export interface Change {
  readonly before: PushKey
  readonly after: PushRecord
}

/** Writes records. @param isReleased whether they are free for others again */
export async function saveRecords(sql: Sql, changes: readonly Change[], isReleased: boolean): Promise<void> {
  if (changes.length === 0) return
  await sql.change(
    isReleased ? UPDATE_RELEASED : UPDATE_KEPT,
    ...keyColumns(changes.map(({ before }) => before)),
    ...columns(
      changes.map(({ after }) => toText(after)),
      ...NAMES,
    ),
  )
}

/** Adds rows, but for those that an earlier stage of the same sweep has made. Answers how many were made. */
export async function insertPushes(sql: Sql, pushes: readonly NewPush[]): Promise<number> {
  if (pushes.length === 0) return 0
  const rows = pushes.map((push) => ({
    ...push,
    trail: JSON.stringify([firstStep(push)]),
  }))
  return sql.change(
    `INSERT INTO pushes ("user", device, feed, epoch, first, last, state, reason, created, due, trail)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[],
       $8::text[], $9::bigint[], $10::bigint[], $11::text[])
     ON CONFLICT DO NOTHING`,
    ...columns(rows, ...KEY, 'last', 'state', 'reason', 'now', 'due', 'trail'),
  )
}
