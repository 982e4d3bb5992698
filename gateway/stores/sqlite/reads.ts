import type { DeviceKey } from '../../contracts/devices'
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
import { pushReads } from './push-reads'
import type { Look, Source } from './source'
import { allRows, asList, getList, getRow } from './statements'
import { isShut } from './user-rows'

/** Feeds whose followers are remembered: names can be made without end. */
const MAX_COUNTED = 10_000

const TOKEN_COLUMNS = 'id, user, label, scopes, created, expires, revoked'

const people: Pick<
  Look<Reads>,
  'users' | 'user' | 'principal' | 'tokens' | 'token' | 'signInCodes' | 'signInCode'
> = {
  users: ({ db }) =>
    allRows<UserRow>(db, 'SELECT id, name, created, disabled FROM users ORDER BY id').map(
      ({ id, name, created, disabled }) => ({ id, name, created, disabled }),
    ),

  user: ({ db }, id) => getRow<UserRow>(db, 'SELECT id, name, created, disabled FROM users WHERE id = ?', id),

  /** In one read: each device that comes back needs both. */
  principal: ({ db }, hash) =>
    getRow<PrincipalRow>(
      db,
      `SELECT tokens.id, tokens.user, tokens.label, tokens.scopes, tokens.created, tokens.expires, tokens.revoked,
         users.name, users.disabled
       FROM tokens LEFT JOIN users ON users.id = tokens.user WHERE tokens.hash = ?`,
      hash,
    ),

  tokens: ({ db }, user) =>
    allRows<TokenRow>(
      db,
      `SELECT ${TOKEN_COLUMNS} FROM tokens WHERE user IS ? AND revoked IS NULL ORDER BY created`,
      user,
    ),

  token: ({ db }, id) =>
    getRow<TokenRow & { used: number | null }>(
      db,
      `SELECT ${TOKEN_COLUMNS}, used FROM tokens WHERE id = ?`,
      id,
    ),

  signInCodes: ({ db }, user, now) =>
    allRows<{ id: string; created: number; expires: number }>(
      db,
      'SELECT id, created, expires FROM sign_in_codes WHERE user = ? AND expires > ? ORDER BY created, id',
      ...[user, now],
    ).map(({ id, created, expires }) => ({ id, created, expires })),

  signInCode({ db }, hash) {
    const found = getRow<{ user: string; expires: number }>(
      db,
      'SELECT user, expires FROM sign_in_codes WHERE hash = ?',
      hash,
    )
    return found && !isShut(db, found.user) ? found : undefined
  },
}

/** The columns of a DeviceRow, of a table that is called `devices` in the query. */
const DEVICE_COLUMNS = `devices.user, devices.id, devices.expires, devices.platform, devices.locale,
  devices.time_zone, devices.notifications, devices.preview, devices.sound, devices.quiet_from, devices.quiet_to,
  devices.ended`

const CAN_BE_RUNG =
  'EXISTS (SELECT 1 FROM registrations AS r WHERE r.user = devices.user AND r.device = devices.id)'

const devices: Pick<
  Look<Reads>,
  'listedDevices' | 'device' | 'registrations' | 'liveDevices' | 'followers' | 'devices'
