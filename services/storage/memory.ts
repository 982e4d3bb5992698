import type { Message } from '@herald/protocol'
import { MAX_HIDDEN, MAX_PRESENTED, type InboxStorage, type StorageWrite, type StoredInbox } from './storage'

/** An inbox that nothing was ever written to. */
export const emptyInbox = (): StoredInbox => ({ feeds: [], rows: [], hidden: [], presented: [] })

/** What a write makes of what is stored. Pure; every implementation gives the same. */
export function applyWrite(stored: StoredInbox, change: StorageWrite): StoredInbox {
  const dropsRow = rowFilter(change)
  const dropsFeed = new Set(change.dropFeeds)
  const feeds = new Map(
    stored.feeds.filter((record) => !dropsFeed.has(record.feed)).map((record) => [record.feed, record]),
  )
  for (const record of change.feeds ?? []) feeds.set(record.feed, record)
  const rows = new Map(stored.rows.filter((row) => !dropsRow(row)).map((row) => [positionOf(row), row]))
  for (const row of change.rows ?? []) rows.set(positionOf(row), row)
  return {
    feeds: [...feeds.values()],
    rows: [...rows.values()],
    hidden: addNewest(stored.hidden, change.hidden, MAX_HIDDEN),
    presented: addNewest(stored.presented, change.presented, MAX_PRESENTED),
  }
}

/** Where a row stands: two rows at one position are the same row. */
export const positionOf = (row: Message): string => `${row.feed} ${String(row.seq)}`

/** Which stored rows a write drops, before it puts anything. */
export function rowFilter(change: StorageWrite): (row: Message) => boolean {
  const feeds = new Set(change.dropFeeds)
  const ids = new Set(change.dropRows)
  const below = new Map<string, number>()
  for (const { feed, seq } of change.dropRowsBelow ?? []) below.set(feed, Math.max(seq, below.get(feed) ?? 0))
  return (row) => feeds.has(row.feed) || ids.has(row.id) || row.seq < (below.get(row.feed) ?? 0)
}

function addNewest(ids: string[], added: readonly string[] | undefined, limit: number): string[] {
  return added ? [...new Set([...ids, ...added])].slice(-limit) : ids
}

/** Keeps the inbox until the app ends: for a browser that forbids storage. */
export class MemoryStorage implements InboxStorage {
  #stored = emptyInbox()

  load(): Promise<StoredInbox> {
    return Promise.resolve(copyLists(this.#stored))
  }

  write(change: StorageWrite): Promise<void> {
    this.#stored = applyWrite(this.#stored, change)
    return Promise.resolve()
  }

  clear(): Promise<void> {
    this.#stored = emptyInbox()
    return Promise.resolve()
  }
}

/** New arrays around the same frozen rows, so that a caller cannot change what is kept. */
function copyLists(stored: StoredInbox): StoredInbox {
  return {
    feeds: [...stored.feeds],
    rows: [...stored.rows],
    hidden: [...stored.hidden],
    presented: [...stored.presented],
  }
}
