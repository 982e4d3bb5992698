import type { FeedState, Message } from '@herald/protocol'
import type { Applied, ChangeOf, Inbox } from './inbox'
import type { FeedRecord } from '../storage/storage'
import { mergeState, newRecord, putRecords, recordIn } from './feed-records'

/** The feeds that a source has at the start of a connection, and those that it has no more. */
export function applyWelcome(inbox: Inbox, change: ChangeOf<'welcome'>): Applied {
  const renewed: string[] = []
  const records = change.feeds.map((state) => {
    const record = recordIn(inbox, state.feed, state.epoch)
    // A cursor ahead of the log: the log was restored, and its seqs name other messages now. A `reset` follows,
    // but nothing of the old log may be sent as read before it comes.
    if (record && record.cursor <= state.head) return mergeState(record, state)
    if (inbox.feeds[state.feed]) renewed.push(state.feed)
    return newRecord(state)
  })
  const told = new Set(change.feeds.map(({ feed }) => feed))
  const gone = new Set(change.gone ?? Object.keys(inbox.feeds).filter((feed) => !told.has(feed)))
  const others = Object.entries(inbox.feeds).filter(([feed]) => !told.has(feed) && !gone.has(feed))
  const feeds = Object.freeze({
    ...Object.fromEntries(others),
    ...Object.fromEntries(records.map((record) => [record.feed, Object.freeze(record)])),
  })
  const dropFeeds = [...renewed, ...Object.keys(inbox.feeds).filter((feed) => !Object.hasOwn(feeds, feed))]
  const trimmed = records.filter((record) => (inbox.feeds[record.feed]?.low ?? record.low) < record.low)
  const rows = keepRows(inbox.rows, feeds, new Set(dropFeeds), trimmed.length > 0)
  const dropRowsBelow = trimmed.map(({ feed, low }) => ({ feed, seq: low }))
  return { inbox: { ...inbox, feeds, rows }, write: { feeds: records, dropFeeds, dropRowsBelow }, fresh: [] }
}

function keepRows(
  rows: readonly Message[],
  feeds: Inbox['feeds'],
  dropped: ReadonlySet<string>,
  trimmed: boolean,
): readonly Message[] {
  if (dropped.size === 0 && !trimmed) return rows
  return rows.filter((row) => !dropped.has(row.feed) && row.seq >= (feeds[row.feed]?.low ?? Infinity))
}

/** One feed was followed, muted, unmuted or trimmed, here or elsewhere. */
export function applyFeed(inbox: Inbox, { state }: ChangeOf<'feed'>): Applied {
  const record = recordIn(inbox, state.feed, state.epoch)
  if (!record) return startFeed(inbox, state)
  const merged: FeedRecord = mergeState(record, state)
  const trimmed = merged.low > record.low
  const rows = trimmed
    ? inbox.rows.filter((row) => row.feed !== state.feed || row.seq >= merged.low)
    : inbox.rows
  const dropRowsBelow = trimmed ? [{ feed: state.feed, seq: merged.low }] : []
  const write = { feeds: [merged], dropRowsBelow }
  return { inbox: { ...inbox, feeds: putRecords(inbox, [merged]), rows }, write, fresh: [] }
}

/** A feed that is new here begins empty: the gateway sends its newest page, and a gap below that if there is more. */
function startFeed(inbox: Inbox, state: FeedState): Applied {
  const record = newRecord(state)
  const known = inbox.feeds[state.feed] !== undefined
  const rows = known ? inbox.rows.filter((row) => row.feed !== state.feed) : inbox.rows
  const write = { feeds: [record], dropFeeds: known ? [state.feed] : [] }
  return { inbox: { ...inbox, feeds: putRecords(inbox, [record]), rows }, write, fresh: [] }
}
