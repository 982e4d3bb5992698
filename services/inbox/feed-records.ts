import { clipRanges, unionRanges, type FeedState } from '@herald/protocol'
import type { Applied, Inbox } from './inbox'
import type { FeedRecord } from '../storage/storage'

/** A change that changes nothing. */
export const unchanged = (inbox: Inbox): Applied => ({ inbox, write: {}, fresh: [] })

/** The inbox with these records put in. */
export function putRecords(inbox: Inbox, records: readonly FeedRecord[]): Inbox['feeds'] {
  const feeds: Record<string, FeedRecord> = { ...inbox.feeds }
  for (const record of records) feeds[record.feed] = Object.freeze(record)
  return Object.freeze(feeds)
}

/** The record of a feed if it is in this epoch. */
export function recordIn(inbox: Pick<Inbox, 'feeds'>, feed: string, epoch: string): FeedRecord | undefined {
  const record = inbox.feeds[feed]
  return record?.epoch === epoch ? record : undefined
}

/** The record of a feed of which this device holds nothing yet. */
export function newRecord({ feed, epoch, from, head, read, muted }: FeedState): FeedRecord {
  return { feed, epoch, from, head, muted, read: unionRanges(read, []), low: from, cursor: from - 1 }
}

/** What is known of a feed after the gateway told its state again, in the same epoch. */
export function mergeState(record: FeedRecord, state: FeedState): FeedRecord {
  const head = Math.max(state.head, record.cursor)
  return raiseFrom(
    { ...record, head, muted: state.muted, read: unionRanges(record.read, state.read) },
    state.from,
  )
}

/** The record after the log was trimmed below `from`. */
export function raiseFrom(record: FeedRecord, from: number): FeedRecord {
  const first = Math.max(record.from, from)
  const cursor = Math.max(record.cursor, first - 1)
  const low = Math.max(record.low, first)
  const head = Math.max(record.head, first - 1)
  const read =
    record.read.length === 0 ? record.read : clipRanges(record.read, first, Number.MAX_SAFE_INTEGER)
  return { ...record, from: first, head, cursor, low, read }
}
