type ColumnType = 'text' | 'bigint'

/** A table that goes along when a store moves, as both engines have it. */
export interface MovedTable {
  readonly name: string
  /** In the order in which rows are carried. */
  readonly columns: Readonly<Record<string, ColumnType>>
  /** Its primary key: rows are read in this order, which is the same on both engines (texts go by bytes). */
  readonly key: readonly string[]
  /** The column that the engine numbers by itself; the numbers are kept, and go on behind the highest. */
  readonly numbered?: string
}

/** Every value of a row, in the order of the table's columns. */
export type Row = readonly (string | number | null)[]

const t = 'text'
const n = 'bigint'

/**
 * Everything that a store keeps of users, messages and pushes, users first. Rows go as they are: epochs, seqs, ids, hashes
 * of tokens, keys. A claim of a gateway that has stopped is known as such at the next start, as after any other stop.
 */
export const MOVED_TABLES: readonly MovedTable[] = [
  { name: 'secrets', columns: { name: t, value: t }, key: ['name'] },
  { name: 'users', columns: { id: t, name: t, created: n, disabled: n }, key: ['id'] },
  { name: 'removed_users', columns: { id: t, time: n }, key: ['id'] },
  {
    name: 'tokens',
    columns: {
      ...{ id: t, hash: t, user: t, label: t, scopes: t },
      ...{ created: n, expires: n, revoked: n, used: n },
    },
    key: ['id'],
  },
  {
    name: 'sign_in_codes',
    columns: { hash: t, id: t, user: t, created: n, expires: n },
    key: ['hash'],
  },
  {
    name: 'feeds',
    columns: { id: n, name: t, epoch: t, first: n, head: n, last_time: n },
    key: ['id'],
    numbered: 'id',
  },
  { name: 'messages', columns: { feed: n, seq: n, id: t, time: n, json: t }, key: ['feed', 'seq'] },
  {
    name: 'publishes',
    columns: { scope: t, key: t, fingerprint: t, answer: t, time: n },
    key: ['scope', 'key'],
  },
  { name: 'follows', columns: { user: t, feed: t, muted: n }, key: ['user', 'feed'] },
  { name: 'reads', columns: { user: t, feed: t, epoch: t, ranges: t }, key: ['user', 'feed'] },
  {
    name: 'acks',
    columns: { user: t, device: t, feed: t, epoch: t, seq: n, time: n },
    key: ['user', 'device', 'feed'],
  },
  {
    name: 'devices',
    columns: {
      ...{ user: t, id: t, session: t, expires: n, platform: t, app: t, locale: t, time_zone: t },
      ...{ notifications: n, preview: n, sound: n, quiet_from: t, quiet_to: t, live: n },
      ...{ updated: n, ended: n, created: n, seen: n },
    },
    key: ['user', 'id'],
  },
  {
    name: 'registrations',
    columns: {
      ...{ provider: t, app: t, environment: t, kind: t, token: t, keys: t },
      ...{ user: t, device: t, position: n, registered: n },
    },
    key: ['provider', 'app', 'environment', 'kind', 'token'],
  },
  {
    name: 'sweeps',
    columns: {
      ...{ id: n, feed: t, epoch: t, first: n, last: n, stage: t, created: n, due: n },
      ...{ after_user: t, after_device: t, owner: t, claimed_until: n },
    },
    key: ['id'],
    numbered: 'id',
  },
  {
    name: 'pushes',
    columns: {
      ...{
        user: t,
        device: t,
        feed: t,
        epoch: t,
        first: n,
        last: n,
        state: t,
        reason: t,
        created: n,
        due: n,
      },
      ...{
        owner: t,
        claimed_until: n,
        attempts: n,
        unknown: n,
        position: n,
        push: t,
        collapse: t,
        handle: t,
      },
      ...{ provider: t, ref: t, accepted: n, acked: n, shown: t, trail: t },
    },
    key: ['user', 'device', 'feed', 'epoch', 'first'],
  },
  {
    name: 'chat_nodes',
    columns: { node: t, user: t, device: t, account: t, domain: t, component: t, registered: n },
    key: ['node'],
  },
  {
    name: 'nudges',
    columns: {
      ...{ id: t, node: t, user: t, device: t, account: t, sender: t, count: n, created: n },
      ...{ state: t, reason: t, due: n, owner: t, claimed_until: n, attempts: n, position: n, unknown: n },
      ...{ push: t, handle: t, provider: t, ref: t, accepted: n, trail: t },
    },
    key: ['id'],
  },
  { name: 'clock', columns: { id: n, known: n }, key: ['id'] },
  { name: 'restamps', columns: { id: n, first: n, last: n, shift: n }, key: ['id'], numbered: 'id' },
  { name: 'removals', columns: { id: n, user: t, feed: n }, key: ['id'], numbered: 'id' },
]

/** What gateways tell each other while they run, and what their transactions are known by: nothing of it outlives them. */
export const LEFT_TABLES: readonly string[] = ['commits', 'device_claims', 'gateways', 'presence', 'changes']

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ')

export const columnsOf = (table: MovedTable): string => quoted(Object.keys(table.columns))

/** All rows of a table, in the order of its key. */
export const selectAll = (table: MovedTable): string =>
  `SELECT ${columnsOf(table)} FROM ${table.name} ORDER BY ${quoted(table.key)}`

/** Each feed with its life, its bounds, and what there really is of it, by name. */
export const SELECT_FEEDS = `SELECT f.name, f.epoch, f.first, f.head,
    (SELECT count(*) FROM messages AS m WHERE m.feed = f.id) AS messages,
    (SELECT max(seq) FROM messages AS m WHERE m.feed = f.id) AS last
  FROM feeds AS f ORDER BY f.name`
