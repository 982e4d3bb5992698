import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChangeOf } from '@/services/inbox/inbox'
import type { Arrival } from '@/services/inbox/live-inbox'
import { BATCH_MESSAGES, BATCH_MS, FloodBatcher, SINGLES } from '@/services/sources/flood-batcher'
import { FakeClock } from '../fake-clock'
import { messages } from '../messages'

const LIVE: Arrival = { catchUp: false, backlog: false }
const MISSED: Arrival = { catchUp: true, backlog: false }

const frame = (feed: string, first: number, last = first, epoch = 'e1'): ChangeOf<'messages'> => ({
  type: 'messages',
  feed,
  epoch,
  messages: messages(feed, first, last),
})

function open() {
  const clock = new FakeClock()
  const delivered: { feed: string; seqs: number[]; arrival: Arrival }[] = []
  const batcher = new FloodBatcher(clock, ({ feed, messages: taken }, arrival) => {
    delivered.push({ feed, seqs: taken.map(({ seq }) => seq), arrival })
  })
  /** As the source does: what waits of the feed goes first when this does not continue it. */
  const bring = (change: ChangeOf<'messages'>, arrival = LIVE): void => {
    if (!batcher.continues(change, arrival) && batcher.holds(change.feed)) batcher.flush()
    batcher.take(change, arrival)
  }
  const flood = (feed: string, count: number): void => {
    for (let seq = 1; seq <= count; seq += 1) bring(frame(feed, seq))
  }
  return { clock, delivered, batcher, bring, flood }
}

const seqsOf = (delivered: readonly { seqs: number[] }[]): number[] => delivered.flatMap(({ seqs }) => seqs)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

describe('the flood batcher', () => {
  test('lets messages that trickle in pass at once', () => {
    const { clock, delivered, bring } = open()
    for (let seq = 1; seq <= 100; seq += 1) {
      bring(frame('all', seq))
      expect(delivered).toHaveLength(seq)
      clock.advance(BATCH_MS / 4)
    }
    expect(clock.pending).toBe(0)
  })

  test('gathers what follows the first of a flood into batches, and loses and doubles nothing', () => {
    const { clock, delivered, flood } = open()
    flood('all', SINGLES + 100)
    expect(delivered).toHaveLength(SINGLES)
    clock.advance(BATCH_MS)
    expect(delivered).toHaveLength(SINGLES + 1)
    expect(seqsOf(delivered)).toEqual(upTo(SINGLES + 100))
  })

  test('gathers all of a flood that goes on, and lets single ones pass again after it', () => {
    const { clock, delivered, bring, flood } = open()
    flood('all', SINGLES + 10)
    clock.advance(BATCH_MS)
    bring(frame('all', SINGLES + 11))
    expect(delivered).toHaveLength(SINGLES + 1)
    clock.advance(BATCH_MS)
    expect(delivered).toHaveLength(SINGLES + 2)
    clock.advance(BATCH_MS)
    bring(frame('all', SINGLES + 12))
    expect(delivered).toHaveLength(SINGLES + 3)
  })

  test('delivers a full batch without waiting', () => {
    const { delivered, flood } = open()
    flood('all', SINGLES + BATCH_MESSAGES)
    expect(seqsOf(delivered)).toEqual(upTo(SINGLES + BATCH_MESSAGES))
  })

  test('does not mix what was missed with what is news', () => {
    const { clock, delivered, bring, flood } = open()
    flood('all', SINGLES)
    bring(frame('all', SINGLES + 1, SINGLES + 2), MISSED)
    bring(frame('all', SINGLES + 3))
    clock.advance(BATCH_MS)
    expect(delivered.slice(SINGLES)).toEqual([
      { feed: 'all', seqs: [SINGLES + 1, SINGLES + 2], arrival: MISSED },
      { feed: 'all', seqs: [SINGLES + 3], arrival: LIVE },
    ])
  })

  test('takes only what comes right after what waits as its continuation', () => {
    const { batcher, flood } = open()
    flood('all', SINGLES + 1)
    expect(batcher.continues(frame('all', SINGLES + 2), LIVE)).toBe(true)
    expect(batcher.continues(frame('all', SINGLES + 3), LIVE)).toBe(false)
    expect(batcher.continues(frame('all', SINGLES + 1), LIVE)).toBe(false)
    expect(batcher.continues(frame('all', SINGLES + 2, SINGLES + 2, 'e2'), LIVE)).toBe(false)
    expect(batcher.continues(frame('topic:ci', SINGLES + 2), LIVE)).toBe(false)
    expect(
      batcher.continues(
        { ...frame('all', SINGLES + 2), messages: messages('topic:ci', SINGLES + 2, SINGLES + 2) },
        LIVE,
      ),
    ).toBe(false)
  })

  test('that is dropped delivers nothing later', () => {
    const { clock, delivered, batcher, flood } = open()
    flood('all', SINGLES + 5)
    batcher.drop()
    clock.advance(BATCH_MS * 10)
    expect(delivered).toHaveLength(SINGLES)
  })

  test('delivers every message of every feed once and in order, whatever comes when', () => {
    const step = fc.record({
      feed: fc.constantFrom('all', 'topic:ci'),
      length: fc.integer({ min: 1, max: 40 }),
      pauseMs: fc.constantFrom(0, 0, 0, 0, 1, 60),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { clock, delivered, bring } = open()
        const heads: Record<string, number> = { all: 0, 'topic:ci': 0 }
        for (const { feed, length, pauseMs } of steps) {
          const head = heads[feed] ?? 0
          bring(frame(feed, head + 1, head + length))
          heads[feed] = head + length
          clock.advance(pauseMs)
        }
        clock.advance(BATCH_MS)
        for (const [feed, head] of Object.entries(heads))
          expect(seqsOf(delivered.filter((each) => each.feed === feed))).toEqual(upTo(head))
      }),
    )
  })
})
