import type { DueWork, PushKey, PushRow, Shown } from '../../contracts/push-ledger'
import type {
  DeviceRow,
  FollowedFeed,
  FollowRow,
  ListedDeviceRow,
  PrincipalRow,
  Reads,
  RegistrationRow,
  TokenRow,
  UserRow,
} from '../rows'
import { nudgeReads } from './nudge-reads'
import { PUSH_COLUMNS, RECORD_COLUMNS, recordsWhere } from './push-rows'
import { readRecord, readShown, type RecordText, type WithText } from '../push-text'
import type { Sql } from './sql'

type Asked<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends (...args: infer Args) => infer Result
    ? (sql: Sql, ...args: Args) => Promise<Result>
    : never
}

const TOKEN_COLUMNS =
  'tokens.id, tokens."user", tokens.label, tokens.scopes, tokens.created, tokens.expires, tokens.revoked'

const people: Pick<
  Asked<Reads>,
  'users' | 'user' | 'principal' | 'tokens' | 'token' | 'signInCodes' | 'signInCode'
> = {
  users: (sql) => sql.rows<UserRow>('SELECT id, name, created, disabled FROM users ORDER BY id'),

  user: (sql, id) => sql.row<UserRow>('SELECT id, name, created, disabled FROM users WHERE id = $1', id),

  principal: (sql, hash) =>
    sql.row<PrincipalRow>(
      `SELECT ${TOKEN_COLUMNS}, users.name, users.disabled
       FROM tokens LEFT JOIN users ON users.id = tokens."user" WHERE tokens.hash = $1`,
      hash,
    ),

  tokens: (sql, user) =>
    sql.rows<TokenRow>(
      `SELECT ${TOKEN_COLUMNS} FROM tokens WHERE "user" IS NOT DISTINCT FROM $1 AND revoked IS NULL ORDER BY created, id`,
      user,
    ),

  token: (sql, id) =>
    sql.row<TokenRow & { used: number | null }>(
      `SELECT ${TOKEN_COLUMNS}, tokens.used FROM tokens WHERE id = $1`,
      id,
    ),

  signInCodes: (sql, user, now) =>
    sql.rows(
      'SELECT id, created, expires FROM sign_in_codes WHERE "user" = $1 AND expires > $2 ORDER BY created, id',
      ...[user, now],
    ),

  signInCode: (sql, hash) =>
    sql.row(
      `SELECT c."user", c.expires FROM sign_in_codes AS c JOIN users AS u ON u.id = c."user"
       WHERE c.hash = $1 AND u.disabled IS NULL`,
      hash,
    ),
}

const DEVICE_COLUMNS = `d."user", d.id, d.expires, d.platform, d.locale, d.time_zone, d.notifications, d.preview,
  d.sound, d.quiet_from, d.quiet_to, d.ended`

const CAN_BE_RUNG = 'EXISTS (SELECT 1 FROM registrations AS r WHERE r."user" = d."user" AND r.device = d.id)'

const devices: Pick<
  Asked<Reads>,
  'listedDevices' | 'device' | 'registrations' | 'liveDevices' | 'followers' | 'devices'
