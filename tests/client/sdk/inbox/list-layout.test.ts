import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Message } from '@herald/protocol'
import { startOfDay } from '@/locale/format'
import { countAbove, HEADING_HEIGHT, layoutRows, ROW_HEIGHT, windowAt } from '@/sdk/inbox/list-layout'

const HOUR_MS = 3_600_000
const NOON = new Date(2026, 10, 20, 12).getTime()

const rowAt = (time: number, seq: number): Message => ({
  id: `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}`,
  feed: 'all',
  seq,
  time,
  body: 'text',
  priority: 3,
})

/** Rows newest first, some hours apart. */
const rowsArbitrary = fc
  .array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 })
  .map((gaps) =>
    gaps.map((_, i) => rowAt(NOON - gaps.slice(0, i + 1).reduce((a, b) => a + b, 0) * HOUR_MS, 1000 - i)),
  )

describe('the list’s layout', () => {
  it('puts each row under the heading of its day', () => {
    const rows = [rowAt(NOON, 3), rowAt(NOON - HOUR_MS, 2), rowAt(NOON - 24 * HOUR_MS, 1)]
    const layout = layoutRows(rows)
    expect(layout.groups).toEqual([
      { day: startOfDay(NOON), start: 0, count: 2, top: 0 },
      { day: startOfDay(NOON - 24 * HOUR_MS), start: 2, count: 1, top: HEADING_HEIGHT + 2 * ROW_HEIGHT },
    ])
    expect(layout.height).toBe(2 * HEADING_HEIGHT + 3 * ROW_HEIGHT)
  })

  it('holds every row once, in days that go back', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const { groups, height } = layoutRows(rows)
        expect(groups.reduce((sum, group) => sum + group.count, 0)).toBe(rows.length)
        expect(height).toBe(groups.length * HEADING_HEIGHT + rows.length * ROW_HEIGHT)
        groups.slice(1).forEach((group, i) => {
          expect(group.day).toBeLessThan(groups[i]?.day ?? 0)
        })
      }),
    )
  })

  it('draws what is on the screen, where it stands', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.integer({ min: -500, max: 6000 }), (rows, from) => {
        const layout = layoutRows(rows)
        const to = from + 700
        const drawn = windowAt(layout, from, to)
        const all = windowAt(layout, -1, layout.height + 1)
        expect(all.entries.filter((entry) => entry.kind === 'row')).toHaveLength(rows.length)
        // Walk the whole list: everything that touches the screen is drawn, at the same height.
        let top = 0
        let drawnTop = drawn.before
        const keys = new Set(drawn.entries.map((entry) => entry.key))
        for (const entry of all.entries) {
          const height = entry.kind === 'day' ? HEADING_HEIGHT : ROW_HEIGHT
          if (keys.has(entry.key)) {
            expect(drawnTop).toBe(top)
            drawnTop += height
          } else {
            expect(top + height <= from || top >= to || entry.kind === 'day').toBe(true)
          }
          top += height
        }
      }),
    )
  })

  it('draws about a screenful of ten thousand rows', () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => rowAt(NOON - i * 60_000, 10_000 - i))
    const layout = layoutRows(rows)
    for (const at of [0, 100_000, layout.height - 800]) {
      expect(windowAt(layout, at, at + 800).entries.length).toBeLessThan(14)
    }
  })
})

describe('rows that wait above', () => {
  const rows = [rowAt(NOON, 5), rowAt(NOON - 1000, 4), rowAt(NOON - 2000, 3)]

  it('are those newer than the row that was on top', () => {
    expect(countAbove(rows, rows[2] ?? null)).toBe(2)
    expect(countAbove(rows, null)).toBe(0)
  })

  it('still wait when the row that was on top was deleted', () => {
    expect(countAbove(rows, rowAt(NOON - 1500, 99))).toBe(2)
  })
})
