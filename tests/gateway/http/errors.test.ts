import { HeraldError } from '@herald/protocol'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { toHeraldError } from '../../../gateway/http/error-answers'
import { expectError, openTestGateway, type Method, type TestGateway } from './test-gateway'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await openTestGateway()
})

afterAll(async () => {
  await gateway.close()
})

describe('a path that is no route', () => {
  it.each([
    ['/nothing'],
    ['/v1'],
    ['/v1/'],
    ['/v2/me'],
    ['/v1/me/'],
    ['/V1/me'],
    ['/v1/%zz'],
    ['//v1/me'],
    ['/index.php'],
    ['/../etc/passwd'],
  ])('is answered not_found: %s', async (url) => {
    expectError(await gateway.call('GET', url), 'not_found')
  })
})

describe('a route with another method', () => {
  it.each<[Method, string, string]>([
    ['DELETE', '/v1/me', 'GET, HEAD'],
    ['DELETE', '/v1/feeds/topic:ops/messages', 'POST, PUT, GET, HEAD'],
    ['POST', '/v1/me/feeds/all?x=1', 'PUT, DELETE'],
    ['PATCH', '/v1/users', 'POST, GET, HEAD'],
    ['OPTIONS', '/v1/me', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['POST', '/docs', 'GET, HEAD'],
    ['GET', '/v1/sign-in', 'POST'],
  ])('says which ones it takes: %s %s', async (method, url, allow) => {
    const answer = await gateway.call(method, url)
    expectError(answer, 'method_not_allowed')
    expect(answer.headers.allow).toBe(allow)
  })

  it('answers HEAD like GET without the body', async () => {
    const answer = await gateway.call('HEAD', '/v1/me', { token: gateway.tokens.reader })
    expect([answer.statusCode, answer.body]).toEqual([200, ''])
  })
})

describe('a fault of the gateway', () => {
  it('shows nothing of itself, is in the log, and leaves the next request alone', async () => {
    const broken = vi.spyOn(gateway.subscriptions, 'feedsOf').mockImplementationOnce(() => {
      throw new Error('the secret detail')
    })
    const answer = await gateway.call('GET', '/v1/me', { token: gateway.tokens.reader })
    expectError(answer, 'internal')
    expect(answer.body).not.toContain('secret detail')
    const fault = gateway.logged.find((line) => line.includes('the secret detail')) ?? '{}'
    expect(JSON.parse(fault)).toMatchObject({ level: 'error', reqId: answer.headers['x-request-id'] })
    expect((await gateway.call('GET', '/v1/me', { token: gateway.tokens.reader })).statusCode).toBe(200)
    broken.mockRestore()
  })

  it('of the disk is storage_unavailable, with a time to come back', async () => {
    const full = vi.spyOn(gateway.log, 'append').mockRejectedValueOnce(new HeraldError('storage_unavailable'))
    const answer = await gateway.call('POST', '/v1/feeds/topic:ops/messages', {
      token: gateway.tokens.publisher,
      body: { body: 'x' },
    })
    expectError(answer, 'storage_unavailable')
    expect(answer.headers['retry-after']).toBe('5')
    full.mockRestore()
  })

  it('keeps its code whatever was thrown', () => {
    expect(toHeraldError('a string').code).toBe('internal')
    expect(toHeraldError(undefined).code).toBe('internal')
    expect(toHeraldError({ code: 'FST_ERR_CTP_BODY_TOO_LARGE' }).code).toBe('body_too_large')
    expect(toHeraldError({ code: 'FST_ERR_BAD_URL' }, '/v1/feeds/%').code).toBe('feed_name_invalid')
    expect(toHeraldError({ code: 'FST_ERR_BAD_URL' }, '/%').code).toBe('not_found')
  })
})

describe('a gateway that is stopping', () => {
  it('sends everything elsewhere but the health check', async () => {
    gateway.state.closing = true
    try {
      const answer = await gateway.call('POST', '/v1/feeds/topic:ops/messages', {
        token: gateway.tokens.publisher,
        body: { body: 'x' },
      })
      expectError(answer, 'shutting_down')
      expect(answer.headers).toMatchObject({ connection: 'close', 'retry-after': '2' })
      expectError(await gateway.call('GET', '/readyz'), 'shutting_down')
      expect((await gateway.call('GET', '/healthz')).statusCode).toBe(200)
    } finally {
      gateway.state.closing = false
    }
  })
})
