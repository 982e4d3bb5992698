import type { Message } from '@herald/protocol'
import { startOfDay } from '../../locale/format'

/** Heights in px. They are fixed, so that where any row stands is arithmetic and only rows on the screen exist. */
export const ROW_HEIGHT = 88
export const HEADING_HEIGHT = 40

/** The rows of one day, and where they stand in the list. */
export interface DayGroup {
  /** Local midnight, ms. */
  readonly day: number
  readonly start: number
  readonly count: number
  readonly top: number
}

export interface ListLayout {
  readonly rows: readonly Message[]
  readonly groups: readonly DayGroup[]
  readonly height: number
}

export type Entry =
  | { readonly kind: 'day'; readonly key: string; readonly day: number }
  | { readonly kind: 'row'; readonly key: string; readonly message: Message }

/** What is rendered: some entries, and the empty height above them. */
export interface ListWindow {
  readonly before: number
  readonly entries: readonly Entry[]
}

/** Groups rows, newest first, by local day. */
export function layoutRows(rows: readonly Message[]): ListLayout {
  const groups: DayGroup[] = []
  let top = 0
  let index = 0
  while (index < rows.length) {
    const day = startOfDay(rows[index]?.time ?? 0)
    const start = index
    while (index < rows.length && (rows[index]?.time ?? 0) >= day) index += 1
    // Times never rise downwards; a row alone in a broken order still makes progress.
    if (index === start) index += 1
    groups.push({ day, start, count: index - start, top })
    top += HEADING_HEIGHT + (index - start) * ROW_HEIGHT
  }
  return { rows, groups, height: top }
}

/** The entries that touch `from..to` px of the list. */
export function windowAt(layout: ListLayout, from: number, to: number): ListWindow {
  const entries: Entry[] = []
  let before: number | undefined
  for (const group of layout.groups) {
    const bottom = group.top + HEADING_HEIGHT + group.count * ROW_HEIGHT
    if (bottom <= from) continue
    if (group.top >= to) break
    const rowsTop = group.top + HEADING_HEIGHT
    const first = Math.min(group.count, Math.max(0, Math.floor((from - rowsTop) / ROW_HEIGHT)))
    const last = Math.max(0, Math.min(group.count, Math.ceil((to - rowsTop) / ROW_HEIGHT)))
    if (first === 0) entries.push({ kind: 'day', key: `day-${String(group.day)}`, day: group.day })
    before ??= first === 0 ? group.top : rowsTop + first * ROW_HEIGHT
    for (const message of layout.rows.slice(group.start + first, group.start + last)) {
      entries.push({ kind: 'row', key: message.id, message })
    }
  }
  return { before: before ?? 0, entries }
}

/** How many rows stand above the one that was on top when the reader scrolled away: what came in since. */
export function countAbove(rows: readonly Message[], held: Message | null): number {
  if (!held) return 0
  const index = rows.findIndex((row) => row.id === held.id || row.time < held.time)
  return index === -1 ? rows.length : index
}
