import type { FeedState, HistoryPage, Me, Message, ReadAnswer, TopicList } from '@herald/protocol'
import { onTestFinished, beforeAll, afterAll, describe, expect, it } from 'vitest'
import { expectError, openTestGateway, type TestGateway } from './test-gateway'

let gateway: TestGateway
let epoch: string

beforeAll(async () => {
  gateway = await openTestGateway()
  for (let number = 1; number <= 120; number++)
    await gateway.log.append('topic:long', { body: String(number), priority: 3 })
  await gateway.log.append('user:ann', { body: 'for ann', priority: 3 })
  epoch = (await gateway.log.head('topic:long'))?.epoch ?? ''
})

afterAll(async () => {
  await gateway.close()
})

const asAnn = {
  get token() {
    return gateway.tokens.reader
  },
}

async function history(query: string): Promise<HistoryPage> {
  const answer = await gateway.call('GET', `/v1/feeds/topic:long/messages${query}`, asAnn)
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json()
}

const seqs = (page: HistoryPage): [number | undefined, number | undefined, number] => [
  page.messages[0]?.seq,
  page.messages.at(-1)?.seq,
  page.messages.length,
]

describe('GET /v1/feeds/{feed}/messages', () => {
  it('gives the newest fifty without a cursor', async () => {
    const page = await history('')
    expect(page).toMatchObject({ feed: 'topic:long', epoch, from: 1, head: 120 })
    expect(seqs(page)).toEqual([71, 120, 50])
  })

  it('goes forward from after, and backward from before, in seq order both times', async () => {
    expect(seqs(await history('?after=10&limit=5'))).toEqual([11, 15, 5])
    expect(seqs(await history('?before=11&limit=5'))).toEqual([6, 10, 5])
    expect(seqs(await history('?before=3&limit=5'))).toEqual([1, 2, 2])
    expect(seqs(await history('?after=120'))).toEqual([undefined, undefined, 0])
    expect(seqs(await history('?after=0&limit=100'))).toEqual([1, 100, 100])
  })

  it.each([
    ['?after=1&before=2', 'not both'],
    ['?limit=0', 'limit'],
    ['?limit=101', 'limit'],
    ['?after=-1', 'after'],
    ['?after=x', 'after'],
    ['?after=1&after=2', 'after'],
    ['?limit=1e2', 'limit'],
    ['?since=3', 'since: is not a known field'],
  ])('refuses %s', async (query, message) => {
    const answer = await gateway.call('GET', `/v1/feeds/topic:long/messages${query}`, asAnn)
    expectError(answer, 'invalid_query')
    expect(answer.body).toContain(message)
  })

  it('says so when a topic holds nothing yet', async () => {
    expectError(await gateway.call('GET', '/v1/feeds/topic:empty/messages', asAnn), 'message_not_found')
    expect(await gateway.log.head('topic:empty')).toBeUndefined()
  })
})

describe('GET /v1/messages/{id}', () => {
  it('gives a message to whom it is for, and nobody else hears that it exists', async () => {
    const { id } = await gateway.log.append('user:ann', { body: 'secret', priority: 3 })
    const own = await gateway.call('GET', `/v1/messages/${id}`, asAnn)
    expect(own.json<Message>()).toMatchObject({ id, feed: 'user:ann', body: 'secret' })
    const others = await gateway.call('GET', `/v1/messages/${id}`, { token: gateway.tokens.bob })
    const none = await gateway.call('GET', '/v1/messages/00000000-0000-4000-8000-000000000000', asAnn)
    expectError(others, 'message_not_found')
    expect(others.json()).toEqual(none.json())
  })
})

describe('GET /v1/feeds', () => {
  it('lists topics that hold messages, and no feeds of users', async () => {
    const { topics } = (await gateway.call('GET', '/v1/feeds', asAnn)).json<TopicList>()
    expect(topics).toEqual([{ feed: 'topic:long', messages: 120, lastTime: expect.any(Number) }])
  })
})

