import { describe, expect, test } from 'vitest'
import { STORED_ROWS } from '@/services/inbox/row-budget'
import { MAX_ROWS_AT_TOP } from '@/services/inbox/device-inbox'
import { STORAGE_RETRY_MS } from '@/services/inbox/storage-writer'
import { settle } from '../fake-clock'
import { feedState, idOf, messages } from '../messages'
import { FaultyStorage } from './faulty-storage'
import { arrive, FEED, LIVE, open, welcome } from './open-live-inbox'

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
