import { countUnread, rangesHold } from '@herald/protocol'
import { describe, expect, test } from 'vitest'
import { fits } from '@/services/inbox/arrivals'
import { applyChange, emptyInbox, type Change, type Inbox } from '@/services/inbox/inbox'
import { feedState, idOf, message, messages } from '../messages'

const FEED = 'topic:ci'
const EPOCH = 'e1'

const apply = (inbox: Inbox, ...changes: Change[]): Inbox =>
  changes.reduce((current, change) => applyChange(current, change).inbox, inbox)

const welcome = (...feeds: ReturnType<typeof feedState>[]): Change => ({ type: 'welcome', feeds })
const arrive = (first: number, last: number, feed = FEED): Change => ({
  type: 'messages',
  feed,
  epoch: EPOCH,
  messages: messages(feed, first, last),
})
const gap = (from: number, to: number, reason: 'trimmed' | 'skipped' = 'skipped'): Change => ({
  type: 'gap',
  feed: FEED,
  epoch: EPOCH,
  from,
  to,
  reason,
})
const page = (first: number, last: number, head: number, from = 1): Change => ({
  type: 'history',
  page: { feed: FEED, epoch: EPOCH, from, head, messages: messages(FEED, first, last) },
})

const seqs = (inbox: Inbox): number[] => inbox.rows.map((row) => row.seq)

describe('a welcome', () => {
  test('starts the window of an unknown feed before its first message', () => {
    expect(apply(emptyInbox, welcome(feedState(FEED, 3))).feeds[FEED]).toMatchObject({
      low: 1,
      cursor: 0,
      head: 3,
    })
  })

  test('keeps the window of a known feed and merges its reads', () => {
    const before = apply(emptyInbox, welcome(feedState(FEED, 3)), arrive(1, 3), {
      type: 'read',
      feed: FEED,
      epoch: EPOCH,
      ranges: [[1, 1]],
    })
    const after = apply(before, welcome(feedState(FEED, 5, { read: [[3, 3]] })))
    expect(after.feeds[FEED]).toMatchObject({
      low: 1,
      cursor: 3,
      head: 5,
      read: [
        [1, 1],
        [3, 3],
      ],
    })
    expect(after.rows).toBe(before.rows)
  })

  test('of a source that names what it has no more leaves the feeds of others alone', () => {
    const other = 'chat:tea'
    const before = apply(
      emptyInbox,
      welcome(feedState(FEED, 1), feedState('topic:left', 1), feedState(other, 1)),
      arrive(1, 1),
      arrive(1, 1, other),
      arrive(1, 1, 'topic:left'),
    )
    const change: Change = { type: 'welcome', feeds: [feedState(FEED, 1)], gone: ['topic:left'] }
    const { inbox, write } = applyChange(before, change)
    expect(Object.keys(inbox.feeds).sort()).toEqual([other, FEED])
    expect(inbox.rows.map(({ feed }) => feed).sort()).toEqual([other, FEED])
    expect(write.dropFeeds).toEqual(['topic:left'])
  })

  test('drops what is held of a feed that has another epoch', () => {
    const before = apply(emptyInbox, welcome(feedState(FEED, 3)), arrive(1, 3), {
      type: 'read',
      feed: FEED,
      epoch: EPOCH,
      ranges: [[1, 3]],
    })
    const { inbox, write } = applyChange(before, welcome(feedState(FEED, 2, { epoch: 'e2' })))
    expect(inbox.rows).toEqual([])
    expect(inbox.feeds[FEED]).toMatchObject({ epoch: 'e2', cursor: 0, read: [] })
    expect(write.dropFeeds).toEqual([FEED])
  })

  test('drops reads and rows of a log that was restored to before the cursor', () => {
    const before = apply(emptyInbox, welcome(feedState(FEED, 9)), arrive(1, 9), {
      type: 'read',
      feed: FEED,
      epoch: EPOCH,
      ranges: [[1, 9]],
    })
    const after = apply(before, welcome(feedState(FEED, 4)))
    expect(after.feeds[FEED]).toMatchObject({ low: 1, cursor: 0, head: 4, read: [] })
    expect(after.rows).toEqual([])
  })

  test('drops feeds that the user no longer has', () => {
    const before = apply(emptyInbox, welcome(feedState(FEED, 1), feedState('all', 0)), arrive(1, 1))
    const { inbox, write } = applyChange(before, welcome(feedState('all', 0)))
    expect(Object.keys(inbox.feeds)).toEqual(['all'])
    expect(inbox.rows).toEqual([])
    expect(write.dropFeeds).toEqual([FEED])
  })

  test('drops rows that retention removed', () => {
    const before = apply(emptyInbox, welcome(feedState(FEED, 5)), arrive(1, 5))
    const { inbox, write } = applyChange(before, welcome(feedState(FEED, 5, { from: 4 })))
    expect(seqs(inbox)).toEqual([5, 4])
    expect(write.dropRowsBelow).toEqual([{ feed: FEED, seq: 4 }])
  })
})

