import {
  clipRanges,
  countRanges,
  countUnread,
  missingRanges,
  rangesHold,
  unionRanges,
  type Range,
  type ReadRanges,
} from '@herald/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const range = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.nat(10))
  .map(([first, more]): Range => [first, first + more])
const ranges = fc.array(range, { maxLength: 8 })

/** The same set, as plain numbers. */
const seqsOf = (set: ReadRanges): Set<number> =>
  new Set(set.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)))
const normal = (set: ReadRanges): ReadRanges => unionRanges([], set)

describe('read ranges', () => {
  it('merge into sorted ranges that neither overlap nor touch', () => {
    expect(unionRanges([[5, 7]], [[1, 2]])).toEqual([[1, 2], [5, 7]]) // prettier-ignore
    expect(unionRanges([[1, 2]], [[3, 3]])).toEqual([[1, 3]])
    expect(unionRanges([[1, 9]], [[3, 4]])).toEqual([[1, 9]])
    fc.assert(
      fc.property(ranges, ranges, (left, right) => {
        const merged = unionRanges(left, right)
        merged.forEach(([first, last], index) => {
          expect(first).toBeLessThanOrEqual(last)
          const next = merged[index + 1]
          if (next) expect(next[0]).toBeGreaterThan(last + 1)
        })
      }),
    )
  })

  it('are a set: the union holds what either side holds', () => {
    fc.assert(
      fc.property(ranges, ranges, (left, right) => {
        expect(seqsOf(unionRanges(left, right))).toEqual(new Set([...seqsOf(left), ...seqsOf(right)]))
      }),
    )
  })

  it('merge the same in any order and grouping, and twice is once', () => {
    fc.assert(
      fc.property(ranges, ranges, ranges, (a, b, c) => {
        expect(unionRanges(a, b)).toEqual(unionRanges(b, a))
        expect(unionRanges(unionRanges(a, b), c)).toEqual(unionRanges(a, unionRanges(b, c)))
        expect(unionRanges(normal(a), a)).toEqual(normal(a))
      }),
    )
  })

  it('leave what is missing, clip what is outside, and count and find what they hold', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 1, max: 40 }), fc.nat(40), (given, first, more) => {
        const set = normal(given)
        const last = first + more
        const window = Array.from({ length: more + 1 }, (_, i) => first + i)
        const held = seqsOf(set)
        expect([...seqsOf(missingRanges(set, first, last))]).toEqual(window.filter((seq) => !held.has(seq)))
        expect([...seqsOf(clipRanges(set, first, last))]).toEqual(window.filter((seq) => held.has(seq)))
        expect(countRanges(set)).toBe(held.size)
        for (const seq of window) expect(rangesHold(set, seq)).toBe(held.has(seq))
        expect(countUnread(first, last, set)).toBe(window.filter((seq) => !held.has(seq)).length)
      }),
    )
  })

  it('count nothing unread in an empty feed', () => {
    expect(countUnread(1, 0, [])).toBe(0)
    expect(countUnread(10, 9, [[1, 9]])).toBe(0)
  })
})
