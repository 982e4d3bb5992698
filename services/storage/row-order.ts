import type { Message } from '@herald/protocol'

/** The order of the list: newest first by time, then by seq, then by feed. Negative: `a` stands above `b`. */
export function compareMessages(a: Message, b: Message): number {
  if (a.time !== b.time) return b.time - a.time
  if (a.seq !== b.seq) return b.seq - a.seq
  return a.feed < b.feed ? -1 : a.feed > b.feed ? 1 : 0
}

/**
 * At most `count` rows, of each feed its newest by seq. A feed's times go back after a clock that was ahead, so the top of the
 * list may leave out a row between two that it holds: here a row counts as no newer than what came after it in its feed.
 */
export function newestRows(rows: readonly Message[], count: number): readonly Message[] {
  if (rows.length <= count) return rows
  const latest = new Map<string, number>()
  const placed = [...rows]
    .sort((a, b) => b.seq - a.seq)
    .map((row) => {
      const time = Math.min(row.time, latest.get(row.feed) ?? Infinity)
      latest.set(row.feed, time)
      return { row, time }
    })
  // The sort is stable: of equal times the higher seq stays first.
  return placed
    .sort((a, b) => b.time - a.time)
    .slice(0, count)
    .map(({ row }) => row)
}

/**
 * Merges rows of one feed, newest first, into a list in order, whose rows they are not among.
 * New messages belong at the top and history at the bottom, so both places are found by a binary search and the
 * rest is one copy: no sort, and no comparison of rows that do not move.
 */
export function mergeRows(rows: readonly Message[], added: readonly Message[]): readonly Message[] {
  const first = added[0]
  const last = added.at(-1)
  if (!first || !last) return rows
  const start = firstAfter(rows, first)
  const end = firstAfter(rows, last)
  if (start === end) return [...rows.slice(0, start), ...added, ...rows.slice(start)]
  return rows.slice(0, start).concat(zip(rows.slice(start, end), added), rows.slice(end))
}

/** The index of the first row that stands below `message`; a binary search. */
function firstAfter(rows: readonly Message[], message: Message): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    const row = rows[middle]
    if (row && compareMessages(row, message) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function zip(left: readonly Message[], right: readonly Message[]): Message[] {
  const merged: Message[] = []
  let l = 0
  let r = 0
  while (l < left.length || r < right.length) {
    const a = left[l]
    const b = right[r]
    if (a && (!b || compareMessages(a, b) < 0)) {
      merged.push(a)
      l += 1
    } else if (b) {
      merged.push(b)
      r += 1
    }
  }
  return merged
}