describe('messages', () => {
  const start = apply(emptyInbox, welcome(feedState(FEED, 0), feedState('all', 0)))

  test('are fresh in the order of their seqs, and stored with the cursor', () => {
    const { inbox, fresh, write } = applyChange(start, arrive(1, 3))
    expect(fresh.map((row) => row.seq)).toEqual([1, 2, 3])
    expect(seqs(inbox)).toEqual([3, 2, 1])
    expect(write.rows).toHaveLength(3)
    expect(write.feeds).toMatchObject([{ cursor: 3 }])
  })

  test('that came before are not fresh again', () => {
    const once = apply(start, arrive(1, 3))
    const { fresh, inbox } = applyChange(once, arrive(2, 4))
    expect(fresh.map((row) => row.seq)).toEqual([4])
    expect(seqs(inbox)).toEqual([4, 3, 2, 1])
    expect(applyChange(once, arrive(1, 3)).write).toEqual({})
  })

  test('that leave a hole do not fit and change nothing', () => {
    expect(fits(start, arrive(2, 3))).toBe('hole')
    expect(applyChange(start, arrive(2, 3)).inbox).toBe(start)
  })

  test('that hold a hole, or are of another feed or epoch, do not fit', () => {
    const torn: Change = {
      type: 'messages',
      feed: FEED,
      epoch: EPOCH,
      messages: [message(FEED, 1), message(FEED, 3)],
    }
    expect(fits(start, torn)).toBe('hole')
    expect(fits(start, { ...torn, messages: messages('all', 1, 1) })).toBe('hole')
    expect(fits(start, { ...torn, epoch: 'e9', messages: messages(FEED, 1, 1) })).toBe('hole')
    expect(fits(start, { ...torn, feed: 'topic:none', messages: messages('topic:none', 1, 1) })).toBe('hole')
  })

  test('deleted on this device stay away', () => {
    const hidden = apply(start, { type: 'hide', ids: [idOf(FEED, 2)] })
    const { inbox, fresh } = applyChange(hidden, arrive(1, 3))
    expect(seqs(inbox)).toEqual([3, 1])
    expect(fresh.map((row) => row.seq)).toEqual([1, 3])
  })

  test('of several feeds stand in one list by time', () => {
    const inbox = apply(start, arrive(1, 2), arrive(1, 2, 'all'), arrive(3, 3))
    expect(inbox.rows.map((row) => `${row.feed} ${String(row.seq)}`)).toEqual([
      'topic:ci 3',
      'all 2',
      'topic:ci 2',
      'all 1',
      'topic:ci 1',
    ])
  })

  test('are frozen rows', () => {
    expect(Object.isFrozen(apply(start, arrive(1, 1)).rows[0])).toBe(true)
  })
})

describe('a gap', () => {
  const start = apply(emptyInbox, welcome(feedState(FEED, 1000)), arrive(1, 10))

  test('starts the window anew after it', () => {
    const { inbox, write } = applyChange(start, gap(11, 900))
    expect(inbox.feeds[FEED]).toMatchObject({ low: 901, cursor: 900, from: 1 })
    expect(inbox.rows).toEqual([])
    expect(write.dropRowsBelow).toEqual([{ feed: FEED, seq: 901 }])
    expect(seqs(apply(inbox, arrive(901, 902)))).toEqual([902, 901])
  })

  test('that was trimmed moves the beginning of the log', () => {
    const inbox = apply(start, gap(11, 900, 'trimmed'))
    expect(inbox.feeds[FEED]).toMatchObject({ from: 901, low: 901 })
    expect(countUnread(901, 1000, [])).toBe(100)
  })

  test('below the cursor changes nothing', () => {
    expect(applyChange(start, gap(2, 9)).inbox).toBe(start)
  })
})

