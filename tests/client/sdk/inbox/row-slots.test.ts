import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RowSlots } from '@/sdk/inbox/row-slots'

const keys = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `message-${String(first + index)}`)

describe('the slots of rows', () => {
  it('stay with the rows that stay, and pass from those that go to those that come', () => {
    const slots = new RowSlots()
    expect(slots.assign(keys(1, 4))).toEqual([0, 1, 2, 3])
    expect(slots.assign(keys(3, 6))).toEqual([2, 3, 0, 1])
    expect(slots.assign(keys(1, 5))).toEqual([1, 4, 2, 3, 0])
  })

  it('are all taken over when no row stays', () => {
    const slots = new RowSlots()
    slots.assign(keys(1, 20))
    expect([...slots.assign(keys(21, 40))].sort((a, b) => a - b)).toEqual(
      keys(0, 19).map((_, index) => index),
    )
  })

  it('are different numbers, never more than were once needed at the same time, for any scrolling', () => {
    const window = fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 20 }))
    fc.assert(
      fc.property(fc.array(window, { maxLength: 50 }), (windows) => {
        const slots = new RowSlots()
        let most = 0
        let before = new Map<string, number>()
        for (const [first, length] of windows) {
          const drawn = keys(first, first + length - 1)
          const given = slots.assign(drawn)
          most = Math.max(most, length)
          expect(new Set(given).size).toBe(length)
          expect(Math.max(...given)).toBeLessThan(most)
          const now = new Map(drawn.map((key, index) => [key, given[index] ?? -1]))
          for (const [key, slot] of now) if (before.has(key)) expect(slot).toBe(before.get(key))
          before = now
        }
      }),
    )
  })
})
