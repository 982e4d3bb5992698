import type { Message } from '@herald/protocol'
import type { PresentedLedger } from '../presented/presented-ledger'
import type { StoredInbox } from '../storage/storage'
import type { Inbox } from './inbox'
import type { FeedRecord } from '../storage/storage'
import { putRecords } from './feed-records'
import { compareMessages } from '../storage/row-order'

/**
 * The inbox that storage holds. A window counts only as far down as its rows really reach: rows may have been
 * pruned, or never stored (history beyond the budget), while a record of another tab says otherwise. Rows
 * above a cursor came without it, in a write that another tab's older record overtook: they come again.
 */
export function restoreInbox(stored: StoredInbox): Inbox {
  const lowest = new Map<string, number>()
  const records = new Map(stored.feeds.map((record) => [record.feed, record]))
  const rows = stored.rows.filter((row) => isHeld(records.get(row.feed), row))
  for (const row of rows) lowest.set(row.feed, Math.min(row.seq, lowest.get(row.feed) ?? Infinity))
  const feeds: Record<string, FeedRecord> = {}
  for (const record of stored.feeds) {
    const low = lowest.get(record.feed) ?? record.cursor + 1
    feeds[record.feed] = Object.freeze({ ...record, low })
  }
  const hidden = new Set(stored.hidden)
  const shown = rows.filter((row) => !hidden.has(row.id)).map((row) => Object.freeze(row))
  return { feeds: Object.freeze(feeds), rows: shown.sort(compareMessages), hidden }
}

function isHeld(record: FeedRecord | undefined, row: Message): boolean {
  return record !== undefined && row.seq >= record.low && row.seq >= record.from && row.seq <= record.cursor
}

/**
 * Gives back what was never presented since the app died while it was being settled whether a push had shown it: what
 * is on record as such, with all that came after it, and what stands at the top of a window and was never noted as
 * presented. It comes again from the gateway; the ack of what follows would cover it. For the start of whoever acks: what an app that runs is settling looks the same.
 */
export function giveBackUnsettled(
  inbox: Inbox,
  ledger: Pick<PresentedLedger, 'isPresented' | 'isWaiting'>,
): Inbox {
  const unsettled = new Set<string>()
  const lowest = new Map<string, number>()
  for (const { id, feed, seq } of inbox.rows) {
    if (ledger.isPresented(id)) continue
    unsettled.add(`${feed} ${String(seq)}`)
    // What a push was told to have shown, or what a push brought, may stand above it.
    if (ledger.isWaiting(id)) lowest.set(feed, Math.min(seq, lowest.get(feed) ?? seq))
  }
  const records = Object.values(inbox.feeds).flatMap((record) => {
    let { cursor } = record
    while (cursor >= record.low && unsettled.has(`${record.feed} ${String(cursor)}`)) cursor -= 1
    cursor = Math.min(cursor, (lowest.get(record.feed) ?? Infinity) - 1)
    return cursor === record.cursor ? [] : [{ ...record, cursor }]
  })
  if (records.length === 0) return inbox
  const feeds = putRecords(inbox, records)
  const rows = inbox.rows.filter(({ feed, seq }) => seq <= (feeds[feed]?.cursor ?? 0))
  return { ...inbox, feeds, rows }
}