describe('history', () => {
  const start = apply(emptyInbox, welcome(feedState(FEED, 100)), gap(1, 90), arrive(91, 100))

  test('extends the window downwards', () => {
    const inbox = apply(start, page(81, 90, 100))
    expect(inbox.feeds[FEED]).toMatchObject({ low: 81, cursor: 100 })
    expect(inbox.rows).toHaveLength(20)
    expect(applyChange(start, page(81, 90, 100)).fresh).toEqual([])
  })

  test('that does not touch the window is of no use', () => {
    expect(apply(start, page(70, 80, 100)).rows).toHaveLength(10)
  })

  test('that overlaps the window adds only what is below it', () => {
    expect(apply(start, page(85, 95, 100)).feeds[FEED]?.low).toBe(85)
    expect(apply(start, page(85, 95, 100)).rows).toHaveLength(16)
  })

  test('that says that older messages are gone ends the log there', () => {
    const inbox = apply(start, page(88, 90, 100, 88))
    expect(inbox.feeds[FEED]).toMatchObject({ from: 88, low: 88 })
    const trimmed = apply(start, {
      type: 'history',
      page: { feed: FEED, epoch: EPOCH, from: 95, head: 100, messages: [] },
    })
    expect(seqs(trimmed)).toEqual([100, 99, 98, 97, 96, 95])
  })

  test('of another epoch changes nothing', () => {
    const other: Change = {
      type: 'history',
      page: { feed: FEED, epoch: 'e2', from: 1, head: 100, messages: [] },
    }
    expect(applyChange(start, other).inbox).toBe(start)
  })
})

describe('reads and deletions', () => {
  const start = apply(emptyInbox, welcome(feedState(FEED, 3)), arrive(1, 3))

  test('are a union that changes nothing when it is repeated', () => {
    const read: Change = { type: 'read', feed: FEED, epoch: EPOCH, ranges: [[2, 3]] }
    const once = apply(start, read)
    expect(rangesHold(once.feeds[FEED]?.read ?? [], 2)).toBe(true)
    expect(applyChange(once, read).inbox).toBe(once)
    expect(applyChange(once, read).write).toEqual({})
  })

  test('a deleted row is gone from list and storage and is remembered', () => {
    const { inbox, write } = applyChange(start, { type: 'hide', ids: [idOf(FEED, 2)] })
    expect(seqs(inbox)).toEqual([3, 1])
    expect(write).toEqual({ hidden: [idOf(FEED, 2)], dropRows: [idOf(FEED, 2)] })
  })

  test('leaving a feed leaves nothing of it', () => {
    const { inbox, write } = applyChange(start, { type: 'unfollow', feed: FEED })
    expect(inbox.rows).toEqual([])
    expect(inbox.feeds).toEqual({})
    expect(write).toEqual({ dropFeeds: [FEED] })
  })

  test('a reset drops what is held and starts at the beginning of the log', () => {
    const inbox = apply(start, { type: 'reset', feed: FEED, epoch: EPOCH })
    expect(inbox.feeds[FEED]).toMatchObject({ low: 1, cursor: 0 })
    expect(inbox.rows).toEqual([])
  })

  test('pruning lets go of old rows, and history can bring them again', () => {
    const inbox = apply(start, { type: 'prune', lows: { [FEED]: 3 } })
    expect(seqs(inbox)).toEqual([3])
    expect(seqs(apply(inbox, page(1, 2, 3)))).toEqual([3, 2, 1])
  })
})

test('single messages at the head of a list of 10,000 are merged without sorting it', () => {
  let looks = 0
  const watched = messages(FEED, 1, 10_000).map((message) => {
    const { time } = message
    const get = (): number => {
      looks += 1
      return time
    }
    return Object.defineProperty(message, 'time', { get, enumerable: true })
  })
  const full = apply(emptyInbox, welcome(feedState(FEED, 0)), {
    ...arrive(1, 1),
    messages: watched,
  } as Change)
  looks = 0
  const after = apply(
    full,
    ...Array.from({ length: 100 }, (_, index) => arrive(10_001 + index, 10_001 + index)),
  )
  expect(after.rows).toHaveLength(10_100)
  // A binary search looks at fourteen rows, twice at most; a sort or a scan at all 10,000, for each of the hundred.
  expect(looks).toBeLessThan(100 * 100)
})
