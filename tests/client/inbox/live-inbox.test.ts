import { describe, expect, test } from 'vitest'
import type { Message } from '@herald/protocol'
import type { Change } from '@/services/inbox/inbox'
import { LiveInbox } from '@/services/inbox/live-inbox'
import { STORED_ROWS } from '@/services/inbox/row-budget'
import { MAX_ROWS_AT_TOP } from '@/services/inbox/device-inbox'
import { STORAGE_RETRY_MS } from '@/services/inbox/storage-writer'
import { readPresented } from '@/services/presented/standings'
import { PresentedLedger } from '@/services/presented/presented-ledger'
import { FakeClock, settle } from '../fake-clock'
import { feedState, idOf, messages } from '../messages'
import { FaultyStorage } from './faulty-storage'

const FEED = 'topic:ci'
const LIVE = { catchUp: false }
const welcome = (head = 0): Change => ({ type: 'welcome', feeds: [feedState(FEED, head)] })
const arrive = (first: number, last: number): Change => ({
  type: 'messages',
  feed: FEED,
  epoch: 'e1',
  messages: messages(FEED, first, last),
})

async function open(storage = new FaultyStorage(), settling: () => Promise<void> | null = () => null) {
  const clock = new FakeClock()
  const presented: string[] = []
  const taken: string[] = []
  const failed: boolean[] = []
  const events: string[] = []
  const ledger = new PresentedLedger()
  const liveInbox = new LiveInbox({
    storage,
    clock,
    ledger,
    settling,
    present: (fresh: readonly Message[]) => {
      presented.push(...fresh.map((row) => row.id))
      events.push('present')
      return Promise.resolve()
    },
    shown: () => Promise.resolve(),
    onPresented: (ids) => taken.push(...ids),
    onInbox: () => undefined,
    onStorageFailed: (is) => failed.push(is),
  })
  await liveInbox.load()
  return { storage, clock, liveInbox, presented, taken, ledger, failed, events }
}

