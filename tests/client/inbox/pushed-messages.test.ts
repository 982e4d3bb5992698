import { describe, expect, test } from 'vitest'
import type { Change } from '@/services/inbox/inbox'
import type { LiveInbox } from '@/services/inbox/live-inbox'
import { STORAGE_RETRY_MS } from '@/services/inbox/storage-writer'
import { readPresented } from '@/services/presented/standings'
import { settle } from '../fake-clock'
import { feedState, idOf, messages } from '../messages'
import { FaultyStorage } from './faulty-storage'
import { arrive, FEED, LIVE, open, welcome } from './open-live-inbox'

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

  test('are shown after all when a push that counts them comes after it was told, and their log began anew between', async () => {
    const { liveInbox, presented } = await open()
    await liveInbox.deliver(welcome(), LIVE)
    liveInbox.notePushed(FEED, 'e1', [[1, 2]])
    await liveInbox.deliver(arrive(1, 2), LIVE)
    await liveInbox.deliver({ type: 'reset', feed: FEED, epoch: 'e2' }, LIVE)
    await liveInbox.presentSummary([idOf(FEED, 1), idOf(FEED, 2)])
    expect(presented).toEqual([])
    liveInbox.notePushed(FEED, 'e2', [[1, 2]])
    await liveInbox.deliver({ ...arrive(1, 2), epoch: 'e2' } as Change, LIVE)
    expect(presented).toEqual([idOf(FEED, 1), idOf(FEED, 2)])
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

  test('are told apart by an app that froze while it stored them as to be alerted', async () => {
    const storage = new FaultyStorage()
    const began = { settled: (): void => undefined, frozen: false }
    const { liveInbox, clock, presented } = await open(storage, () =>
      began.frozen ? new Promise((resolve) => (began.settled = resolve)) : null,
    )
    /** How far the next life of an app that dies now would have the feed. */
    const nextCursor = async (): Promise<number | undefined> => {
      const next = await open(storage)
      next.liveInbox.giveBackUnsettled()
      return next.liveInbox.inbox.feeds[FEED]?.cursor
    }
    await liveInbox.deliver(welcome(), LIVE)
    storage.mode = 'slow'
    const delivered = liveInbox.deliver(arrive(1, 2), LIVE)
    await settle()
    began.frozen = true
    storage.mode = 'good'
    clock.freeze(60_000)
    for (const release of storage.release) release()
    await settle()
    expect((await storage.load()).presented).toContain(idOf(FEED, 1))
    expect([presented, await nextCursor()]).toEqual([[], 0])
    liveInbox.notePushed(FEED, 'e1', [[2, 2]])
    began.settled()
    await delivered
    // Of the second the presenter knows that it was shown.
    expect([presented, await nextCursor()]).toEqual([[idOf(FEED, 1), idOf(FEED, 2)], 2])
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
