import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError, openTestGateway, type TestGateway } from './test-gateway'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await openTestGateway({ env: { HERALD_WEBPUSH_ALLOW: 'http://push.lan:9100' } })
})

afterAll(async () => {
  await gateway.close()
})

const registration = { provider: 'apns', app: 'com.example.herald', token: 'a'.repeat(64) }

const browser = {
  provider: 'webpush',
  app: 'a-public-key',
  keys: { p256dh: 'p'.repeat(87), auth: 'a'.repeat(22) },
}

const put = (body: object, device = 'ann-phone-1', token = gateway.tokens.reader) =>
  gateway.call('PUT', `/v1/me/devices/${device}`, { token, body: { platform: 'ios', ...body } })

describe('GET /v1/push', () => {
  it('tells which services there are, and the key that a browser subscribes with', async () => {
    const answer = await gateway.call('GET', '/v1/push', { token: gateway.tokens.reader })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({
      webPush: { publicKey: 'a-public-key' },
      providers: ['apns', 'unipush', 'jpush', 'webpush', 'fcm', 'hms'].map((name) => ({
        name,
        on: ['apns', 'unipush', 'jpush'].includes(name),
      })),
    })
  })
})

describe('PUT /v1/me/devices/{id}', () => {
  it('registers a device, and tells how pushes name its user', async () => {
    const answer = await put({ push: [registration, { ...registration, provider: 'fcm' }] })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({
      device: 'ann-phone-1',
      recipient: gateway.world.recipientOf('ann'),
      push: [
        { provider: 'apns', on: true },
        { provider: 'fcm', on: false },
      ],
    })
    const stored = await gateway.devices.registrationsOf('ann', 'ann-phone-1')
    expect(stored.map(({ provider }) => provider)).toEqual(['apns', 'fcm'])
  })

  it('takes a sandbox of APNs also through JPush', async () => {
    const sandbox = { ...registration, environment: 'sandbox' as const }
    const answer = await put({ push: [sandbox, { ...sandbox, provider: 'jpush' }] })
    expect(answer.statusCode).toBe(200)
  })

  it('takes a browser’s endpoint that is public, and one that the operator allows', async () => {
    for (const token of ['https://updates.push.services.mozilla.com/wpush/v2/x', 'http://push.lan:9100/1']) {
      expect((await put({ push: [{ ...browser, token }] })).statusCode, token).toBe(200)
    }
  })

  it('replaces what was known of the device', async () => {
    await put({ push: [registration], quietHours: { from: '22:00', to: '07:00' }, timeZone: 'Asia/Shanghai' })
    await put({ push: [] })
    expect(await gateway.devices.registrationsOf('ann', 'ann-phone-1')).toEqual([])
    expect(await gateway.devices.get('ann', 'ann-phone-1')).toMatchObject({
      quietHours: undefined,
      timeZone: undefined,
    })
  })

  it('names another user otherwise, and takes a token from the user before', async () => {
    await put({ push: [registration] })
    const answer = await put({ push: [registration] }, 'bob-phone-1', gateway.tokens.bob)
    expect(answer.json<{ recipient: string }>().recipient).not.toBe(gateway.world.recipientOf('ann'))
    expect(await gateway.devices.registrationsOf('ann', 'ann-phone-1')).toEqual([])
    expect(await gateway.devices.registrationsOf('bob', 'bob-phone-1')).toHaveLength(1)
  })

  it.each([
    ['an unknown service', { push: [{ ...registration, provider: 'pigeon' }] }, /provider/],
    ['an empty token', { push: [{ ...registration, token: '' }] }, /token/],
    [
      'what JavaScript makes of an object',
      { push: [{ ...registration, token: '[object Object]' }] },
      /push\.token/,
    ],
    [
      'what iOS 13 prints of bytes',
      { push: [{ ...registration, token: '{length = 32, bytes = 0x1 }' }] },
      /push\.token/,
    ],
    [
      'a sandbox of a service that has none',
      { push: [{ ...registration, provider: 'fcm', environment: 'sandbox' }] },
      /sandbox/,
    ],
    [
      'a browser without its keys',
      { push: [{ ...registration, provider: 'webpush', token: 'https://push.example/1' }] },
      /keys/,
    ],
    ['a time that is none', { quietHours: { from: '25:00', to: '07:00' } }, /quietHours/],
    ['a zone that is none', { timeZone: 'Mars/Olympus' }, /timeZone/],
    [
      'more registrations than a device can have',
      { push: Array.from({ length: 9 }, () => registration) },
      /push/,
    ],
    ['a field that nobody knows', { pusch: [] }, /pusch/],
  ])('refuses %s and says where', async (_what, body, where) => {
    const answer = await put(body)
    expectError(answer, 'invalid_body')
    expect(answer.json<{ error: { message: string } }>().error.message).toMatch(where)
  })

  it.each([
    ['plain http', 'http://push.example/1'],
    ['an address', 'https://10.0.0.7/1'],
    ['a number that is an address', 'https://2130706433/1'],
    ['a name of the own network', 'https://metadata.internal/1'],
    ['another port', 'https://push.example:8443/1'],
    ['a password', 'https://me:secret@push.example/1'],
    ['no address at all', 'push.example/1'],
  ])('refuses a browser’s endpoint with %s', async (_what, token) => {
    const answer = await put({ push: [{ ...browser, token }] })
    expectError(answer, 'invalid_body')
    expect(answer.json<{ error: { message: string } }>().error.message).toMatch(/push\.token: the endpoint/)
  })

  it('refuses an id that is no device id', async () => {
    expectError(await put({}, 'short'), 'invalid_body')
  })
})

