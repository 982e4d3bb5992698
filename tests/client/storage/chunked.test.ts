import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChunkedStorage } from '@/services/storage/chunked'
import { UniKeyValue } from '@/services/storage/key-value'
import { applyWrite, emptyInbox } from '@/services/storage/memory'
import type { StoredInbox } from '@/services/storage/storage'
import { FakeWxStorage } from './fake-wx-storage'
import { anyWrite, inboxStorageSuite } from './inbox-storage-suite'
import { messageAt, recordOf, sorted } from './inbox-fixtures'

const SMALL = { items: 3, bytes: 900, totalBytes: 1_000_000 }

inboxStorageSuite('chunks', () => {
  const wx = new FakeWxStorage()
  return {
    storage: new ChunkedStorage(new UniKeyValue(wx, 'herald')),
    reopen: () => new ChunkedStorage(new UniKeyValue(wx, 'herald')),
  }
})

inboxStorageSuite('tiny chunks', () => {
  const wx = new FakeWxStorage()
  return {
    storage: new ChunkedStorage(new UniKeyValue(wx, 'herald'), { ...SMALL, totalBytes: 5_000_000 }),
    reopen: () => new ChunkedStorage(new UniKeyValue(wx, 'herald'), { ...SMALL, totalBytes: 5_000_000 }),
  }
})

