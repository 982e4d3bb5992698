import type { Change, Inbox } from './inbox'
import { newestRows } from '../storage/row-order'
import { applyPrune } from './row-changes'
import { lowsOf, STORED_ROWS } from './row-budget'

/** More rows than this are not held in memory while nobody reads below them: what arrives must not fill it. */
export const MAX_ROWS_AT_TOP = 2_000

/** More rows than this are never held in memory: a tab may stay open for months. */
export const MAX_ROWS_IN_MEMORY = 20_000

/** How many rows this device holds in memory; history brings the others again. */
export class RowWindow {
  #reader: 'at-top' | 'below' = 'at-top'

  /** Whether somebody reads below the top, or looks for something there: then no row may go that came in time. */
  setReading(below: boolean): void {
    this.#reader = below ? 'below' : 'at-top'
  }

  /** The inbox after a change, without the rows that are too many. Only what arrives makes rows go: who loads some wants them. */
  bound(inbox: Inbox, { type }: Change): Inbox {
    const limit = type === 'messages' && this.#reader === 'at-top' ? MAX_ROWS_AT_TOP : MAX_ROWS_IN_MEMORY
    if (inbox.rows.length <= limit) return inbox
    const lows = lowsOf(inbox, newestRows(inbox.rows, STORED_ROWS))
    return applyPrune(inbox, { type: 'prune', lows }).inbox
  }
}