describe('a user’s feeds', () => {
  it('begin with the own one and everyone’s', async () => {
    const me = (await gateway.call('GET', '/v1/me', asAnn)).json<Me>()
    expect(me.user).toEqual({ id: 'ann', name: 'Ann' })
    expect(me.token).toMatchObject({ user: 'ann', scopes: { read: true, admin: false, publish: [] } })
    expect(me.feeds.map(({ feed }) => feed)).toEqual(['user:ann', 'all'])
  })

  it('can be followed, muted and left', async () => {
    const url = '/v1/me/feeds/topic:long'
    const token = gateway.tokens.bob
    const followed = await gateway.call('PUT', url, { token })
    expect(followed.json<FeedState>()).toMatchObject({
      feed: 'topic:long',
      head: 120,
      unread: 0,
      muted: false,
    })
    const muted = await gateway.call('PUT', url, { token, body: { muted: true } })
    expect(muted.json<FeedState>()).toMatchObject({ muted: true })
    expect((await gateway.call('PUT', url, { token, body: {} })).json<FeedState>()).toMatchObject({
      muted: true,
    })
    expect((await gateway.call('DELETE', url, { token })).statusCode).toBe(204)
    expect((await gateway.call('DELETE', url, { token })).statusCode).toBe(204)
    const me = (await gateway.call('GET', '/v1/me', { token })).json<Me>()
    expect(me.feeds.map(({ feed }) => feed)).not.toContain('topic:long')
  })

  it('that everyone has can be muted and not left', async () => {
    expectError(await gateway.call('DELETE', '/v1/me/feeds/all', asAnn), 'feed_required')
    expectError(await gateway.call('DELETE', '/v1/me/feeds/user:ann', asAnn), 'feed_required')
    const muted = await gateway.call('PUT', '/v1/me/feeds/all', {
      ...asAnn,
      token: gateway.tokens.reader,
      body: { muted: true },
    })
    expect(muted.json<FeedState>()).toMatchObject({ feed: 'all', muted: true })
  })

  it.each([[{ muted: 'yes' }], [{ mute: true }], [[]], [null]])('refuse the body %j', async (body) => {
    expectError(
      await gateway.call('PUT', '/v1/me/feeds/all', { token: gateway.tokens.reader, body }),
      'invalid_body',
    )
  })

  it('take a request that says JSON and holds nothing, as uni.request sends it', async () => {
    const sent = { token: gateway.tokens.bob, body: '', headers: { 'content-type': 'application/json' } }
    expect((await gateway.call('PUT', '/v1/me/feeds/topic:long', sent)).statusCode).toBe(200)
    expect((await gateway.call('DELETE', '/v1/me/feeds/topic:long', sent)).statusCode).toBe(204)
  })

  it('take no text', async () => {
    const headers = { 'content-type': 'text/plain' }
    const answer = await gateway.call('PUT', '/v1/me/feeds/all', {
      token: gateway.tokens.reader,
      body: 'x',
      headers,
    })
    expectError(answer, 'media_type_unsupported')
  })
})

describe('POST /v1/me/read', () => {
  const read = (body: object) => gateway.call('POST', '/v1/me/read', { token: gateway.tokens.reader, body })

  it('merges ranges as a set and counts what is left', async () => {
    const own = await gateway.log.head('user:ann')
    const [first, second] = [(own?.head ?? 0) + 1, (own?.head ?? 0) + 2]
    await gateway.log.append('user:ann', { body: 'x', priority: 3 })
    await gateway.log.append('user:ann', { body: 'y', priority: 3 })
    const body = { feed: 'user:ann', epoch: own?.epoch, ranges: [[second, second]] }
    const before = (await read({ ...body, ranges: [[1, own?.head]] })).json<ReadAnswer>()
    expect(before.unread).toBe(2)
    expect((await read(body)).json<ReadAnswer>()).toMatchObject({ unread: 1 })
    expect((await read(body)).json<ReadAnswer>()).toMatchObject({ unread: 1 })
    expect((await read({ ...body, ranges: [[first, first]] })).json<ReadAnswer>()).toMatchObject({
      unread: 0,
      read: [[1, second]],
    })
  })

  it('refuses another epoch and a feed of another user', async () => {
    expectError(await read({ feed: 'user:ann', epoch: 'old', ranges: [[1, 1]] }), 'epoch_unknown')
    expectError(await read({ feed: 'user:bob', epoch: 'x', ranges: [[1, 1]] }), 'read_forbidden')
  })

  it.each([
    [{ feed: 'user:ann', epoch: 'x', ranges: [] }],
    [{ feed: 'user:ann', epoch: 'x', ranges: [[2, 1]] }],
    [{ feed: 'user:ann', epoch: 'x', ranges: [[0, 1]] }],
    [{ feed: 'user:ann', epoch: 'x', ranges: Array(201).fill([1, 1]) }],
    [{ feed: 'nonsense', epoch: 'x', ranges: [[1, 1]] }],
    [{ feed: 'user:ann', ranges: [[1, 1]] }],
  ])('refuses a body that is not of its shape: %.60j', async (body) => {
    expectError(await read(body), 'invalid_body')
  })
})

it('keeps what retention dropped out of history', async () => {
  const small = await openTestGateway({ retention: { maxAgeMs: 1e15, maxCount: 3 } })
  onTestFinished(() => small.close())
  for (let number = 1; number <= 5; number++)
    await small.log.append('all', { body: String(number), priority: 3 })
  await small.log.trim(Date.now())
  const page = (
    await small.call('GET', '/v1/feeds/all/messages', { token: small.tokens.reader })
  ).json<HistoryPage>()
  expect([page.from, page.head, page.messages.length]).toEqual([3, 5, 3])
})