describe('a live inbox', () => {
  test('stores rows and the ids to present in one step, then presents, then says that it has them', async () => {
    const { storage, liveInbox, presented } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    storage.mode = 'slow'
    let acked = false
    void liveInbox.deliver(arrive(1, 2), LIVE).then(() => (acked = true))
    await settle()
    expect(presented).toEqual([])
    expect(acked).toBe(false)
    storage.release.forEach((release) => {
      release()
    })
    await settle()
    expect(storage.writes.at(-1)).toMatchObject({ presented: [idOf(FEED, 1), idOf(FEED, 2)] })
    expect(storage.writes.at(-1)?.rows).toHaveLength(2)
    expect(presented).toHaveLength(2)
    expect(acked).toBe(true)
  })

  test('presents nothing twice, after a restart either, when the log is read again', async () => {
    const first = await open()
    await first.liveInbox.deliver(welcome(), LIVE)
    await first.liveInbox.deliver(arrive(1, 2), LIVE)
    const second = await open(first.storage)
    await second.liveInbox.deliver({ type: 'reset', feed: FEED, epoch: 'e1' }, LIVE)
    await second.liveInbox.deliver(arrive(1, 3), LIVE)
    expect(second.presented).toEqual([idOf(FEED, 3)])
  })

  test('shows after a restart what it had, with its reads and deletions', async () => {
    const { storage, liveInbox } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    await liveInbox.deliver(arrive(1, 4), LIVE)
    await liveInbox.commit({ type: 'read', feed: FEED, epoch: 'e1', ranges: [[1, 2]] })
    await liveInbox.commit({ type: 'hide', ids: [idOf(FEED, 3)] })
    const again = await open(storage)
    expect(again.liveInbox.inbox.rows).toEqual(liveInbox.inbox.rows)
    expect(again.liveInbox.inbox.feeds).toEqual(liveInbox.inbox.feeds)
    expect([...again.liveInbox.inbox.hidden]).toEqual([idOf(FEED, 3)])
  })

  test('empties storage that holds nonsense, and goes on with it', async () => {
    const storage = new FaultyStorage()
    storage.mode = 'corrupt'
    const { liveInbox, failed } = await open(storage)
    await liveInbox.deliver(welcome(), LIVE)
    await liveInbox.deliver(arrive(1, 2), LIVE)
    expect(failed).toEqual([])
    expect((await storage.load()).rows).toHaveLength(2)
  })

  test('alerts though storage fails, says nothing of having it, and stores all as soon as it can', async () => {
    const { storage, liveInbox, presented, failed, clock } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    storage.mode = 'full'
    let acked = false
    void liveInbox.deliver(arrive(1, 1), LIVE).then(() => (acked = true))
    await settle()
    void liveInbox.deliver(arrive(2, 2), LIVE)
    await settle()
    expect(presented).toHaveLength(2)
    expect([acked, failed]).toEqual([false, [true]])
    clock.advance(STORAGE_RETRY_MS)
    await settle()
    storage.mode = 'good'
    clock.advance(STORAGE_RETRY_MS)
    await settle()
    expect([acked, failed]).toEqual([true, [true, false]])
    const stored = await storage.load()
    expect(stored.rows).toHaveLength(2)
    expect(stored.feeds).toMatchObject([{ cursor: 2 }])
    expect(stored.presented).toHaveLength(2)
  })

  test('forgets in storage too what was left while storage failed', async () => {
    const { storage, liveInbox, clock } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    await liveInbox.deliver(arrive(1, 1), LIVE)
    storage.mode = 'full'
    void liveInbox.commit({ type: 'unfollow', feed: FEED })
    await settle()
    storage.mode = 'good'
    clock.advance(STORAGE_RETRY_MS)
    await settle()
    const stored = await storage.load()
    expect([stored.rows, stored.feeds]).toEqual([[], []])
  })

  test('stores a burst in few steps', async () => {
    const { storage, liveInbox } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    storage.writes.length = 0
    await Promise.all(Array.from({ length: 100 }, (_, n) => liveInbox.deliver(arrive(n + 1, n + 1), LIVE)))
    expect(storage.writes.length).toBeLessThan(5)
    expect((await storage.load()).rows).toHaveLength(100)
  })

  test('keeps about 1,000 newest rows in storage, and all in memory while somebody reads below the top', async () => {
    const { storage, liveInbox } = await open()
    liveInbox.setReading(true)
    await liveInbox.deliver(welcome(), LIVE)
    for (let n = 0; n < 30; n += 1) await liveInbox.deliver(arrive(n * 100 + 1, n * 100 + 100), LIVE)
    await liveInbox.flushed()
    const stored = await storage.load()
    expect(liveInbox.inbox.rows).toHaveLength(3_000)
    expect(stored.rows.length).toBeLessThanOrEqual(STORED_ROWS + 250)
    expect(stored.rows.length).toBeGreaterThanOrEqual(STORED_ROWS)
    const again = await open(storage)
    const record = again.liveInbox.inbox.feeds[FEED]
    expect(record?.low).toBe(3_000 - stored.rows.length + 1)
    expect(again.liveInbox.inbox.rows).toHaveLength(stored.rows.length)
  })

  test('leaves no hole in storage when a clock was ahead, after storage had failed either', async () => {
    const { storage, liveInbox, clock } = await open()
    liveInbox.setReading(true)
    await liveInbox.deliver(welcome(), LIVE)
    const ahead = messages(FEED, 1, 1).map((row) => ({ ...row, time: 9_000_000 }))
    await liveInbox.deliver({ type: 'messages', feed: FEED, epoch: 'e1', messages: ahead }, LIVE)
    storage.mode = 'full'
    for (let n = 0; n < 15; n += 1) void liveInbox.deliver(arrive(n * 100 + 2, n * 100 + 101), LIVE)
    await settle()
    storage.mode = 'good'
    clock.advance(STORAGE_RETRY_MS)
    await settle()
    for (const again of [
      await open(storage),
      (await liveInbox.deliver(arrive(1_502, 2_000), LIVE), await open(storage)),
    ]) {
      const { rows, feeds } = again.liveInbox.inbox
      const { low = 0, cursor = 0 } = feeds[FEED] ?? {}
      expect(rows).toHaveLength(cursor - low + 1)
      expect(rows.length).toBeLessThanOrEqual(STORED_ROWS + 250)
    }
  })

  test('keeps a bounded number of rows in memory while nobody does', async () => {
    const { liveInbox } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    for (let n = 0; n < 30; n += 1) await liveInbox.deliver(arrive(n * 100 + 1, n * 100 + 100), LIVE)
    expect(liveInbox.inbox.rows.length).toBeLessThanOrEqual(MAX_ROWS_AT_TOP)
    expect(liveInbox.inbox.rows[0]?.seq).toBe(3_000)
  })

  test('keeps history beyond the budget in memory only, and leaves no hole after a restart', async () => {
    const { storage, liveInbox } = await open()
    await liveInbox.deliver(welcome(5_000), LIVE)
    await liveInbox.deliver(
      { type: 'gap', feed: FEED, epoch: 'e1', from: 1, to: 4_900, reason: 'skipped' },
      LIVE,
    )
    await liveInbox.deliver(arrive(4_901, 5_000), LIVE)
    for (let low = 4_901; low > 3_000; low -= 100) {
      const page = {
        feed: FEED,
        epoch: 'e1',
        from: 1,
        head: 5_000,
        messages: messages(FEED, low - 100, low - 1),
      }
      await liveInbox.commit({ type: 'history', page })
    }
    expect(liveInbox.inbox.rows).toHaveLength(2_100)
    const again = await open(storage)
    const record = again.liveInbox.inbox.feeds[FEED]
    expect(again.liveInbox.inbox.rows.length).toBeLessThanOrEqual(STORED_ROWS)
    expect(again.liveInbox.inbox.rows.at(-1)?.seq).toBe(record?.low)
    expect(5_000 - (record?.low ?? 0) + 1).toBe(again.liveInbox.inbox.rows.length)
  })

  test('as a follower says when it missed something, and catches up from storage', async () => {
    const { liveInbox, storage } = await open()
    const follower = await open(storage)
    await liveInbox.deliver(welcome(), LIVE)
    await liveInbox.deliver(arrive(1, 2), LIVE)
    expect(follower.liveInbox.mirror(arrive(3, 3))).toBe(false)
    await follower.liveInbox.load()
    expect(follower.liveInbox.mirror(arrive(3, 3))).toBe(true)
    expect(follower.liveInbox.inbox.rows).toHaveLength(3)
    expect(follower.presented).toEqual([])
  })

  test('keeps reads and deletions made here when storage is read again', async () => {
    const { liveInbox, storage } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    await liveInbox.deliver(arrive(1, 3), LIVE)
    const follower = await open(storage)
    storage.mode = 'full'
    void follower.liveInbox.commit({ type: 'read', feed: FEED, epoch: 'e1', ranges: [[2, 2]] })
    void follower.liveInbox.commit({ type: 'hide', ids: [idOf(FEED, 1)] })
    await follower.liveInbox.load()
    expect(follower.liveInbox.inbox.feeds[FEED]?.read).toEqual([[2, 2]])
    expect(follower.liveInbox.inbox.rows.map((row) => row.seq)).toEqual([3, 2])
  })

  test('writes nothing more once it is closed', async () => {
    const { liveInbox, storage } = await open()
    liveInbox.close()
    void liveInbox.deliver(welcome(), LIVE)
    await settle()
    expect(storage.writes).toEqual([])
  })
})

