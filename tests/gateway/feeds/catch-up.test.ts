import fc from 'fast-check'
import { expect, it } from 'vitest'
import { planCatchUp } from '../../../gateway/ws/catch-up'

const head = (from: number, last: number) => ({ feed: 'all', epoch: 'e', from, head: last })

it.each([
  [
    'a device that is up to date',
    { epoch: 'e', seq: 9 },
    head(1, 9),
    { after: 9, gaps: [], reset: undefined },
  ],
  ['a device a little behind', { epoch: 'e', seq: 7 }, head(1, 9), { after: 7, gaps: [], reset: undefined }],
  ['a new device on a short feed', undefined, head(1, 9), { after: 0, gaps: [], reset: undefined }],
  ['a new device on a trimmed feed', undefined, head(5, 9), { after: 4, gaps: [], reset: undefined }],
  [
    'a new device on a long feed',
    undefined,
    head(1, 100),
    { after: 90, gaps: [{ from: 1, to: 90, reason: 'skipped' }], reset: undefined },
  ],
  [
    'a device whose next messages are gone',
    { epoch: 'e', seq: 2 },
    head(5, 9),
    { after: 4, gaps: [{ from: 3, to: 4, reason: 'trimmed' }], reset: undefined },
  ],
  [
    'a device far behind on a trimmed feed',
    { epoch: 'e', seq: 2 },
    head(5, 100),
    {
      after: 90,
      gaps: [
        { from: 3, to: 4, reason: 'trimmed' },
        { from: 5, to: 90, reason: 'skipped' },
      ],
      reset: undefined,
    },
  ],
  [
    'a cursor of another epoch',
    { epoch: 'old', seq: 2 },
    head(1, 9),
    { after: 0, gaps: [], reset: 'unknown_epoch' },
  ],
  [
    'a cursor ahead of the log',
    { epoch: 'e', seq: 10 },
    head(1, 9),
    { after: 0, gaps: [], reset: 'cursor_ahead' },
  ],
  ['an empty feed', undefined, head(1, 0), { after: 0, gaps: [], reset: undefined }],
  [
    'a feed of which everything is gone',
    { epoch: 'e', seq: 3 },
    head(10, 9),
    { after: 9, gaps: [{ from: 4, to: 9, reason: 'trimmed' }], reset: undefined },
  ],
])('plans for %s', (_name, cursor, feedHead, plan) => {
  expect(planCatchUp(cursor, feedHead, 10)).toEqual(plan)
})

it('leaves no seq between the cursor and the head unnamed and unsent, and names none twice', () => {
  const caseOf = fc.record({
    from: fc.integer({ min: 1, max: 60 }),
    length: fc.nat(60),
    seq: fc.nat(130),
    page: fc.integer({ min: 1, max: 20 }),
  })
  fc.assert(
    fc.property(caseOf, ({ from, length, seq, page }) => {
      const feedHead = head(from, from + length - 1)
      const plan = planCatchUp({ epoch: 'e', seq }, feedHead, page)
      const start = plan.reset ? from - 1 : seq
      const told = plan.gaps.flatMap((gap) =>
        Array.from({ length: gap.to - gap.from + 1 }, (_, i) => gap.from + i),
      )
      const sent = Array.from({ length: feedHead.head - plan.after }, (_, i) => plan.after + 1 + i)
      expect([...told, ...sent]).toEqual(
        Array.from({ length: feedHead.head - start }, (_, i) => start + 1 + i),
      )
      expect(sent.length).toBeLessThanOrEqual(page)
    }),
  )
})
