import { missingRanges, unionRanges } from '@herald/protocol'
import { MAX_HIDDEN } from '../storage/storage'
import type { Applied, ChangeOf, Inbox } from './inbox'
import type { FeedRecord } from '../storage/storage'
import { putRecords, raiseFrom, recordIn, unchanged } from './feed-records'

/** A part of the log will not come over the socket: the window begins anew after it. */
export function applyGap(inbox: Inbox, change: ChangeOf<'gap'>): Applied {
  const record = recordIn(inbox, change.feed, change.epoch)
  if (!record) return unchanged(inbox)
  const low = change.to + 1
  const restarted = change.to > record.cursor ? { ...record, low, cursor: change.to } : record
  const known = { ...restarted, head: Math.max(restarted.head, restarted.cursor) }
  const after = change.reason === 'trimmed' ? raiseFrom(known, low) : known
  if (after.low === record.low && after.from === record.from) return unchanged(inbox)
  return withoutRowsBelow(inbox, [after])
}

/** The log has another life: nothing that is held of the feed means anything now. */
export function applyReset(inbox: Inbox, { feed, epoch }: ChangeOf<'reset'>): Applied {
  const record = inbox.feeds[feed]
  if (!record) return unchanged(inbox)
  // The welcome before it has told `from`; without one the log is taken to begin at 1.
  const told = record.epoch === epoch ? record : { ...record, epoch, from: 1, head: 0, read: [] }
  const emptied: FeedRecord = { ...told, low: told.from, cursor: told.from - 1 }
  const rows = inbox.rows.filter((row) => row.feed !== feed)
  const write = { dropFeeds: [feed], feeds: [emptied] }
  return { inbox: { ...inbox, feeds: putRecords(inbox, [emptied]), rows }, write, fresh: [] }
}

/** Somebody read: a union, so that order, repeats and delay do not matter. */
export function applyRead(inbox: Inbox, change: ChangeOf<'read'>): Applied {
  const record = recordIn(inbox, change.feed, change.epoch)
  if (!record) return unchanged(inbox)
  const news = change.ranges.some(([first, last]) => missingRanges(record.read, first, last).length > 0)
  if (!news) return unchanged(inbox)
  const after = { ...record, read: unionRanges(record.read, change.ranges) }
  return { inbox: { ...inbox, feeds: putRecords(inbox, [after]) }, write: { feeds: [after] }, fresh: [] }
}

/** The user left a feed: nothing of it stays. */
export function applyUnfollow(inbox: Inbox, { feed }: ChangeOf<'unfollow'>): Applied {
  if (!inbox.feeds[feed]) return unchanged(inbox)
  const feeds = Object.freeze(
    Object.fromEntries(Object.entries(inbox.feeds).filter(([name]) => name !== feed)),
  )
  const rows = inbox.rows.filter((row) => row.feed !== feed)
  return { inbox: { ...inbox, feeds, rows }, write: { dropFeeds: [feed] }, fresh: [] }
}

/** Rows deleted on this device. Their ids stay, so that history cannot bring them back. */
export function applyHide(inbox: Inbox, { ids }: ChangeOf<'hide'>): Applied {
  const added = ids.filter((id) => !inbox.hidden.has(id))
  if (added.length === 0) return unchanged(inbox)
  const hidden = new Set([...inbox.hidden, ...added].slice(-MAX_HIDDEN))
  const gone = new Set(added)
  const rows = inbox.rows.filter((row) => !gone.has(row.id))
  return { inbox: { ...inbox, rows, hidden }, write: { hidden: added, dropRows: added }, fresh: [] }
}

/** A row takes another's place: read, order and alerts stay as they are. */
export function applyRevise(inbox: Inbox, { message }: ChangeOf<'revise'>): Applied {
  const at = inbox.rows.findIndex(
    ({ id, feed, seq }) => id === message.id && feed === message.feed && seq === message.seq,
  )
  if (at < 0) return unchanged(inbox)
  const rows = inbox.rows.slice()
  rows[at] = Object.freeze(message)
  return { inbox: { ...inbox, rows }, write: { rows: [message] }, fresh: [] }
}

/** This device lets go of old rows; history can bring them again. */
export function applyPrune(inbox: Inbox, { lows }: ChangeOf<'prune'>): Applied {
  const records: FeedRecord[] = []
  for (const [feed, low] of Object.entries(lows)) {
    const record = inbox.feeds[feed]
    if (record && low > record.low) records.push({ ...record, low: Math.min(low, record.cursor + 1) })
  }
  return records.length === 0 ? unchanged(inbox) : withoutRowsBelow(inbox, records)
}

/** Puts records whose windows begin higher now, and drops the rows below. */
function withoutRowsBelow(inbox: Inbox, records: readonly FeedRecord[]): Applied {
  const feeds = putRecords(inbox, records)
  const lows = new Map(records.map((record) => [record.feed, record.low]))
  const rows = inbox.rows.filter((row) => row.seq >= (lows.get(row.feed) ?? 0))
  const dropRowsBelow = records.map(({ feed, low }) => ({ feed, seq: low }))
  return { inbox: { ...inbox, feeds, rows }, write: { feeds: records, dropRowsBelow }, fresh: [] }
}