> = {
  listedDevices: ({ db }, user) =>
    allRows<ListedDeviceRow>(
      db,
      `SELECT id, session, platform, app, created, seen, updated, expires, ${CAN_BE_RUNG} AS push
       FROM devices WHERE user = ? AND ended IS NULL ORDER BY id`,
      user,
    ),

  device: ({ db }, user, device) =>
    getRow<DeviceRow>(db, `SELECT ${DEVICE_COLUMNS} FROM devices WHERE user = ? AND id = ?`, user, device),

  registrations: ({ db }, user, device) =>
    allRows<RegistrationRow>(
      db,
      `SELECT provider, app, environment, kind, token, keys, registered FROM registrations
       WHERE user = ? AND device = ? ORDER BY position`,
      ...[user, device],
    ),

  liveDevices: ({ db }) =>
    allRows<DeviceKey>(db, 'SELECT user, id AS device FROM devices WHERE live = 1').map(
      ({ user, device }) => ({ user, device }),
    ),

  followers: ({ db }, feed, after, limit) =>
    allRows<DeviceRow & FollowRow>(
      db,
      `SELECT ${DEVICE_COLUMNS}, follows.muted, reads.epoch, reads.ranges
       FROM follows JOIN devices ON devices.user = follows.user
         LEFT JOIN reads ON reads.user = follows.user AND reads.feed = follows.feed
       WHERE follows.feed = ? AND follows.user >= ? AND (follows.user > ? OR devices.id > ?) AND devices.ended IS NULL
         AND ${CAN_BE_RUNG}
       ORDER BY follows.user, devices.id LIMIT ?`,
      ...[feed, after.user, after.user, after.device, limit],
    ),

  devices: ({ db }, { feed, only, since, after, limit }) =>
    allRows<DeviceRow>(
      db,
      `SELECT ${DEVICE_COLUMNS} FROM follows JOIN devices ON devices.user = follows.user
       WHERE follows.feed = ? AND follows.user >= ? AND (follows.user > ? OR devices.id > ?)
         AND (? IS NULL OR follows.user = ?) AND (devices.ended IS NULL OR devices.ended > ?)
       ORDER BY follows.user, devices.id LIMIT ?`,
      ...[feed, after.user, after.user, after.device, only ?? null, only ?? null, since, limit],
    ),
}

type FollowOfFeed = FollowRow & { readonly feed: string }

const SELECT_FOLLOWS = `
  SELECT follows.feed, follows.muted, reads.epoch, reads.ranges
  FROM follows LEFT JOIN reads ON reads.user = follows.user AND reads.feed = follows.feed
  WHERE follows.user = ?`

const SELECT_FOLLOW = `${SELECT_FOLLOWS} AND follows.feed = ?`

const LIST_FOLLOWS = asList(SELECT_FOLLOWS, ['feed', 'muted', 'epoch', 'ranges'])

/** With its feed's head; nothing for a feed that is gone. */
function withHead({ heads }: Source, { feed, muted, epoch, ranges }: FollowOfFeed): FollowedFeed[] {
  const head = heads.get(feed)
  return head ? [{ muted, epoch, ranges, head }] : []
}

const following: Pick<Look<Reads>, 'follows' | 'follow' | 'countFollowers' | 'ack'> = {
  follows: (source, user) =>
    getList<FollowOfFeed>(source.db, LIST_FOLLOWS, user).flatMap((row) => withHead(source, row)),

  follow(source, user, feed) {
    const row = getRow<FollowOfFeed>(source.db, SELECT_FOLLOW, user, feed)
    return row && withHead(source, row)[0]
  },

  countFollowers({ db, followers }, feed) {
    const known = followers.get(feed)
    if (known !== undefined) return known
    const row = getRow<{ count: number }>(db, 'SELECT count(*) AS count FROM follows WHERE feed = ?', feed)
    const count = row?.count ?? 0
    if (followers.size >= MAX_COUNTED) followers.clear()
    followers.set(feed, count)
    return count
  },

  ack: ({ db }, user, device, feed) =>
    getRow<{ epoch: string; seq: number; time: number }>(
      db,
      'SELECT epoch, seq, time FROM acks WHERE user = ? AND device = ? AND feed = ?',
      ...[user, device, feed],
    ),
}

/** What the embedded store is asked by name. */
export const reads: Look<Reads> = {
  ...people,
  ...devices,
  ...following,
  ...pushReads,
  ...nudgeReads,

  clockKnown: ({ db }) => getRow<{ known: number }>(db, 'SELECT known FROM clock')?.known,

  /** Counts rows of the small tables; messages are counted by their feeds' heads and never one by one. */
  counts: ({ db }) =>
    getRow<{ users: number; feeds: number; messages: number }>(
      db,
      `SELECT (SELECT count(*) FROM users) AS users, count(*) AS feeds,
         coalesce(sum(head - first + 1), 0) AS messages FROM feeds`,
    ) ?? { users: 0, feeds: 0, messages: 0 },
}
