import type { Cursor } from '@herald/protocol'
import type { FeedHead } from '../contracts/feed-log'

/** What a device has to be told of a feed before messages can follow its cursor without a hole. */
export interface CatchUp {
  readonly reset: 'unknown_epoch' | 'cursor_ahead' | undefined
  readonly gaps: readonly {
    readonly from: number
    readonly to: number
    readonly reason: 'trimmed' | 'skipped'
  }[]
  /** Messages are sent from the seq after this one. */
  readonly after: number
}

/**
 * Plans how a device gets from its cursor to the head: at most the newest `page` messages come over the socket,
 * and what lies between is named. A device without a cursor starts where the log does.
 */
export function planCatchUp(
  cursor: Cursor | undefined,
  { epoch, from, head }: FeedHead,
  page: number,
): CatchUp {
  const beginning = from - 1
  const reset = cursor && resetReason(cursor, epoch, head)
  const known = cursor && !reset ? cursor.seq : beginning
  const gaps: CatchUp['gaps'][number][] = []
  if (known < beginning) gaps.push({ from: known + 1, to: beginning, reason: 'trimmed' })
  const start = Math.max(known, beginning)
  const after = Math.max(start, head - page)
  if (after > start) gaps.push({ from: start + 1, to: after, reason: 'skipped' })
  return { reset, gaps, after }
}

function resetReason(cursor: Cursor, epoch: string, head: number): CatchUp['reset'] {
  if (cursor.epoch !== epoch) return 'unknown_epoch'
  return cursor.seq > head ? 'cursor_ahead' : undefined
}