describe('DELETE /v1/me/devices/{id}', () => {
  it('leaves nothing that could ring, also when it is asked twice', async () => {
    await put({ push: [registration] })
    for (let round = 0; round < 2; round++) {
      const answer = await gateway.call('DELETE', '/v1/me/devices/ann-phone-1', {
        token: gateway.tokens.reader,
      })
      expect(answer.statusCode).toBe(204)
    }
    expect(await gateway.devices.registrationsOf('ann', 'ann-phone-1')).toEqual([])
  })

  it('cannot sign out another user’s device', async () => {
    await put({ push: [registration] })
    await gateway.call('DELETE', '/v1/me/devices/ann-phone-1', { token: gateway.tokens.bob })
    expect(await gateway.devices.registrationsOf('ann', 'ann-phone-1')).toHaveLength(1)
  })
})

describe('GET /v1/messages/{id}/deliveries', () => {
  const deliveries = (id: string, token: string, query = '') =>
    gateway.call('GET', `/v1/messages/${id}/deliveries${query}`, { token })

  it('tells who may publish to the feed about everybody’s devices, page by page', async () => {
    await put({ push: [registration] })
    await put({ push: [] }, 'bob-phone-1', gateway.tokens.bob)
    const { id } = await gateway.log.append('all', { body: 'Hello', priority: 3 })
    await gateway.world.escalation.settle()
    const first = (await deliveries(id, gateway.tokens.publisherOfAll, '?limit=1')).json<{
      message: object
      devices: { user: string; state: string; reason: string }[]
      more: string
    }>()
    expect(first.message).toMatchObject({ id, feed: 'all' })
    expect(first.devices).toMatchObject([
      { user: 'ann', device: 'ann-phone-1', state: 'pushed', reason: 'accepted' },
    ])
    const second = await deliveries(
      id,
      gateway.tokens.admin,
      `?limit=10&after=${encodeURIComponent(first.more)}`,
    )
    expect(second.json()).toMatchObject({
      devices: [{ user: 'bob', device: 'bob-phone-1', state: 'none', reason: 'no_registration' }],
      more: null,
    })
  })

  it('tells a reader about their own devices only', async () => {
    const { id } = await gateway.log.append('all', { body: 'Hello', priority: 3 })
    const answer = await deliveries(id, gateway.tokens.bob)
    expect(answer.json<{ devices: { user: string }[] }>().devices.map(({ user }) => user)).toEqual(['bob'])
  })

  it('tells nobody else that there is such a message', async () => {
    const { id } = await gateway.log.append('user:ann', { body: 'Hello', priority: 3 })
    expectError(await deliveries(id, gateway.tokens.bob), 'message_not_found')
    expectError(await deliveries(id, gateway.tokens.publisher), 'message_not_found')
    expectError(
      await deliveries('00000000-0000-4000-8000-000000000000', gateway.tokens.admin),
      'message_not_found',
    )
    expectError(await deliveries(id, gateway.tokens.admin, '?limit=0'), 'invalid_query')
  })
})

