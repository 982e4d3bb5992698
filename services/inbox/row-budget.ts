import type { Message } from '@herald/protocol'
import type { StorageWrite } from '../storage/storage'
import type { Applied, Change, Inbox } from './inbox'
import { newestRows } from '../storage/row-order'

/** About how many rows this device keeps; the newest ones. */
export const STORED_ROWS = 1_000

/** Old rows are dropped in bulk, not one for each that comes. */
const SLACK_ROWS = 250

/**
 * Decides which rows go to storage. A scroll through 10,000 messages must not fill a mini-program's 10 MB, so
 * history beyond the budget stays in memory only. restoreInbox takes a window to begin where stored rows begin,
 * so a feed whose history was once held back gets none stored any more: that would leave a hole.
 */
export class RowBudget {
  #stored: number
  /** The lowest stored seq of each feed whose history is held back. */
  readonly #heldBack = new Map<string, number>()

  constructor(storedRows: number) {
    this.#stored = storedRows
  }

  /** The step to store for a change that was applied. */
  limit(change: Change, applied: Applied): StorageWrite {
    if (change.type === 'revise') return this.#isStored(change.message) ? applied.write : {}
    const rows = applied.write.rows ?? []
    if (change.type === 'history' && rows.length > 0 && this.#holdsBack(change.page.feed, rows)) {
      return { ...applied.write, rows: [] }
    }
    this.#stored += rows.length
    return applied.write
  }

  /** The step that brings storage back to its budget, when it is exceeded. */
  prune(inbox: Inbox): StorageWrite | undefined {
    if (this.#stored <= STORED_ROWS + SLACK_ROWS) return undefined
    const kept = newestRows(inbox.rows, STORED_ROWS)
    this.#stored = kept.length
    const lows = Object.entries(lowsOf(inbox, kept))
    for (const [feed, low] of lows) this.#heldBack.set(feed, low)
    const dropRowsBelow = lows.map(([feed, seq]) => ({ feed, seq }))
    return { dropRowsBelow }
  }

  #holdsBack(feed: string, rows: readonly Message[]): boolean {
    const above = Math.max(...rows.map(({ seq }) => seq)) + 1
    if (this.#stored + rows.length > STORED_ROWS && !this.#heldBack.has(feed)) this.#heldBack.set(feed, above)
    return this.#heldBack.has(feed)
  }

  /** What is in memory alone stays there: stored, it would lie below a hole. */
  #isStored({ feed, seq }: Message): boolean {
    return seq >= (this.#heldBack.get(feed) ?? 0)
  }
}

/** For each feed, the lowest seq among these rows; a feed without one keeps none. */
export function lowsOf(inbox: Inbox, rows: readonly Message[]): Record<string, number> {
  const lows: Record<string, number> = {}
  for (const record of Object.values(inbox.feeds)) lows[record.feed] = record.cursor + 1
  for (const row of rows) lows[row.feed] = Math.min(row.seq, lows[row.feed] ?? row.seq)
  return lows
}
