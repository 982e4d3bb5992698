import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Message } from '@herald/protocol'
import { History, MAX_PAGES_PER_CALL, WANTED_ROWS } from '@/services/inbox/history'
import { applyChange, emptyInbox, type Change, type Inbox } from '@/services/inbox/inbox'
import { compareMessages, mergeRows, newestRows } from '@/services/storage/row-order'
import {
  hasOlder,
  isUnread,
  listMessages,
  unreadTotal,
  type MessageFilter,
} from '@/services/inbox/message-list'
import { feedState, message, messages } from '../messages'

const ALL: MessageFilter = { feed: null, unreadOnly: false, search: '' }
const apply = (inbox: Inbox, ...changes: Change[]): Inbox =>
  changes.reduce((current, change) => applyChange(current, change).inbox, inbox)

/** Logs of several feeds, of which a device holds the newest part of each. */
class Logs {
  readonly byFeed = new Map<string, Message[]>()
  inbox: Inbox = emptyInbox
  requests = 0

  constructor(logs: Readonly<Record<string, readonly number[]>>, held: Readonly<Record<string, number>>) {
    for (const [feed, times] of Object.entries(logs)) {
      this.byFeed.set(
        feed,
        times.map((time, index) => message(feed, index + 1, { time })),
      )
    }
    const feeds = [...this.byFeed].map(([feed, log]) => feedState(feed, log.length))
    this.inbox = apply(emptyInbox, { type: 'welcome', feeds })
    for (const [feed, log] of this.byFeed) {
      const newest = log.slice(Math.max(0, log.length - (held[feed] ?? 0)))
      const first = (newest[0]?.seq ?? log.length + 1) - 1
      if (first > 0)
        this.inbox = apply(this.inbox, {
          type: 'gap',
          feed,
          epoch: 'e1',
          from: 1,
          to: first,
          reason: 'skipped',
        })
      if (newest.length > 0)
        this.inbox = apply(this.inbox, { type: 'messages', feed, epoch: 'e1', messages: newest })
    }
  }

  history(pageSize: number): History {
    return new History({
      inbox: () => this.inbox,
      commit: (change) => {
        this.inbox = applyChange(this.inbox, change).inbox
        return Promise.resolve()
      },
      api: {
        history: (feed, position) => {
          this.requests += 1
          const before = 'before' in position ? position.before : Infinity
          const log = this.byFeed.get(feed) ?? []
          const page = log.filter(({ seq }) => seq < before).slice(-pageSize)
          return Promise.resolve({ feed, epoch: 'e1', from: 1, head: log.length, messages: page })
        },
      },
    })
  }
}

const ascending = fc.array(fc.nat(50), { maxLength: 40 }).map((times) => times.sort((a, b) => a - b))