describe('messages that a push service has shown', () => {
  test('are listed and stored as presented, and raise no alert, when they come after that was told', async () => {
    const { liveInbox, storage, presented } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    liveInbox.notePushed(FEED, 'e1', [
      [4, 4],
      [1, 2],
    ])
    await liveInbox.deliver(arrive(1, 1), LIVE)
    await liveInbox.deliver(arrive(2, 5), LIVE)
    expect(presented).toEqual([idOf(FEED, 3), idOf(FEED, 5)])
    expect(liveInbox.inbox.rows).toHaveLength(5)
    expect((await storage.load()).presented).toHaveLength(5)
  })

  test('are taken back from their surface when they came before it was told', async () => {
    const { liveInbox, taken } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    await liveInbox.deliver(arrive(1, 3), LIVE)
    liveInbox.notePushed(FEED, 'e1', [[2, 2]])
    expect(taken).toEqual([idOf(FEED, 2)])
  })

  test('are shown after all when their push comes to the running app, which no system shows', async () => {
    const { liveInbox, presented, ledger } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    liveInbox.notePushed(FEED, 'e1', [[1, 2]])
    await liveInbox.deliver(arrive(1, 3), LIVE)
    expect(ledger.isNews(idOf(FEED, 2))).toBe(false)
    await liveInbox.presentPushed(liveInbox.inbox.rows.find(({ seq }) => seq === 2)!)
    await liveInbox.presentPushed(liveInbox.inbox.rows.find(({ seq }) => seq === 2)!)
    await liveInbox.presentPushed(liveInbox.inbox.rows.find(({ seq }) => seq === 3)!)
    expect(presented).toEqual([idOf(FEED, 3), idOf(FEED, 2)])
    expect([1, 2].map((seq) => ledger.isNews(idOf(FEED, seq)))).toEqual([false, true])
  })

  test('are shown after all when a push that counts them comes to the running app, before them or after', async () => {
    const { liveInbox, presented } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    liveInbox.notePushed(FEED, 'e1', [[1, 3]])
    await liveInbox.deliver(arrive(1, 2), LIVE)
    expect(presented).toEqual([])
    await liveInbox.presentSummary([idOf(FEED, 1), idOf(FEED, 3)])
    expect(presented).toEqual([idOf(FEED, 1)])
    await liveInbox.deliver(arrive(3, 3), LIVE)
    expect(presented).toEqual([idOf(FEED, 1), idOf(FEED, 3)])
  })

  test('are shown after all when their push comes after a restart, once, and not when one was seen before it', async () => {
    const first = await open()
    await first.liveInbox.deliver(welcome(), LIVE)
    await first.liveInbox.deliver(arrive(1, 1), LIVE)
    first.liveInbox.notePushed(FEED, 'e1', [[2, 4]])
    await first.liveInbox.deliver(arrive(2, 4), LIVE)
    first.liveInbox.markPresented([idOf(FEED, 3)])
    await first.liveInbox.flushed()
    const rows = first.liveInbox.inbox.rows
    const push = (liveInbox: LiveInbox, seq: number) =>
      liveInbox.presentPushed(rows.find((row) => row.seq === seq)!)

    const second = await open(first.storage)
    second.liveInbox.giveBackUnsettled()
    expect(second.liveInbox.inbox.feeds[FEED]?.cursor).toBe(4)
    for (const seq of [1, 2, 3]) await push(second.liveInbox, seq)
    expect(second.presented).toEqual([idOf(FEED, 2)])
    await second.liveInbox.flushed()

    const third = await open(first.storage)
    for (const seq of [1, 2, 3, 4]) await push(third.liveInbox, seq)
    expect(third.presented).toEqual([idOf(FEED, 4)])
  })

  test('are shown after all when the push that counts them came before them, and the app was started anew between', async () => {
    const first = await open()
    await first.liveInbox.deliver(welcome(), LIVE)
    await first.liveInbox.presentSummary([idOf(FEED, 1), idOf(FEED, 2)])
    await first.liveInbox.flushed()

    const second = await open(first.storage)
    second.liveInbox.notePushed(FEED, 'e1', [[1, 3]])
    await second.liveInbox.deliver(arrive(1, 3), LIVE)
    expect(second.presented).toEqual([idOf(FEED, 1), idOf(FEED, 2)])
    await second.liveInbox.flushed()

    const third = await open(first.storage)
    await third.liveInbox.presentSummary([idOf(FEED, 1), idOf(FEED, 2)])
    expect(third.presented).toEqual([])
  })

  test('are still told apart when storage had failed and is written anew', async () => {
    const first = await open()
    await first.liveInbox.deliver(welcome(), LIVE)
    first.storage.mode = 'full'
    first.liveInbox.notePushed(FEED, 'e1', [[2, 2]])
    void first.liveInbox.deliver(arrive(1, 2), LIVE)
    await settle()
    first.storage.mode = 'good'
    first.clock.advance(10_000)
    await settle()
    const second = await open(first.storage)
    for (const row of first.liveInbox.inbox.rows) await second.liveInbox.presentPushed(row)
    expect(second.presented).toEqual([idOf(FEED, 2)])
  })

  test('in one burst after a freeze: it is told after the messages, and before they alert', async () => {
    let thaw: () => void = () => undefined
    const { liveInbox, storage, presented } = await open(
      undefined,
      () => new Promise((resolve) => (thaw = resolve)),
    )
    await liveInbox.deliver(welcome(), LIVE)
    let acked = false
    void liveInbox.deliver(arrive(1, 3), LIVE).then(() => (acked = true))
    await settle()
    // A crash here leaves the alert to the push: nothing may say that they were presented.
    expect((await storage.load()).rows).toHaveLength(3)
    expect(readPresented((await storage.load()).presented).all).toEqual([])
    liveInbox.notePushed(FEED, 'e1', [[1, 2]])
    await settle()
    expect([presented, acked]).toEqual([[], false])
    thaw()
    await settle()
    expect([presented, acked]).toEqual([[idOf(FEED, 3)], true])
    expect(readPresented((await storage.load()).presented).all).toHaveLength(3)
  })

  test('are known though retention has dropped them while they waited', async () => {
    let thaw: () => void = () => undefined
    const { liveInbox, presented } = await open(undefined, () => new Promise((resolve) => (thaw = resolve)))
    await liveInbox.deliver(welcome(), LIVE)
    void liveInbox.deliver(arrive(1, 3), LIVE)
    await liveInbox.commit({ type: 'gap', feed: FEED, epoch: 'e1', from: 1, to: 2, reason: 'trimmed' })
    expect(liveInbox.inbox.rows.map(({ seq }) => seq)).toEqual([3])
    liveInbox.notePushed(FEED, 'e1', [[1, 1]])
    thaw()
    await settle()
    expect(presented).toEqual([idOf(FEED, 2), idOf(FEED, 3)])
  })

  test.each([true, false])('of a feed that was left are no news, whether they waited (%s)', async (waits) => {
    let thaw: () => void = () => undefined
    const settling = () => (waits ? new Promise<void>((resolve) => (thaw = resolve)) : null)
    const { liveInbox, presented } = await open(undefined, settling)
    await liveInbox.deliver(welcome(), LIVE)
    const delivered = liveInbox.deliver(arrive(1, 1), LIVE)
    await liveInbox.commit({ type: 'unfollow', feed: FEED })
    thaw()
    await delivered
    expect(presented).toEqual([])
  })

  test('of a log that began anew while they waited come again from there', async () => {
    let thaw: () => void = () => undefined
    const { liveInbox, presented } = await open(undefined, () => new Promise((resolve) => (thaw = resolve)))
    await liveInbox.deliver(welcome(), LIVE)
    void liveInbox.deliver(arrive(1, 1), LIVE)
    await liveInbox.commit({ type: 'reset', feed: FEED, epoch: 'e2' })
    thaw()
    await settle()
    expect(presented).toEqual([])
    void liveInbox.deliver(
      { type: 'messages', feed: FEED, epoch: 'e2', messages: messages(FEED, 1, 1) },
      LIVE,
    )
    await settle()
    thaw()
    await settle()
    expect(presented).toEqual([idOf(FEED, 1)])
  })

  test('are known though another burst is under way when they come', async () => {
    const thaws: (() => void)[] = []
    const { liveInbox, presented } = await open(
      undefined,
      () => new Promise((resolve) => thaws.push(resolve)),
    )
    await liveInbox.deliver(welcome(), LIVE)
    liveInbox.notePushed(FEED, 'e1', [[2, 2]])
    void liveInbox.deliver(arrive(1, 1), LIVE)
    void liveInbox.deliver(arrive(2, 3), LIVE)
    for (const thaw of thaws) thaw()
    await settle()
    expect(presented).toEqual([idOf(FEED, 1), idOf(FEED, 3)])
  })

  test('of another epoch are news', async () => {
    const { liveInbox, presented } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    liveInbox.notePushed(FEED, 'e0', [[1, 9]])
    liveInbox.notePushed('topic:elsewhere', 'e1', [[1, 9]])
    await liveInbox.deliver(arrive(1, 1), LIVE)
    expect(presented).toEqual([idOf(FEED, 1)])
  })

  test('stay known until they come, and are forgotten then', async () => {
    const { liveInbox, presented } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    liveInbox.notePushed(FEED, 'e1', [[2, 2]])
    await liveInbox.deliver(arrive(1, 2), LIVE)
    await liveInbox.deliver({ type: 'reset', feed: FEED, epoch: 'e1' }, LIVE)
    const other = messages(FEED, 1, 2).map((row) => ({ ...row, id: idOf(FEED, row.seq, 'e2') }))
    await liveInbox.deliver({ type: 'messages', feed: FEED, epoch: 'e1', messages: other }, LIVE)
    expect(presented).toEqual([idOf(FEED, 1), ...other.map(({ id }) => id)])
  })

  test('that the system has shown itself are not shown again by a second copy of their push', async () => {
    const { liveInbox, presented } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    liveInbox.notePushed(FEED, 'e1', [[1, 1]])
    await liveInbox.deliver(arrive(1, 1), LIVE)
    liveInbox.markPresented([idOf(FEED, 1)])
    await liveInbox.presentPushed(messages(FEED, 1, 1)[0]!)
    expect(presented).toEqual([])
  })

  test('by any other way count the same', async () => {
    const { liveInbox, storage, presented, taken } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    liveInbox.markPresented([idOf(FEED, 1)])
    await liveInbox.deliver(arrive(1, 2), LIVE)
    expect([presented, taken]).toEqual([[idOf(FEED, 2)], [idOf(FEED, 1)]])
    expect((await storage.load()).presented).toHaveLength(2)
  })
})