> = {
  listedDevices: (sql, user) =>
    sql.rows<ListedDeviceRow>(
      `SELECT d.id, d.session, d.platform, d.app, d.created, d.seen, d.updated, d.expires, ${CAN_BE_RUNG}::int AS push
       FROM devices AS d WHERE d."user" = $1 AND d.ended IS NULL ORDER BY d.id`,
      user,
    ),

  device: (sql, user, device) =>
    sql.row<DeviceRow>(
      `SELECT ${DEVICE_COLUMNS} FROM devices AS d WHERE d."user" = $1 AND d.id = $2`,
      user,
      device,
    ),

  registrations: (sql, user, device) =>
    sql.rows<RegistrationRow>(
      `SELECT provider, app, environment, kind, token, keys, registered FROM registrations
       WHERE "user" = $1 AND device = $2 ORDER BY position`,
      ...[user, device],
    ),

  liveDevices: (sql) => sql.rows('SELECT "user", id AS device FROM devices WHERE live = 1'),

  followers: (sql, feed, after, limit) =>
    sql.rows<DeviceRow & FollowRow>(
      `SELECT ${DEVICE_COLUMNS}, f.muted, reads.epoch, reads.ranges
       FROM follows AS f JOIN devices AS d ON d."user" = f."user"
         LEFT JOIN reads ON reads."user" = f."user" AND reads.feed = f.feed
       WHERE f.feed = $1 AND f."user" >= $2 AND (f."user" > $2 OR d.id > $3) AND d.ended IS NULL AND ${CAN_BE_RUNG}
       ORDER BY f."user", d.id LIMIT $4`,
      ...[feed, after.user, after.device, limit],
    ),

  devices: (sql, { feed, only, since, after, limit }) =>
    sql.rows<DeviceRow>(
      `SELECT ${DEVICE_COLUMNS} FROM follows AS f JOIN devices AS d ON d."user" = f."user"
       WHERE f.feed = $1 AND f."user" >= $2 AND (f."user" > $2 OR d.id > $3)
         AND ($4::text IS NULL OR f."user" = $4) AND (d.ended IS NULL OR d.ended > $5)
       ORDER BY f."user", d.id LIMIT $6`,
      ...[feed, after.user, after.device, only ?? null, since, limit],
    ),
}

type FollowedRow = FollowRow & { feed: string; present: string; from: number; head: number }

const FOLLOWED = `
  SELECT f.muted, reads.epoch, reads.ranges, f.feed, feeds.epoch AS present, feeds.first AS "from", feeds.head
  FROM follows AS f JOIN feeds ON feeds.name = f.feed LEFT JOIN reads ON reads."user" = f."user" AND reads.feed = f.feed
  WHERE f."user" = $1`

const toFollowed = ({ muted, epoch, ranges, feed, present, from, head }: FollowedRow): FollowedFeed => ({
  ...{ muted, epoch, ranges },
  head: { feed, epoch: present, from, head },
})

const following: Pick<Asked<Reads>, 'follows' | 'follow' | 'countFollowers' | 'ack'> = {
  follows: async (sql, user) => (await sql.rows<FollowedRow>(FOLLOWED, user)).map(toFollowed),

  async follow(sql, user, feed) {
    const row = await sql.row<FollowedRow>(`${FOLLOWED} AND f.feed = $2`, user, feed)
    return row && toFollowed(row)
  },

  async countFollowers(sql, feed) {
    const row = await sql.row<{ count: number }>(
      'SELECT count(*) AS count FROM follows WHERE feed = $1',
      feed,
    )
    return row?.count ?? 0
  },

  ack: (sql, user, device, feed) =>
    sql.row(
      'SELECT epoch, seq, time FROM acks WHERE "user" = $1 AND device = $2 AND feed = $3',
      ...[user, device, feed],
    ),
}

const isDue = (table: keyof DueWork): string =>
  `EXISTS (SELECT 1 FROM ${table} WHERE due <= $1 AND claimed_until <= $1) AS ${table}`

const DUE = `SELECT ${isDue('sweeps')}, ${isDue('pushes')}, ${isDue('nudges')}`

const work: Pick<Asked<Reads>, 'dueWork' | 'sweepDue' | 'countReady'> = {
  async dueWork(sql, now) {
    const none = { sweeps: false, pushes: false, nudges: false }
    return (await sql.row<DueWork>(DUE, now)) ?? none
  },

  async sweepDue(sql, feed, seq) {
    const row = await sql.row<{ due: number }>(
      'SELECT due FROM sweeps WHERE feed = $1 AND first <= $2 AND last >= $2 LIMIT 1',
      ...[feed, seq],
    )
    return row?.due
  },

  async countReady(sql, now, limit) {
    const row = await sql.row<{ ready: number }>(
      'SELECT count(*) AS ready FROM (SELECT 1 FROM pushes WHERE due <= $1 LIMIT $2) AS due',
      ...[now, limit],
    )
    return row?.ready ?? 0
  },
}

