import type { Message } from '@herald/protocol'
import type { FeedRecord } from '@/services/storage/storage'
import type { StoredInbox } from '@/services/storage/storage'

/** The id of the message at a place: the same place always gives the same id. */
export const idAt = (feed: string, seq: number): string => {
  const hex = Array.from(`${feed}#${String(seq)}`).reduce(
    (sum, unit) => (sum * 31 + unit.charCodeAt(0)) % 0xffff_ffff,
    7,
  )
  return `${hex.toString(16).padStart(8, '0')}-0000-4000-8000-${seq.toString(16).padStart(12, '0')}`
}

/** A message with nothing special. */
export function messageAt(feed: string, seq: number, content: Partial<Message> = {}): Message {
  return {
    id: idAt(feed, seq),
    feed,
    seq,
    time: 1_700_000_000_000 + seq * 1000,
    body: `body ${String(seq)}`,
    priority: 3,
    ...content,
  }
}

/** A feed's record with a window over `low..cursor`. */
export function recordOf(feed: string, content: Partial<FeedRecord> = {}): FeedRecord {
  return { feed, epoch: 'e1', from: 1, head: 0, read: [], muted: false, low: 1, cursor: 0, ...content }
}

/** The same inbox in one fixed order of feeds and rows, to compare. */
export function sorted(stored: StoredInbox): StoredInbox {
  return {
    ...stored,
    feeds: [...stored.feeds].sort((a, b) => a.feed.localeCompare(b.feed)),
    rows: [...stored.rows].sort((a, b) => a.feed.localeCompare(b.feed) || a.seq - b.seq),
  }
}
