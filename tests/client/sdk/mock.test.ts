import { describe, expect, it } from 'vitest'
import { createHerald } from '@/sdk/create-herald'
import { mockHerald, type MockOptions } from '@/sdk/mock'
import { MemoryStorage } from '@/services/storage/memory'
import { FakeBrowser } from '../session/fake-client'

/** A busy machine takes its time. */
const WAIT = { timeout: 20_000 }

/** A preview in a host's app: the device is a model, and the gateway is what `mockHerald` brings. */
function preview(options: MockOptions, namespace: string) {
  const mock = mockHerald(options)
  const device = { ...new FakeBrowser().platform('lone'), storage: new MemoryStorage() }
  return createHerald({
    ...mock,
    namespace,
    platform: (hooks) => mock.platform!(hooks, () => ({ ...device, token: mock.token })),
  })
}

describe('a preview without a gateway', () => {
  it('signs in by itself, lists and counts what it was given, and keeps what is read', async () => {
    const messages = [{ title: 'One', body: 'b', data: { order: '7' } }, { body: 'Two' }]
    const herald = preview({ messages, every: 0 }, 'preview-list')
    await expect.poll(() => herald.messages.list().map(({ body }) => body), WAIT).toEqual(['Two', 'b'])
    expect(herald.state.session.user?.name).toBe('Preview')
    expect(herald.state.connection.name).toBe('live')
    expect(herald.unread.value).toBe(2)
    await herald.messages.readAll()
    await expect.poll(() => herald.unread.value, WAIT).toBe(0)
    await herald.signOut()
  })

  it('brings one message after the other', async () => {
    const herald = preview({ every: 10 }, 'preview-stream')
    await expect.poll(() => herald.messages.list().length, WAIT).toBeGreaterThan(5)
    expect(new Set(herald.messages.list().map(({ id }) => id)).size).toBe(herald.messages.list().length)
    await herald.signOut()
  })
})