describe('what a killed app had stored while its alert was settled', () => {
  async function killedWhileSettling() {
    const first = await open(undefined, () => new Promise<void>(() => undefined))
    await first.liveInbox.deliver(welcome(), LIVE)
    first.liveInbox.markPresented([idOf(FEED, 1)])
    await first.liveInbox.deliver(arrive(1, 1), LIVE)
    void first.liveInbox.deliver(arrive(2, 3), LIVE)
    await settle()
    first.liveInbox.close()
    expect((await first.storage.load()).rows).toHaveLength(3)
    return open(first.storage)
  }

  test('comes again, and is presented then', async () => {
    const { liveInbox, presented } = await killedWhileSettling()
    liveInbox.giveBackUnsettled()
    expect(liveInbox.inbox.rows.map(({ seq }) => seq)).toEqual([1])
    expect(liveInbox.inbox.feeds[FEED]).toMatchObject({ low: 1, cursor: 1, head: 3 })
    await liveInbox.deliver(arrive(2, 3), LIVE)
    expect(presented).toEqual([idOf(FEED, 2), idOf(FEED, 3)])
  })

  test('comes again when it was killed before that too, and rows that it wrote are no hole', async () => {
    const { liveInbox, storage } = await killedWhileSettling()
    liveInbox.giveBackUnsettled()
    await liveInbox.commit({ type: 'read', feed: FEED, epoch: 'e1', ranges: [[1, 1]] })
    const again = await open(storage)
    again.liveInbox.giveBackUnsettled()
    expect(again.liveInbox.inbox.feeds[FEED]).toMatchObject({ low: 1, cursor: 1 })
    await again.liveInbox.deliver(arrive(2, 3), LIVE)
    expect(again.presented).toEqual([idOf(FEED, 2), idOf(FEED, 3)])
  })

  test('comes again also from below what a push had shown meanwhile', async () => {
    const first = await open(undefined, () => new Promise<void>(() => undefined))
    await first.liveInbox.deliver(welcome(), LIVE)
    void first.liveInbox.deliver(arrive(1, 3), LIVE)
    first.liveInbox.notePushed(FEED, 'e1', [
      [1, 1],
      [3, 3],
    ])
    await settle()
    first.liveInbox.close()
    const { liveInbox, presented } = await open(first.storage)
    liveInbox.giveBackUnsettled()
    expect(liveInbox.inbox.feeds[FEED]).toMatchObject({ cursor: 1, head: 3 })
    await liveInbox.deliver(arrive(2, 3), LIVE)
    expect(presented).toEqual([idOf(FEED, 2)])
  })

  test('leaves alone what was presented, and history below it', async () => {
    const { liveInbox, storage } = await open()
    await liveInbox.deliver(welcome(3), LIVE)
    const gap = { type: 'gap', feed: FEED, epoch: 'e1', from: 1, to: 2, reason: 'skipped' } as const
    await liveInbox.deliver(gap, LIVE)
    await liveInbox.deliver(arrive(3, 3), LIVE)
    const page = { ...feedState(FEED, 3), messages: messages(FEED, 1, 2) }
    await liveInbox.commit({ type: 'history', page })
    const again = await open(storage)
    const before = again.liveInbox.inbox
    again.liveInbox.giveBackUnsettled()
    expect(again.liveInbox.inbox).toBe(before)
    expect(before.rows).toHaveLength(3)
  })
})