describe('chunked storage that is killed', () => {
  it('loads the old or the new state after a crash at any step', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyWrite, { minLength: 1, maxLength: 8 }),
        fc.nat(40),
        async (writes, steps) => {
          const wx = new FakeWxStorage()
          const storage = new ChunkedStorage(new UniKeyValue(wx, 'herald'), SMALL)
          wx.crashAfter(steps)
          let before = emptyInbox()
          let after = before
          for (const write of writes) {
            after = applyWrite(before, write)
            const kept = await storage.write(write).then(
              () => true,
              () => false,
            )
            if (!kept) break
            before = after
          }
          wx.restart()
          const loaded = sorted(await new ChunkedStorage(new UniKeyValue(wx, 'herald'), SMALL).load())
          expect([sorted(before), sorted(after)]).toContainEqual(loaded)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('goes on from there, and leaves no chunk that nothing names', async () => {
    const wx = new FakeWxStorage()
    const storage = new ChunkedStorage(new UniKeyValue(wx, 'herald'), SMALL)
    await storage.write({ rows: [messageAt('all', 1)] })
    for (let steps = 0; steps < 4; steps++) {
      wx.crashAfter(steps)
      await storage.write({ rows: [messageAt('all', 2), messageAt('user:me', 1)] }).catch(() => undefined)
      wx.restart()
      await new ChunkedStorage(new UniKeyValue(wx, 'herald'), SMALL).load()
      expect(wx.getStorageInfoSync().keys.length).toBeLessThanOrEqual(3)
    }
    const restarted = new ChunkedStorage(new UniKeyValue(wx, 'herald'), SMALL)
    await restarted.write({ rows: [messageAt('all', 3)] })
    const { rows } = await new ChunkedStorage(new UniKeyValue(wx, 'herald'), SMALL).load()
    expect(rows.map((row) => row.seq)).toContain(3)
  })
})

describe('chunked storage that is full', () => {
  const longRows = (feed: string, from: number, count: number) =>
    Array.from({ length: count }, (_, at) => messageAt(feed, from + at, { body: '长'.repeat(5000) }))

  it('drops the oldest rows, keeps each window without a hole, and says where it begins', async () => {
    const wx = new FakeWxStorage(2_000_000)
    const storage = new ChunkedStorage(new UniKeyValue(wx, 'herald'))
    const feeds = [recordOf('all', { cursor: 120, head: 120 }), recordOf('user:me', { cursor: 80, head: 80 })]
    await storage.write({ feeds, rows: [...longRows('all', 1, 120), ...longRows('user:me', 1, 80)] })
    const stored = await new ChunkedStorage(new UniKeyValue(wx, 'herald')).load()
    expectWindows(stored)
    expect(stored.rows.length).toBeGreaterThan(40)
    expect(stored.feeds.map((record) => record.cursor).sort()).toEqual([120, 80])
    expect(wx.largest).toBeLessThan(1024 * 1024)
  })

  it('stays within its share of 10 MB whatever comes', async () => {
    const wx = new FakeWxStorage()
    const storage = new ChunkedStorage(new UniKeyValue(wx, 'herald'))
    for (let at = 0; at < 10; at++) {
      const cursor = at * 100 + 100
      // The app does not know that rows went, and goes on saying that its window begins at 1.
      await storage.write({
        feeds: [recordOf('all', { cursor, head: cursor })],
        rows: longRows('all', at * 100 + 1, 100),
      })
    }
    const stored = await new ChunkedStorage(new UniKeyValue(wx, 'herald')).load()
    expectWindows(stored)
    expect(wx.bytes).toBeLessThan(8_000_000)
  })

  it('takes older pages no more, and begins anew when the feed does', async () => {
    const wx = new FakeWxStorage(1_000_000)
    const storage = new ChunkedStorage(new UniKeyValue(wx, 'herald'))
    await storage.write({
      feeds: [recordOf('all', { cursor: 100, head: 100 })],
      rows: longRows('all', 1, 100),
    })
    await storage.write({ rows: longRows('all', 1, 5) })
    const pruned = await new ChunkedStorage(new UniKeyValue(wx, 'herald')).load()
    expectWindows(pruned)
    expect(Math.min(...pruned.rows.map((row) => row.seq))).toBeGreaterThan(5)
    const renewed = recordOf('all', { epoch: 'e2', cursor: 1, head: 1 })
    await storage.write({ dropFeeds: ['all'], feeds: [renewed], rows: [messageAt('all', 1)] })
    expect(await new ChunkedStorage(new UniKeyValue(wx, 'herald')).load()).toMatchObject({
      feeds: [renewed],
      rows: [{ seq: 1 }],
    })
  })

  it('says full when not even the records fit, and keeps what was there', async () => {
    const wx = new FakeWxStorage(2000)
    const storage = new ChunkedStorage(new UniKeyValue(wx, 'herald'))
    await storage.write({ presented: ['a'] })
    const read = Array.from({ length: 300 }, (_, at) => [at * 2 + 1, at * 2 + 1] as const)
    await expect(storage.write({ feeds: [recordOf('all', { read })] })).rejects.toMatchObject({
      problem: 'full',
    })
    expect((await new ChunkedStorage(new UniKeyValue(wx, 'herald')).load()).presented).toEqual(['a'])
  })

  /** Every seq from a feed's low on is there, and none below. */
  function expectWindows({ feeds, rows }: StoredInbox): void {
    for (const { feed, low, cursor } of feeds) {
      const seqs = rows
        .filter((row) => row.feed === feed)
        .map((row) => row.seq)
        .sort((a, b) => a - b)
      expect(seqs).toEqual(Array.from({ length: cursor - low + 1 }, (_, at) => low + at))
    }
  }
})

describe('chunked storage that was tampered with', () => {
  it('says corrupt when a chunk is missing, and works after clear', async () => {
    const wx = new FakeWxStorage()
    await new ChunkedStorage(new UniKeyValue(wx, 'herald')).write({ rows: [messageAt('all', 1)] })
    for (const key of wx.getStorageInfoSync().keys) if (key.includes('chunk')) wx.removeStorageSync(key)
    const storage = new ChunkedStorage(new UniKeyValue(wx, 'herald'))
    await expect(storage.load()).rejects.toMatchObject({ problem: 'corrupt' })
    await storage.clear()
    expect(await storage.load()).toEqual(emptyInbox())
  })

  it('leaves alone what a later version wrote', async () => {
    const wx = new FakeWxStorage()
    new UniKeyValue(wx, 'herald').set('inbox.index', { version: 2 })
    await expect(new ChunkedStorage(new UniKeyValue(wx, 'herald')).load()).rejects.toMatchObject({
      problem: 'outdated',
    })
  })
})
