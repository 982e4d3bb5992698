import type { DueWork, PushCount, PushKey, PushRow, Shown, Span } from '../../contracts/push-ledger'
import type { Reads } from '../rows'
import { readRecord, readShown, type RecordText, type WithText } from '../push-text'
import { PUSH_COLUMNS, recordsWhere, RECORD_COLUMNS } from './push-rows'
import type { Look } from './source'
import { allRows, asList, getList, getRow } from './statements'

const isDue = (table: keyof DueWork): string =>
  `EXISTS (SELECT 1 FROM ${table} WHERE due <= ? AND claimed_until <= ?) AS ${table}`

/** One statement for all kinds: it runs after each commit of messages. */
const DUE = `SELECT ${isDue('sweeps')}, ${isDue('pushes')}, ${isDue('nudges')}`

const work: Pick<Look<Reads>, 'dueWork' | 'sweepDue' | 'countReady'> = {
  dueWork({ db }, now) {
    const due = getRow<Record<keyof DueWork, number>>(db, DUE, ...Array<number>(6).fill(now))
    return { sweeps: due?.sweeps === 1, pushes: due?.pushes === 1, nudges: due?.nudges === 1 }
  },

  sweepDue: ({ db }, feed, seq) =>
    getRow<{ due: number }>(
      db,
      'SELECT due FROM sweeps WHERE feed = ? AND first <= ? AND last >= ? LIMIT 1',
      ...[feed, seq, seq],
    )?.due,

  countReady: ({ db }, now, limit) =>
    getRow<{ ready: number }>(
      db,
      'SELECT count(*) AS ready FROM (SELECT 1 FROM pushes WHERE due <= ? LIMIT ?)',
      ...[now, limit],
    )?.ready ?? 0,
}

const PUSHED = asList(
  `SELECT feed, epoch, first, last FROM pushes
   WHERE user = ? AND device = ? AND accepted IS NOT NULL AND acked IS NULL`,
  ['feed', 'epoch', 'first', 'last'],
)

const pushes: Pick<
  Look<Reads>,
  'recentPushes' | 'countPushes' | 'standing' | 'pushedTo' | 'shownAs' | 'pushBefore' | 'deadPushes'
> = {
  recentPushes: ({ db }, { user, device }, since, limit) =>
    allRows<{ accepted: number }>(
      db,
      `SELECT max(accepted) AS accepted FROM pushes WHERE user = ? AND device = ? AND accepted > ?
       GROUP BY push ORDER BY accepted DESC LIMIT ?`,
      ...[user, device, since, limit],
    ).map(({ accepted }) => accepted),

  countPushes({ db }, { user, device }, since) {
    const row = getRow<PushCount>(
      db,
      `SELECT count(DISTINCT push) AS count, min(accepted) AS first FROM pushes
       WHERE user = ? AND device = ? AND accepted > ?`,
      ...[user, device, since],
    )
    return { count: row?.count ?? 0, first: row?.first ?? null }
  },

  standing({ db }, { user, device }, limit) {
    const select = (index: string, condition: string): PushRow[] =>
      allRows<WithText<PushRow>>(
        db,
        `SELECT ${PUSH_COLUMNS} FROM pushes INDEXED BY ${index} WHERE user = ? AND device = ? AND ${condition}
         ORDER BY created DESC LIMIT ?`,
        ...[user, device, limit],
      ).map(readShown)
    return {
      taken: select('pushes_unacked', `accepted IS NOT NULL AND acked IS NULL AND state = 'pushed'`),
      perhaps: select(
        'pushes_open',
        `due IS NOT NULL AND state = 'waiting' AND (unknown = 1 OR claimed_until > 0)`,
      ),
    }
  },

  pushedTo: ({ db }, { user, device }) => getList<Span>(db, PUSHED, user, device),

  shownAs: ({ db }, collapse) =>
    allRows<WithText<PushKey & Shown & { from: number }>>(
      db,
      `SELECT user, device, feed, pushes.epoch, pushes.first, last, shown, feeds.first AS "from"
       FROM pushes JOIN feeds ON feeds.name = pushes.feed
       WHERE collapse = ? AND (accepted IS NOT NULL OR unknown = 1 OR claimed_until > 0)`,
      collapse,
    ).map(readShown),

  pushBefore: ({ db }, { user, device }, feed, epoch, seq) =>
    recordsWhere(
      db,
      'user = ? AND device = ? AND feed = ? AND epoch = ? AND first <= ? ORDER BY first DESC LIMIT 1',
      ...[user, device, feed, epoch, seq],
    )[0],

  deadPushes: ({ db }, limit) =>
    allRows<RecordText & { message: string | null }>(
      db,
      `SELECT ${RECORD_COLUMNS}, (SELECT messages.id FROM messages JOIN feeds ON feeds.id = messages.feed
         WHERE feeds.name = pushes.feed AND feeds.epoch = pushes.epoch AND messages.seq = pushes.first) AS message
       FROM pushes WHERE state = 'dead' ORDER BY created DESC LIMIT ?`,
      limit,
    ).map(readRecord),
}

/** What escalation asks. */
export const pushReads = { ...work, ...pushes }
