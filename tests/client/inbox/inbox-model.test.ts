import fc from 'fast-check'
import { countUnread, rangesHold } from '@herald/protocol'
import { expect, test } from 'vitest'
import { applyChange, emptyInbox, type Change, type Inbox } from '@/services/inbox/inbox'
import { compareMessages } from '@/services/storage/row-order'
import { unreadOf } from '@/services/inbox/message-list'
import { restoreInbox } from '@/services/inbox/restore-inbox'
import { applyWrite, emptyInbox as emptyStored } from '@/services/storage/memory'
import { feedState, idOf, messages } from '../messages'

const FEEDS = ['all', 'topic:a']
const feed = fc.constantFrom(...FEEDS)
const epoch = fc.constantFrom('e1', 'e1', 'e1', 'e2')
const seq = fc.integer({ min: 1, max: 12 })
const span = fc.tuple(seq, seq).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)

const state = fc.record({ feed, epoch, span, read: fc.array(span, { maxLength: 2 }) }).map((made) => ({
  ...feedState(made.feed, made.span[1], { epoch: made.epoch, from: made.span[0] }),
  read: made.read.map(([first, last]) => [first, last] as [number, number]),
}))

const change: fc.Arbitrary<Change> = fc.oneof(
  fc
    .uniqueArray(state, { selector: (made) => made.feed, maxLength: 2 })
    .map((feeds) => ({ type: 'welcome' as const, feeds })),
  fc.record({ feed, epoch, span }).map((made) => ({
    type: 'messages' as const,
    feed: made.feed,
    epoch: made.epoch,
    messages: messages(made.feed, ...made.span, made.epoch),
  })),
  fc
    .record({ feed, epoch, span, reason: fc.constantFrom('trimmed' as const, 'skipped' as const) })
    .map((made) => ({
      type: 'gap' as const,
      feed: made.feed,
      epoch: made.epoch,
      from: made.span[0],
      to: made.span[1],
      reason: made.reason,
    })),
  fc.record({ type: fc.constant('reset' as const), feed, epoch }),
  fc.record({ feed, epoch, span, from: seq }).map((made) => ({
    type: 'history' as const,
    page: {
      feed: made.feed,
      epoch: made.epoch,
      from: made.from,
      head: 12,
      messages: messages(made.feed, ...made.span, made.epoch),
    },
  })),
  fc.record({
    type: fc.constant('read' as const),
    feed,
    epoch,
    ranges: fc.array(span, { minLength: 1, maxLength: 2 }),
  }),
  state.map((made) => ({ type: 'feed' as const, state: made })),
  fc.record({ type: fc.constant('unfollow' as const), feed }),
  fc.record({ feed, seq }).map((made) => ({ type: 'hide' as const, ids: [idOf(made.feed, made.seq)] })),
  fc.record({ feed, seq }).map((made) => ({ type: 'prune' as const, lows: { [made.feed]: made.seq } })),
)

/** What must hold of an inbox whatever happened to it. */
function check(inbox: Inbox): void {
  expect([...inbox.rows].sort(compareMessages)).toEqual(inbox.rows)
  expect(new Set(inbox.rows.map((row) => row.id)).size).toBe(inbox.rows.length)
  for (const record of Object.values(inbox.feeds)) {
    expect(record.low).toBeGreaterThanOrEqual(record.from)
    expect(record.low).toBeLessThanOrEqual(record.cursor + 1)
    expect(record.head).toBeGreaterThanOrEqual(record.cursor)
    const rows = inbox.rows.filter((row) => row.feed === record.feed).map((row) => row.id)
    const window = messages(record.feed, record.low, record.cursor, record.epoch).map((row) => row.id)
    expect(rows.sort()).toEqual(window.filter((id) => !inbox.hidden.has(id)).sort())
    // Unread, counted the slow way.
    let unread = 0
    for (let n = record.from; n <= record.head; n += 1) if (!rangesHold(record.read, n)) unread += 1
    expect(unreadOf(inbox, record.feed)).toBe(unread)
    expect(countUnread(record.from, record.head, record.read)).toBe(unread)
  }
  expect(inbox.rows.every((row) => inbox.feeds[row.feed])).toBe(true)
}

test(
  'after any changes each feed holds exactly its window, and storage holds what memory does',
  { timeout: 60_000 },
  () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30, size: 'max' }), (changes) => {
        let inbox = emptyInbox
        let stored = emptyStored()
        for (const each of changes) {
          const applied = applyChange(inbox, each)
          inbox = applied.inbox
          stored = applyWrite(stored, applied.write)
          check(inbox)
          const restored = restoreInbox(structuredClone(stored))
          expect(restored.rows).toEqual(inbox.rows)
          expect(restored.hidden).toEqual(inbox.hidden)
          for (const record of Object.values(inbox.feeds)) {
            const { low, ...rest } = restored.feeds[record.feed] ?? {}
            // A window whose lowest rows are deleted ones begins a little higher after a restart: history closes it.
            expect(low).toBeGreaterThanOrEqual(record.low)
            expect({ ...rest, low: record.low }).toEqual(record)
          }
          check({ ...restored, feeds: restored.feeds })
        }
      }),
      { numRuns: 500 },
    )
  },
)
