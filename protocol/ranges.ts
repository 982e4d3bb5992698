// Apart from the schemas of ranges: the first list of the app counts what is unread, and waits for no schema.

/** First and last seq, both inside. */
export type Range = readonly [first: number, last: number]

/** The seqs of a feed that a user has read: sorted, disjoint, never touching. A grow-only set. */
export type ReadRanges = readonly Range[]

/** The union of two sets of seqs, as sorted disjoint ranges. Commutative, associative and idempotent. */
export function unionRanges(left: ReadRanges, right: ReadRanges): ReadRanges {
  const sorted = [...left, ...right].sort((a, b) => a[0] - b[0])
  const merged: [number, number][] = []
  for (const [first, last] of sorted) {
    const tail = merged.at(-1)
    if (tail && first <= tail[1] + 1) tail[1] = Math.max(tail[1], last)
    else merged.push([first, last])
  }
  return merged
}

/** The part of a set that lies in `first..last`. */
export function clipRanges(ranges: ReadRanges, first: number, last: number): ReadRanges {
  const clipped: Range[] = []
  for (const [from, to] of ranges) {
    if (to >= first && from <= last) clipped.push([Math.max(from, first), Math.min(to, last)])
  }
  return clipped
}

/** The seqs of `first..last` that are not in a set of disjoint sorted ranges. */
export function missingRanges(ranges: ReadRanges, first: number, last: number): ReadRanges {
  const missing: Range[] = []
  let next = first
  for (const [from, to] of clipRanges(ranges, first, last)) {
    if (from > next) missing.push([next, from - 1])
    next = to + 1
  }
  if (next <= last) missing.push([next, last])
  return missing
}

/** How many seqs a set holds. */
export function countRanges(ranges: ReadRanges): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
}

/** Whether a set holds a seq; a binary search. */
export function rangesHold(ranges: ReadRanges, seq: number): boolean {
  let low = 0
  let high = ranges.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const range = ranges[middle]
    if (!range) return false
    if (seq < range[0]) high = middle - 1
    else if (seq > range[1]) low = middle + 1
    else return true
  }
  return false
}

/** Unread: retained messages (`from..head`) minus the read ranges. An empty feed has `from = head + 1`. */
export function countUnread(from: number, head: number, read: ReadRanges): number {
  return head - from + 1 - countRanges(clipRanges(read, from, head))
}
