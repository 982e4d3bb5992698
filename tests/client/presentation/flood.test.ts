import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  admitAlerts,
  CATCH_UP_WINDOW_MS,
  FLOOD_WINDOW_MS,
  joinSummaries,
  MAX_SINGLES,
  noFlood,
  summarise,
  type Flood,
} from '@/services/presentation/flood'
import { message, messages } from './fixtures'

describe('a flood', () => {
  it('does not begin with three', () => {
    const admitted = admitAlerts(noFlood, messages(1, 3), 0, false)
    expect(admitted).toMatchObject({ singles: messages(1, 3), summarised: [], begins: false })
  })

  it('begins with four at once', () => {
    expect(admitAlerts(noFlood, messages(1, 4), 0, false)).toMatchObject({
      singles: [],
      summarised: messages(1, 4),
      absorbed: [],
      begins: true,
    })
  })

  it('begins with the fourth within two seconds, and stands for the three before', () => {
    const three = admitAlerts(noFlood, messages(1, 3), 0, false).flood
    expect(admitAlerts(three, [message(4)], FLOOD_WINDOW_MS - 1, false)).toMatchObject({
      summarised: [message(4)],
      absorbed: messages(1, 3),
      begins: true,
    })
    expect(admitAlerts(three, [message(4)], FLOOD_WINDOW_MS, false)).toMatchObject({ singles: [message(4)] })
  })

  it('goes on while the next comes in time, and then ends', () => {
    const { flood } = admitAlerts(noFlood, messages(1, 4), 0, false)
    const next = admitAlerts(flood, [message(5)], FLOOD_WINDOW_MS - 1, false)
    expect(next).toMatchObject({ singles: [], summarised: [message(5)], absorbed: [], begins: false })
    expect(admitAlerts(next.flood, [message(6)], 2 * FLOOD_WINDOW_MS, false).singles).toEqual([message(6)])
  })

  it('waits longer for the next batch of a catch-up', () => {
    const { flood } = admitAlerts(noFlood, messages(1, 3), 0, true)
    expect(admitAlerts(flood, messages(4, 3), CATCH_UP_WINDOW_MS - 1, true)).toMatchObject({ begins: true })
    expect(admitAlerts(flood, messages(4, 3), CATCH_UP_WINDOW_MS - 1, false)).toMatchObject({ begins: false })
  })

  it('is not changed by an empty batch', () => {
    const { flood } = admitAlerts(noFlood, messages(1, 2), 0, false)
    expect(admitAlerts(flood, [], 1, false).flood).toBe(flood)
  })

  it('never shows more than three one by one within two seconds, and counts every message once', () => {
    const steps = fc.array(fc.record({ wait: fc.nat(3000), count: fc.nat(6) }), { maxLength: 30 })
    fc.assert(
      fc.property(steps, fc.boolean(), (batches, catchUp) => {
        let flood: Flood = noFlood
        let now = 0
        let next = 1
        const shown: { id: string; at: number }[] = []
        const counted: string[] = []
        for (const { wait, count } of batches) {
          now += wait
          const admitted = admitAlerts(flood, messages(next, count), now, catchUp)
          next += count
          flood = admitted.flood
          for (const { id } of admitted.singles) shown.push({ id, at: now })
          counted.push(...admitted.summarised.map(({ id }) => id))
          for (const { id } of admitted.absorbed) expect(shown.some((one) => one.id === id)).toBe(true)
        }
        const ids = [...shown.map(({ id }) => id), ...counted]
        expect(ids).toHaveLength(next - 1)
        expect(new Set(ids).size).toBe(next - 1)
        for (const { at } of shown) {
          const together = shown.filter((one) => one.at <= at && at - one.at < FLOOD_WINDOW_MS)
          expect(together.length).toBeLessThanOrEqual(MAX_SINGLES)
        }
      }),
    )
  })
})

describe('a summary', () => {
  it('names the feeds of the latest messages first, each once, and the newest message', () => {
    const summary = summarise([
      message(9, { feed: 'all' }),
      message(2, { feed: 'topic:a' }),
      message(3, { feed: 'all' }),
    ])
    expect(summary).toEqual({
      kind: 'summary',
      count: 3,
      feeds: ['all', 'topic:a'],
      newest: message(9, { feed: 'all' }),
    })
  })

  it('adds another', () => {
    const older = summarise([message(1, { feed: 'all' }), message(5, { feed: 'topic:b' })])
    const newer = summarise([message(3, { feed: 'topic:a' })])
    expect(joinSummaries(older, newer)).toEqual({
      kind: 'summary',
      count: 3,
      feeds: ['topic:a', 'topic:b', 'all'],
      newest: message(5, { feed: 'topic:b' }),
    })
    expect(joinSummaries(null, newer)).toBe(newer)
  })
})