describe('dead letters', () => {
  it('are listed with what the provider said, and sent again', async () => {
    const apns = gateway.world.provider('apns')
    await put({ push: [registration] })
    await gateway.world.escalation.settle()
    apns.answers.push({ type: 'refused', why: 'TopicDisallowed', blame: 'push' })
    const { id } = await gateway.log.append('user:ann', { body: 'Hello', priority: 5 })
    await gateway.world.escalation.settle()
    const list = await gateway.call('GET', '/v1/dead-letters', { token: gateway.tokens.admin })
    expect(list.json()).toMatchObject({ deadLetters: [{ message: id, user: 'ann', reason: 'refused' }] })
    const replay = (body: object) =>
      gateway.call('POST', '/v1/dead-letters/replay', { token: gateway.tokens.admin, body })
    expect((await replay({ message: id })).json()).toEqual({ replayed: 1 })
    await gateway.world.escalation.settle()
    expect(apns.rung.at(-1)).toEqual([id])
    expect((await replay({})).json()).toEqual({ replayed: 0 })
    expectError(await replay({ message: '00000000-0000-4000-8000-000000000000' }), 'message_not_found')
  })
})

describe('POST /v1/receipts/{provider}', () => {
  const receive = (
    body: string,
    headers: Record<string, string> = { 'x-signature': 'signed' },
    provider = 'unipush',
  ) =>
    gateway.call('POST', `/v1/receipts/${provider}`, {
      body,
      headers: { 'content-type': 'text/odd', ...headers },
    })

  it('notes on the push what the service says about it', async () => {
    const unipush = gateway.world.provider('unipush')
    await put({ platform: 'android', push: [{ ...registration, provider: 'unipush' }] })
    unipush.answers.push({ type: 'accepted', ref: 'task-7' })
    const { id } = await gateway.log.append('user:ann', { body: 'Hello', priority: 5 })
    await gateway.world.escalation.settle()
    const shown = { ref: 'task-7', what: 'shown', time: 12345, detail: 'action 10000' }
    expect((await receive(JSON.stringify([shown]))).statusCode).toBe(204)
    await expect
      .poll(async () => {
        const answer = await gateway.call('GET', `/v1/messages/${id}/deliveries`, {
          token: gateway.tokens.admin,
        })
        return answer.json<{ devices: { events: object[] }[] }>().devices[0]?.events.at(-1)
      })
      .toEqual({ time: 12345, reason: 'shown', provider: 'unipush', detail: 'action 10000' })
  })

  it('takes nothing that is not proven to be the service’s, and knows no other services', async () => {
    expectError(await receive('[]', {}), 'receipt_invalid')
    expectError(await receive('[]', { 'x-signature': 'signed' }, 'apns'), 'not_found')
    expectError(await receive('[]', { 'x-signature': 'signed' }, 'pigeon'), 'not_found')
    expectError(await gateway.call('GET', '/v1/receipts/unipush'), 'method_not_allowed')
  })
})
