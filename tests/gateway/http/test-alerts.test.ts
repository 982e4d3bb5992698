import type { Deliveries, HistoryPage, Published } from '@herald/protocol'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { expectError, openTestGateway, type TestGateway } from './test-gateway'

let gateway: TestGateway

beforeEach(async () => {
  const opened = await openTestGateway()
  gateway = opened
  onTestFinished(() => opened.close())
})

const test = (body?: object, token = gateway.tokens.reader) =>
  gateway.call('POST', '/v1/me/test', { token, ...(body && { body }) })

async function newest(): Promise<HistoryPage['messages'][number] | undefined> {
  const token = gateway.tokens.reader
  const answer = await gateway.call('GET', '/v1/feeds/user:ann/messages?limit=1', { token })
  return answer.json<HistoryPage>().messages[0]
}

describe('POST /v1/me/test', () => {
  it('sends a message to the caller alone, in the language that is asked for, and keeps it for a day', async () => {
    const answer = await test()
    expect(answer.statusCode, answer.body).toBe(201)
    expect(answer.json<Published>()).toMatchObject({ feed: 'user:ann', followers: 1 })
    const message = await newest()
    expect(message).toMatchObject({ title: 'Test alert', body: 'Messages from your server reach you.' })
    expect((message?.expires ?? 0) - (message?.time ?? 0)).toBeGreaterThan(86_000_000)
    await test({ language: 'zh-Hans' })
    expect(await newest()).toMatchObject({ title: '测试提醒' })
  })

  it('takes no words of the caller', async () => {
    expectError(await test({ title: 'Pay here' }), 'invalid_body')
    expectError(await test({ language: 'fr' }), 'invalid_body')
  })

  it('lets the caller see what became of it on each device', async () => {
    const token = gateway.tokens.reader
    const body = { platform: 'h5' }
    await gateway.call('PUT', '/v1/me/devices/ann-browser', { token, body })
    const { id } = (await test()).json<Published>()
    await gateway.world.escalation.settle()
    const deliveries = await gateway.call('GET', `/v1/messages/${id}/deliveries`, { token })
    expect(deliveries.json<Deliveries>().devices).toMatchObject([
      { user: 'ann', device: 'ann-browser', state: 'none', reason: 'no_registration' },
    ])
  })

  it('is limited for a user, whatever the token', async () => {
    for (let count = 0; count < 5; count++) expect((await test()).statusCode).toBe(201)
    const admins = { token: gateway.tokens.admin }
    expect((await gateway.call('POST', '/v1/users/ann/test', admins)).statusCode).toBe(201)
    const limited = await test()
    expectError(limited, 'rate_limited')
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
    expectError(await gateway.call('POST', '/v1/users/ann/test', admins), 'rate_limited')
    expect((await test(undefined, gateway.tokens.bob)).statusCode).toBe(201)
  })
})

describe('POST /v1/users/{id}/test', () => {
  it('sends a message to that user, if there is one', async () => {
    const token = gateway.tokens.admin
    expect((await gateway.call('POST', '/v1/users/ann/test', { token })).statusCode).toBe(201)
    expect(await newest()).toMatchObject({ title: 'Test alert' })
    expectError(await gateway.call('POST', '/v1/users/nobody/test', { token }), 'user_not_found')
  })
})