describe('messages that wait for their alert', () => {
  const waits = async () => {
    let settle = (): void => undefined
    const settled = new Promise<void>((resolve) => (settle = resolve))
    return { ...(await open(new FaultyStorage(), () => settled)), settled: settle }
  }

  test('are not said to be here before their rows are stored, when a push turns out to have shown them', async () => {
    const { liveInbox, storage, settled } = await waits()
    await liveInbox.deliver(welcome(), LIVE)
    storage.mode = 'slow'
    let acked = false
    void liveInbox.deliver(arrive(1, 1), LIVE).then(() => (acked = true))
    await settle()
    liveInbox.notePushed(FEED, 'e1', [[1, 1]])
    settled()
    await settle()
    expect(acked).toBe(false)
    storage.mode = 'good'
    for (const release of storage.release) release()
    await settle()
    expect(acked).toBe(true)
  })

  test('are on record as such after storage had failed: the next life takes them anew', async () => {
    const { liveInbox, storage, clock } = await waits()
    await liveInbox.deliver(welcome(), LIVE)
    liveInbox.notePushed(FEED, 'e1', [[2, 2]])
    storage.mode = 'full'
    void liveInbox.deliver(arrive(1, 1), LIVE)
    void liveInbox.deliver(arrive(2, 2), LIVE)
    await settle()
    storage.mode = 'good'
    clock.advance(STORAGE_RETRY_MS)
    await settle()
    const again = await open(storage)
    expect(again.liveInbox.inbox.rows).toHaveLength(2)
    again.liveInbox.giveBackUnsettled()
    expect(again.liveInbox.inbox.feeds[FEED]?.cursor).toBe(0)
  })
})