describe('a merged list', () => {
  test('is always the top of the whole truth, in its order, however much of each feed is loaded', () => {
    const logs = fc.record({ 'user:me': ascending, 'topic:a': ascending, all: ascending })
    const held = fc.record({ 'user:me': fc.nat(40), 'topic:a': fc.nat(40), all: fc.nat(40) })
    fc.assert(
      fc.property(logs, held, (times, kept) => {
        const world = new Logs(times, kept)
        // A feed of which nothing is loaded sets no floor: it would blank the list.
        fc.pre(
          [...world.byFeed].every(([feed, log]) => log.length === 0 || kept[feed as keyof typeof kept] > 0),
        )
        const truth = [...world.byFeed.values()].flat().sort(compareMessages)
        const listed = listMessages(world.inbox, ALL)
        expect(listed.map((row) => row.id)).toEqual(truth.slice(0, listed.length).map((row) => row.id))
      }),
      { numRuns: 500 },
    )
  })

  test('reaches the oldest message by loading, and then is the whole truth', async () => {
    const logs = fc.record({ 'user:me': ascending, 'topic:a': ascending })
    await fc.assert(
      fc.asyncProperty(
        logs,
        fc.record({ 'user:me': fc.nat(9), 'topic:a': fc.nat(9) }),
        async (times, kept) => {
          const world = new Logs(times, kept)
          const history = world.history(7)
          let calls = 0
          while (!(await history.loadOlder(ALL))) expect((calls += 1)).toBeLessThan(20)
          const truth = [...world.byFeed.values()].flat().sort(compareMessages)
          expect(listMessages(world.inbox, ALL).map((row) => row.id)).toEqual(truth.map((row) => row.id))
          expect(hasOlder(world.inbox, ALL)).toBe(false)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('reaches the oldest message, once each, of feeds whose times went back too', async () => {
    const times = fc.array(fc.nat(50), { maxLength: 40 })
    const held = fc.record({ 'user:me': fc.nat(9), 'topic:a': fc.nat(9) })
    await fc.assert(
      fc.asyncProperty(fc.record({ 'user:me': times, 'topic:a': times }), held, async (stamped, kept) => {
        const world = new Logs(stamped, kept)
        const history = world.history(7)
        for (let calls = 0; !(await history.loadOlder(ALL)); calls += 1) expect(calls).toBeLessThan(20)
        const truth = [...world.byFeed.values()].flat().sort(compareMessages)
        expect(listMessages(world.inbox, ALL).map((row) => row.id)).toEqual(truth.map((row) => row.id))
      }),
      { numRuns: 200 },
    )
  })

  test('of one feed has no floor', () => {
    const world = new Logs({ 'user:me': [1, 2, 3, 4], all: [1, 2, 3, 4] }, { 'user:me': 4, all: 1 })
    expect(listMessages(world.inbox, { ...ALL, feed: 'user:me' })).toHaveLength(4)
    expect(listMessages(world.inbox, ALL).length).toBeLessThan(5)
  })

  test('has nothing that the person wrote in a conversation, where it stands and by which it is found', () => {
    const told = [1, 2].map((seq) => message('chat:bob', seq, { body: seq === 1 ? 'theirs' : 'ours' }))
    const own = told.map((row) => (row.seq === 2 ? { ...row, data: { out: true } } : row))
    const inbox = apply(
      emptyInbox,
      { type: 'welcome', feeds: [feedState('chat:bob', 2)] },
      { type: 'messages', feed: 'chat:bob', epoch: 'e1', messages: own },
    )
    const bodies = (filter: Partial<MessageFilter>): string[] =>
      listMessages(inbox, { ...ALL, ...filter }).map(({ body }) => body)
    expect(bodies({})).toEqual(['theirs'])
    expect(bodies({ feed: 'chat:bob' })).toEqual(['ours', 'theirs'])
    expect(bodies({ search: 'ours' })).toEqual(['ours'])
  })

  test('finds by title, body, feed and tag, in any case', () => {
    const rows = [
      message('topic:ci', 1, { title: 'Build FAILED' }),
      message('topic:ci', 2, { tags: ['Night'] }),
    ]
    const inbox = apply(
      emptyInbox,
      { type: 'welcome', feeds: [feedState('topic:ci', 0)] },
      { type: 'messages', feed: 'topic:ci', epoch: 'e1', messages: rows },
    )
    const found = (search: string): number[] => listMessages(inbox, { ...ALL, search }).map((row) => row.seq)
    expect(found('failed')).toEqual([1])
    expect(found(' NIGHT ')).toEqual([2])
    expect(found('ci')).toEqual([2, 1])
    expect(found('none')).toEqual([])
  })
})

describe('loading older messages', () => {
  const big = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

  test('brings about 30 rows by few requests', async () => {
    const world = new Logs({ all: big(1_000) }, { all: 100 })
    expect(await world.history(50).loadOlder(ALL)).toBe(false)
    expect(world.requests).toBe(1)
    expect(listMessages(world.inbox, ALL)).toHaveLength(150)
  })

  test('loads the feed that ends the list first', async () => {
    const world = new Logs({ all: big(200), 'topic:a': big(200) }, { all: 20, 'topic:a': 150 })
    await world.history(100).loadOlder(ALL)
    expect(world.inbox.feeds.all?.low).toBe(81)
    expect(world.inbox.feeds['topic:a']?.low).toBe(51)
  })

  test('does not ask twice for a page when it is called twice', async () => {
    const world = new Logs({ all: big(300) }, { all: 100 })
    const history = world.history(100)
    await Promise.all([history.loadOlder(ALL), history.loadOlder(ALL), history.loadOlder(ALL)])
    expect(world.requests).toBe(2)
    expect(listMessages(world.inbox, ALL)).toHaveLength(300)
  })

  test('with unreadOnly looks only where something unread is', async () => {
    const world = new Logs({ all: big(1_000), 'topic:a': big(1_000) }, { all: 10, 'topic:a': 10 })
    world.inbox = apply(
      world.inbox,
      { type: 'read', feed: 'all', epoch: 'e1', ranges: [[1, 1_000]] },
      { type: 'read', feed: 'topic:a', epoch: 'e1', ranges: [[901, 1_000]] },
    )
    const unread = { ...ALL, unreadOnly: true }
    expect(await world.history(100).loadOlder(unread)).toBe(false)
    expect(world.inbox.feeds.all?.low).toBe(991)
    expect(listMessages(world.inbox, unread).length).toBeGreaterThanOrEqual(WANTED_ROWS)
    expect(listMessages(world.inbox, unread).every((row) => isUnread(world.inbox, row))).toBe(true)
  })

  test('stops after some pages when nothing passes the filter, and goes on at the next call', async () => {
    const world = new Logs({ all: big(5_000) }, { all: 100 })
    const nowhere = { ...ALL, search: 'nowhere' }
    expect(await world.history(100).loadOlder(nowhere)).toBe(false)
    expect(world.requests).toBe(MAX_PAGES_PER_CALL)
    expect(await world.history(100).loadOlder(nowhere)).toBe(false)
    expect(await world.history(100).loadOlder(nowhere)).toBe(true)
  })

  test('after a gap of 10,000 messages the count is right at once, and scrolling reaches the oldest', async () => {
    const world = new Logs({ all: big(10_000) }, { all: 100 })
    expect(unreadTotal(world.inbox)).toBe(10_000)
    const history = world.history(100)
    let calls = 0
    while (!(await history.loadOlder(ALL))) calls += 1
    expect(calls).toBeLessThan(100)
    expect(listMessages(world.inbox, ALL)).toHaveLength(10_000)
    expect(listMessages(world.inbox, ALL).at(-1)?.seq).toBe(1)
  })

  test('gives up when a page moves nothing', async () => {
    const world = new Logs({ all: big(300) }, { all: 100 })
    const stuck = new History({
      inbox: () => world.inbox,
      commit: () => Promise.resolve(),
      api: { history: (feed) => Promise.resolve({ feed, epoch: 'e1', from: 1, head: 300, messages: [] }) },
    })
    expect(await stuck.loadOlder(ALL)).toBe(false)
  })

  test('fails as the request failed, and the next call tries again', async () => {
    const world = new Logs({ all: big(300) }, { all: 100 })
    const answers = [Promise.reject(new Error('offline'))]
    const good = world.history(100)
    const history = new History({
      inbox: () => world.inbox,
      commit: (change) => {
        world.inbox = applyChange(world.inbox, change).inbox
        return Promise.resolve()
      },
      api: {
        history: () =>
          answers.shift() ??
          Promise.resolve({
            feed: 'all',
            epoch: 'e1',
            from: 1,
            head: 300,
            messages: messages('all', 101, 200),
          }),
      },
    })
    await expect(history.loadOlder(ALL)).rejects.toThrow('offline')
    await history.loadOlder(ALL)
    expect(world.inbox.feeds.all?.low).toBe(101)
    expect(await good.loadOlder(ALL)).toBe(true)
  })
})

test('merging is the same as sorting', () => {
  const rows = (feed: string) =>
    fc
      .array(fc.nat(20), { maxLength: 20 })
      .map((times) => times.sort((a, b) => a - b).map((time, index) => message(feed, index + 1, { time })))
  fc.assert(
    fc.property(rows('all'), rows('topic:a'), rows('user:me'), (a, b, c) => {
      const held = [...a, ...b].sort(compareMessages)
      const added = [...c].sort(compareMessages)
      expect(mergeRows(held, added)).toEqual([...held, ...added].sort(compareMessages))
    }),
    { numRuns: 500 },
  )
})

describe('the newest rows', () => {
  const anyRows = fc
    .tuple(fc.array(fc.nat(30), { maxLength: 30 }), fc.array(fc.nat(30), { maxLength: 30 }))
    .map(([a, b]) => [
      ...a.map((time, index) => message('all', index + 1, { time })),
      ...b.map((time, index) => message('topic:a', index + 1, { time })),
    ])

  test('are of each feed its highest seqs without a hole, whatever the times are', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(60), (rows, count) => {
        const kept = newestRows([...rows].sort(compareMessages), count)
        expect(kept).toHaveLength(Math.min(count, rows.length))
        for (const feed of ['all', 'topic:a']) {
          const seqs = kept.filter((row) => row.feed === feed).map(({ seq }) => seq)
          const head = rows.filter((row) => row.feed === feed).length
          expect(seqs.sort((a, b) => b - a)).toEqual(seqs.map((_, index) => head - index))
        }
      }),
      { numRuns: 500 },
    )
  })

  test('are the top of the list as long as no time goes back', () => {
    fc.assert(
      fc.property(ascending, fc.nat(40), (times, count) => {
        const rows = times.map((time, index) => message('all', index + 1, { time })).sort(compareMessages)
        expect(newestRows(rows, count)).toEqual(rows.slice(0, count))
      }),
    )
  })
})
