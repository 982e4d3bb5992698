import type { Message } from '@herald/protocol'
import type { Applied, Change, ChangeOf, Inbox } from './inbox'
import type { FeedRecord } from '../storage/storage'
import { putRecords, raiseFrom, recordIn, unchanged } from './feed-records'
import { compareMessages, mergeRows } from '../storage/row-order'

/**
 * Whether a change may be applied: `hole` when messages are missing before or inside it, or it is about a feed
 * or epoch that this inbox does not know. Then the only cure is to ask for everything after the cursor again.
 */
export function fits(inbox: Pick<Inbox, 'feeds'>, change: Change): 'fits' | 'hole' {
  if (change.type === 'gap' || change.type === 'read') {
    return recordIn(inbox, change.feed, change.epoch) ? 'fits' : 'hole'
  }
  if (change.type === 'reset') return inbox.feeds[change.feed] ? 'fits' : 'hole'
  if (change.type !== 'messages') return 'fits'
  const record = recordIn(inbox, change.feed, change.epoch)
  if (!record || !isContiguous(change.feed, change.messages)) return 'hole'
  return (change.messages[0]?.seq ?? 1) <= record.cursor + 1 ? 'fits' : 'hole'
}

/** Messages that arrived after the cursor. What is at or below it was here before: a double. */
export function applyMessages(inbox: Inbox, change: ChangeOf<'messages'>): Applied {
  const record = recordIn(inbox, change.feed, change.epoch)
  if (!record || fits(inbox, change) === 'hole') return unchanged(inbox)
  const added = change.messages.filter((message) => message.seq > record.cursor).map(freezeMessage)
  const last = added.at(-1)
  if (!last) return unchanged(inbox)
  const after = { ...record, cursor: last.seq, head: Math.max(record.head, last.seq) }
  const fresh = visible(inbox, added)
  const rows = mergeRows(inbox.rows, [...fresh].sort(compareMessages))
  const write = { feeds: [after], rows: fresh }
  return { inbox: { ...inbox, feeds: putRecords(inbox, [after]), rows }, write, fresh }
}

/**
 * A page of older messages, asked for with `before: low`. Its part below the window must touch the window:
 * else the window has moved since the page was asked for, and the page is of no use.
 */
export function applyHistory(inbox: Inbox, { page }: ChangeOf<'history'>): Applied {
  const record = recordIn(inbox, page.feed, page.epoch)
  if (!record) return unchanged(inbox)
  const trimmed = { ...raiseFrom(record, page.from), head: Math.max(record.head, page.head) }
  const older = page.messages.filter((message) => message.seq < record.low && message.seq >= trimmed.from)
  const touches = older.at(-1)?.seq === record.low - 1 && isContiguous(page.feed, older)
  const after: FeedRecord = touches ? { ...trimmed, low: older[0]?.seq ?? trimmed.low } : trimmed
  const added = touches ? visible(inbox, older.map(freezeMessage)) : []
  const kept =
    after.low > record.low
      ? inbox.rows.filter((row) => row.feed !== page.feed || row.seq >= after.low)
      : inbox.rows
  const rows = mergeRows(kept, [...added].sort(compareMessages))
  const dropRowsBelow = after.low > record.low ? [{ feed: page.feed, seq: after.low }] : []
  const write = { feeds: [after], rows: added, dropRowsBelow }
  return { inbox: { ...inbox, feeds: putRecords(inbox, [after]), rows }, write, fresh: [] }
}

function isContiguous(feed: string, messages: readonly Message[]): boolean {
  const first = messages[0]?.seq ?? 0
  return messages.every((message, index) => message.seq === first + index && message.feed === feed)
}

const visible = (inbox: Inbox, messages: readonly Message[]): readonly Message[] =>
  messages.filter((message) => !inbox.hidden.has(message.id))

const freezeMessage = (message: Message): Message => Object.freeze(message)