const pushes: Pick<
  Asked<Reads>,
  'recentPushes' | 'countPushes' | 'standing' | 'pushedTo' | 'shownAs' | 'pushBefore' | 'deadPushes'
> = {
  async recentPushes(sql, { user, device }, since, limit) {
    const rows = await sql.rows<{ accepted: number }>(
      `SELECT max(accepted) AS accepted FROM pushes WHERE "user" = $1 AND device = $2 AND accepted > $3
       GROUP BY push ORDER BY max(accepted) DESC LIMIT $4`,
      ...[user, device, since, limit],
    )
    return rows.map(({ accepted }) => accepted)
  },

  async countPushes(sql, { user, device }, since) {
    const row = await sql.row<{ count: number; first: number | null }>(
      `SELECT count(DISTINCT push) AS count, min(accepted) AS first FROM pushes
       WHERE "user" = $1 AND device = $2 AND accepted > $3`,
      ...[user, device, since],
    )
    return row ?? { count: 0, first: null }
  },

  async standing(sql, { user, device }, limit) {
    const select = async (condition: string): Promise<PushRow[]> => {
      const rows = await sql.rows<WithText<PushRow>>(
        `SELECT ${PUSH_COLUMNS} FROM pushes AS p WHERE p."user" = $1 AND p.device = $2 AND ${condition}
         ORDER BY p.created DESC LIMIT $3`,
        ...[user, device, limit],
      )
      return rows.map(readShown)
    }
    const [taken, perhaps] = await Promise.all([
      select(`p.accepted IS NOT NULL AND p.acked IS NULL AND p.state = 'pushed'`),
      select(`p.due IS NOT NULL AND p.state = 'waiting' AND (p.unknown = 1 OR p.claimed_until > 0)`),
    ])
    return { taken, perhaps }
  },

  pushedTo: (sql, { user, device }) =>
    sql.rows(
      `SELECT feed, epoch, first, last FROM pushes
       WHERE "user" = $1 AND device = $2 AND accepted IS NOT NULL AND acked IS NULL`,
      ...[user, device],
    ),

  async shownAs(sql, collapse) {
    const rows = await sql.rows<WithText<PushKey & Shown & { from: number }>>(
      `SELECT p."user", p.device, p.feed, p.epoch, p.first, p.last, p.shown, feeds.first AS "from"
       FROM pushes AS p JOIN feeds ON feeds.name = p.feed
       WHERE p.collapse = $1 AND (p.accepted IS NOT NULL OR p.unknown = 1 OR p.claimed_until > 0)`,
      collapse,
    )
    return rows.map(readShown)
  },

  async pushBefore(sql, { user, device }, feed, epoch, seq) {
    const [row] = await recordsWhere(
      sql,
      `p."user" = $1 AND p.device = $2 AND p.feed = $3 AND p.epoch = $4 AND p.first <= $5
       ORDER BY p.first DESC LIMIT 1`,
      ...[user, device, feed, epoch, seq],
    )
    return row
  },

  async deadPushes(sql, limit) {
    const rows = await sql.rows<RecordText & { message: string | null }>(
      `SELECT ${RECORD_COLUMNS}, (SELECT m.id FROM messages AS m JOIN feeds ON feeds.id = m.feed
         WHERE feeds.name = p.feed AND feeds.epoch = p.epoch AND m.seq = p.first) AS message
       FROM pushes AS p WHERE p.state = 'dead' ORDER BY p.created DESC LIMIT $1`,
      limit,
    )
    return rows.map(readRecord)
  },
}

export const reads: Asked<Reads> = {
  ...people,
  ...devices,
  ...following,
  ...work,
  ...pushes,
  ...nudgeReads,

  async clockKnown(sql) {
    return (await sql.row<{ known: number }>('SELECT known FROM clock'))?.known
  },

  async counts(sql) {
    const row = await sql.row<{ users: number; feeds: number; messages: number }>(
      `SELECT (SELECT count(*) FROM users) AS users, count(*) AS feeds,
         coalesce(sum(head - first + 1), 0)::bigint AS messages FROM feeds`,
    )
    return row ?? { users: 0, feeds: 0, messages: 0 }
  },
}
