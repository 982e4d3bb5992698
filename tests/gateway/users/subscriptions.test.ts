import { countUnread, type Range } from '@herald/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SubscriptionEvent } from '../../../gateway/contracts/subscriptions'
import { openTestStore } from '../temporary-store'

async function openWithUser(retention?: { maxAgeMs: number; maxCount: number }) {
  const opened = await openTestStore(retention ? { retention } : {})
  await opened.directory.createUser('ann')
  const events: SubscriptionEvent[] = []
  opened.bus.on('changed', ({ change }) => events.push(change))
  const publish = async (feed: string, count: number): Promise<void> => {
    await Promise.all(
      Array.from({ length: count }, () => opened.log.append(feed, { body: 'x', priority: 3 })),
    )
  }
  const epoch = async (feed: string): Promise<string> => (await opened.log.head(feed))?.epoch ?? ''
  return { ...opened, events, publish, epoch }
}

describe('subscriptions', () => {
  it('count what was in a topic before it was followed as read', async () => {
    const { subscriptions, publish } = await openWithUser()
    await publish('topic:ci', 5)
    expect(await subscriptions.follow('ann', 'topic:ci', undefined)).toMatchObject({
      head: 5,
      unread: 0,
      muted: false,
    })
    await publish('topic:ci', 2)
    expect((await subscriptions.feedsOf('ann')).map(({ feed, unread }) => [feed, unread])).toEqual([
      ['user:ann', 0],
      ['all', 0],
      ['topic:ci', 2],
    ])
  })

  it('keep what was read when a followed feed is muted and unmuted', async () => {
    const { subscriptions, publish, epoch } = await openWithUser()
    await publish('user:ann', 3)
    await subscriptions.markRead('ann', 'user:ann', await epoch('user:ann'), [[1, 2]])
    expect(await subscriptions.follow('ann', 'user:ann', true)).toMatchObject({ muted: true, unread: 1 })
    expect(await subscriptions.follow('ann', 'user:ann', undefined)).toMatchObject({ muted: true, unread: 1 })
    expect(await subscriptions.follow('ann', 'user:ann', false)).toMatchObject({ muted: false, unread: 1 })
  })

  it('tell the user’s sockets of follows, reads and leaving', async () => {
    const { subscriptions, publish, epoch, events } = await openWithUser()
    await subscriptions.follow('ann', 'topic:ci', undefined)
    await publish('topic:ci', 3)
    await subscriptions.markRead('ann', 'topic:ci', await epoch('topic:ci'), [[2, 3]])
    await subscriptions.markRead('ann', 'topic:ci', await epoch('topic:ci'), [[3, 3]])
    await subscriptions.unfollow('ann', 'topic:ci')
    expect(events).toMatchObject([
      { type: 'feed', state: { feed: 'topic:ci' } },
      { type: 'read', feed: 'topic:ci', ranges: [[2, 3]], unread: 1 },
      { type: 'unfollow', feed: 'topic:ci' },
    ])
  })

  it('refuse another user’s feed, and leaving one’s own', async () => {
    const { subscriptions } = await openWithUser()
    await expect(subscriptions.follow('ann', 'user:bob', undefined)).rejects.toMatchObject({
      code: 'read_forbidden',
    })
    await expect(subscriptions.unfollow('ann', 'user:ann')).rejects.toMatchObject({ code: 'feed_required' })
    await expect(subscriptions.unfollow('ann', 'all')).rejects.toMatchObject({ code: 'feed_required' })
  })

  it('refuse reads of another epoch and of a feed that is not followed', async () => {
    const { subscriptions, publish } = await openWithUser()
    await publish('user:ann', 1)
    await expect(subscriptions.markRead('ann', 'user:ann', 'old', [[1, 1]])).rejects.toMatchObject({
      code: 'epoch_unknown',
    })
    await expect(subscriptions.markRead('ann', 'topic:x', 'old', [[1, 1]])).rejects.toMatchObject({
      code: 'read_forbidden',
    })
  })

  it('count no message as read that does not exist yet', async () => {
    const { subscriptions, publish, epoch } = await openWithUser()
    await publish('user:ann', 2)
    await subscriptions.markRead('ann', 'user:ann', await epoch('user:ann'), [[1, 99]])
    await publish('user:ann', 1)
    expect((await subscriptions.feedsOf('ann'))[0]).toMatchObject({ unread: 1, read: [[1, 2]] })
  })

  it('keep reads when epochs are renewed after a restore', async () => {
    const { subscriptions, publish, epoch, log } = await openWithUser()
    await publish('user:ann', 3)
    await subscriptions.markRead('ann', 'user:ann', await epoch('user:ann'), [[1, 2]])
    await log.renewEpochs()
    expect((await subscriptions.feedsOf('ann'))[0]).toMatchObject({ unread: 1, read: [[1, 2]] })
  })

  it('end with the union of all reads, in any order and with any repeats, and the unread count that follows', async () => {
    const range = fc
      .tuple(fc.integer({ min: 1, max: 30 }), fc.nat(6))
      .map(([first, more]): Range => [first, first + more])
    const { subscriptions, publish, epoch, log } = await openWithUser({ maxAgeMs: 1e12, maxCount: 20 })
    await fc.assert(
      fc.asyncProperty(fc.array(range, { minLength: 1, maxLength: 6 }), async (ranges) => {
        const feed = `topic:t${String(Math.random()).slice(2)}`
        await subscriptions.follow('ann', feed, undefined)
        await publish(feed, 25)
        for (const one of ranges) await subscriptions.markRead('ann', feed, await epoch(feed), [one])
        await log.trim(Date.now())
        const state = (await subscriptions.feedsOf('ann')).find((candidate) => candidate.feed === feed)
        const isRead = (seq: number): boolean => ranges.some(([first, last]) => seq >= first && seq <= last)
        const truth = Array.from({ length: 20 }, (_, i) => i + 6).filter((seq) => !isRead(seq)).length
        expect(state).toMatchObject({ from: 6, head: 25, unread: truth })
        expect(countUnread(6, 25, state?.read ?? [])).toBe(truth)
      }),
      { numRuns: 20 },
    )
  })
})
