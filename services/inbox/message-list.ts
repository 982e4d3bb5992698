import { countUnread, feedKind, rangesHold, type Message } from '@herald/protocol'
import type { Inbox } from './inbox'
import type { FeedRecord } from '../storage/storage'
import { compareMessages } from '../storage/row-order'

/** Which messages a list shows. `feed` null: of all feeds. `search`: case does not matter; '' matches all. */
export interface MessageFilter {
  readonly unreadOnly: boolean
  readonly feed: string | null
  readonly search: string
}

/** What a list needs of an inbox. The store's state has it too. */
export type Listed = Pick<Inbox, 'feeds' | 'rows'>

/** How many retained messages of a feed are unread, loaded or not. */
export function unreadOf(inbox: Listed, feed: string): number {
  const record = inbox.feeds[feed]
  return record ? countUnread(record.from, record.head, record.read) : 0
}

/** How many messages are unread in all feeds; muting stops alerts, not counting. */
export function unreadTotal(inbox: Listed): number {
  return Object.keys(inbox.feeds).reduce((sum, feed) => sum + unreadOf(inbox, feed), 0)
}

export function isUnread(inbox: Listed, message: Message): boolean {
  const record = inbox.feeds[message.feed]
  return record !== undefined && message.seq >= record.from && !rangesHold(record.read, message.seq)
}

export function findMessage(inbox: Listed, id: string): Message | undefined {
  return inbox.rows.find((row) => row.id === id)
}

/**
 * The feeds of which older messages that may pass the filter are in the log and not loaded. With `unreadOnly` a
 * feed counts only while something unread lies below its window.
 */
export function openFeeds(
  inbox: Listed,
  { feed, unreadOnly }: Pick<MessageFilter, 'feed' | 'unreadOnly'>,
): FeedRecord[] {
  const records = feed === null ? Object.values(inbox.feeds) : [inbox.feeds[feed]]
  return records.filter((record): record is FeedRecord => {
    if (!record || record.low <= record.from) return false
    return !unreadOnly || countUnread(record.from, record.low - 1, record.read) > 0
  })
}

/** Whether older messages can still be loaded for this filter. */
export function hasOlder(inbox: Listed, filter: Pick<MessageFilter, 'feed' | 'unreadOnly'>): boolean {
  return openFeeds(inbox, filter).length > 0
}

/**
 * The messages that pass the filter, newest first. It ends where a feed's loaded window ends: below that point
 * rows of that feed are missing, and would later appear between rows that were already read past.
 */
export function listMessages(inbox: Listed, filter: MessageFilter): readonly Message[] {
  const floor = filter.feed === null ? findFloor(inbox, openFeeds(inbox, filter))?.row : undefined
  const matches = matcher(inbox, filter)
  const listed: Message[] = []
  for (const row of inbox.rows) {
    if (floor && compareMessages(row, floor) > 0) break
    if (matches(row)) listed.push(row)
  }
  return listed
}

/** The lowest loaded row of the feed whose window ends first, reading downwards. */
export interface Floor {
  readonly feed: string
  readonly row: Message
}

/**
 * Where the merged list must end. Every row of a feed below its lowest loaded one sorts after that one, as long as the
 * feed's times did not go back: what a clock that was ahead has stamped comes in further up when it is loaded. A feed
 * without any row sets no floor: it would blank the list until its first page came.
 */
export function findFloor(inbox: Listed, open: readonly FeedRecord[]): Floor | undefined {
  if (open.length === 0) return undefined
  const lowest = new Map<string, Message | undefined>(open.map(({ feed }) => [feed, undefined]))
  for (const row of inbox.rows) if (lowest.has(row.feed)) lowest.set(row.feed, row)
  let floor: Floor | undefined
  for (const [feed, row] of lowest) {
    if (row && (!floor || compareMessages(row, floor.row) < 0)) floor = { feed, row }
  }
  return floor
}

function matcher(inbox: Listed, filter: MessageFilter): (row: Message) => boolean {
  const wanted = filter.search.trim().toLowerCase()
  return (row) =>
    (filter.feed === null ? wanted !== '' || !isOwnWord(row) : row.feed === filter.feed) &&
    (!filter.unreadOnly || isUnread(inbox, row)) &&
    (wanted === '' || holds(row, wanted))
}

/** What a person has written in a conversation stands there, and is found, but is no message to that person. */
const isOwnWord = ({ feed, data }: Message): boolean => data?.['out'] === true && feedKind(feed) === 'chat'

function holds(row: Message, wanted: string): boolean {
  const texts = [row.title ?? '', row.body, row.feed, ...(row.tags ?? [])]
  return texts.some((text) => text.toLowerCase().includes(wanted))
}