describe('what pushes have shown, or not', () => {
  test('is known of a message that is being stored as presented, also when its log began anew meanwhile', async () => {
    const { liveInbox, storage, ledger } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    storage.mode = 'slow'
    void liveInbox.deliver(arrive(1, 1), LIVE)
    await settle()
    void liveInbox.deliver({ type: 'welcome', feeds: [{ ...feedState(FEED, 1), epoch: 'e2' }] }, LIVE)
    liveInbox.notePushed(FEED, 'e2', [[1, 1]])
    expect(ledger.isNews(idOf(FEED, 1))).toBe(false)
  })

  test('is not forgotten when storage is written anew: a push that was not shown is shown in the next life', async () => {
    const first = await open()
    await first.liveInbox.deliver(welcome(), LIVE)
    first.storage.mode = 'full'
    void first.liveInbox.presentSummary([idOf(FEED, 1)])
    await settle()
    first.storage.mode = 'good'
    first.clock.advance(STORAGE_RETRY_MS)
    await settle()
    const second = await open(first.storage)
    second.liveInbox.notePushed(FEED, 'e1', [[1, 1]])
    await second.liveInbox.deliver(arrive(1, 1), LIVE)
    expect(second.presented).toEqual([idOf(FEED, 1)])
  })

  test('counts as seen when storage says so, whatever was only told before: it is not shown again', async () => {
    const { liveInbox, storage, presented } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    liveInbox.notePushed(FEED, 'e1', [[1, 1]])
    await liveInbox.deliver(arrive(1, 1), LIVE)
    await storage.write({ presented: [idOf(FEED, 1)] })
    await liveInbox.load()
    for (const row of liveInbox.inbox.rows) await liveInbox.presentPushed(row)
    expect(presented).toEqual([])
  })
})

describe('what another tab reads of storage', () => {
  test('holds all that it was told before it hears that everything is stored', async () => {
    const { liveInbox, storage } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    const flushed = liveInbox.flushed()
    // Told to the other tabs at once, and written behind what is waited for.
    void liveInbox.deliver(arrive(1, 1), LIVE)
    await flushed
    expect((await storage.load()).rows).toHaveLength(1)
  })
})
