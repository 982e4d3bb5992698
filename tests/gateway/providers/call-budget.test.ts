import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CallBudget, endOfChinaDay, endOfMinute } from '../../../gateway/providers/call-budget'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const time = fc.integer({ min: 0, max: 4_000_000_000_000 })

describe('windows', () => {
  it('end with the minute, and with the day in China', () => {
    expect(endOfMinute(Date.parse('2026-03-01T10:00:00Z'))).toBe(Date.parse('2026-03-01T10:01:00Z'))
    expect(endOfChinaDay(Date.parse('2026-03-01T15:59:59Z'))).toBe(Date.parse('2026-03-01T16:00:00Z'))
    expect(endOfChinaDay(Date.parse('2026-03-01T16:00:00Z'))).toBe(Date.parse('2026-03-02T16:00:00Z'))
  })

  it('always end later than now, and no later than their length', () => {
    fc.assert(
      fc.property(time, (now) => {
        expect(endOfMinute(now) - now).toBeGreaterThan(0)
        expect(endOfMinute(now) - now).toBeLessThanOrEqual(MINUTE_MS)
        expect(endOfChinaDay(now) - now).toBeGreaterThan(0)
        expect(endOfChinaDay(now) - now).toBeLessThanOrEqual(DAY_MS)
      }),
    )
  })
})

describe('CallBudget', () => {
  it('gives out no more than its limit in any minute', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.nat(40_000), { maxLength: 60 }),
        (limit, steps) => {
          const budget = new CallBudget(limit, endOfMinute)
          const given = new Map<number, number>()
          let now = 1_000_000
          for (const step of steps) {
            now += step
            if (budget.take(now) !== undefined) continue
            const minute = Math.floor(now / MINUTE_MS)
            given.set(minute, (given.get(minute) ?? 0) + 1)
          }
          expect(Math.max(0, ...given.values())).toBeLessThanOrEqual(limit)
        },
      ),
    )
  })

  it('has no limit at 0, and says when the next window begins otherwise', () => {
    const free = new CallBudget(0, endOfMinute)
    expect(Array.from({ length: 1000 }, () => free.take(5)).every((until) => until === undefined)).toBe(true)
    const one = new CallBudget(1, endOfMinute)
    expect(one.take(5)).toBeUndefined()
    expect(one.take(6)).toBe(MINUTE_MS)
    expect(one.take(MINUTE_MS)).toBeUndefined()
  })

  it('goes on at once when the clock was set back', () => {
    const budget = new CallBudget(1, endOfMinute)
    budget.take(10 * DAY_MS)
    expect(budget.take(9 * DAY_MS)).toBeUndefined()
  })

  it('believes the service that nothing is left, whatever its own count is', () => {
    const budget = new CallBudget(0, endOfMinute)
    budget.take(5)
    budget.exhaust(5, 30_000)
    expect(budget.take(29_999)).toBe(30_000)
    expect(budget.take(30_000)).toBeUndefined()
  })
})
