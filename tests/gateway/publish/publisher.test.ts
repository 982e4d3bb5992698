import { HeraldError } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { Publisher } from '../../../gateway/publish/publisher'

describe('a publish', () => {
  it('keeps no message whose answer cannot be made, so that a sender who tries again sends it once', async () => {
    const kept: string[] = []
    const publisher = new Publisher({
      log: {
        append(feed) {
          kept.push(feed)
          return Promise.resolve({ id: 'id', feed, epoch: 'epoch', seq: 1, time: 1, repeated: false })
        },
      },
      directory: { getUser: () => Promise.reject(new HeraldError('user_not_found')) },
      subscriptions: { followers: () => Promise.reject(new HeraldError('storage_unavailable')) },
      metrics: { published: () => undefined },
      clock: { now: () => 1 },
    })
    const sender = { id: 'sender', scopes: { publish: ['topic:*'] } }

    await expect(publisher.publish(sender, 'topic:builds', { body: 'x', priority: 3 })).rejects.toMatchObject(
      {
        code: 'storage_unavailable',
      },
    )
    expect(kept).toEqual([])
  })
})
