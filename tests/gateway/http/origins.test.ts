import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { checkOrigins } from '../../../gateway/http/origins'
import { expectError, openTestGateway, type TestGateway } from './test-gateway'

const FRIEND = 'https://app.example.com'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await openTestGateway({ env: { HERALD_ORIGINS: `${FRIEND}, http://localhost:5173` } })
})

afterAll(async () => {
  await gateway.close()
})

const ask = (headers: Record<string, string>) =>
  gateway.call('GET', '/v1/me', {
    token: gateway.tokens.reader,
    headers: { host: 'herald.test:8787', ...headers },
  })

describe('an origin', () => {
  it.each([
    ['none', undefined, true],
    ['the gateway’s own', 'http://herald.test:8787', true],
    ['the gateway’s own behind TLS', 'https://herald.test:8787', true],
    ['one of the list', FRIEND, true],
    ['another port', 'http://herald.test:8788', false],
    ['another host', 'https://evil.example', false],
    ['a host that begins like ours', 'http://herald.test:8787.evil.example', false],
    ['a subdomain of a listed one', 'https://x.app.example.com', false],
    ['the scheme of a listed one changed', 'http://app.example.com', false],
    ['null', 'null', false],
    ['nonsense', 'herald.test:8787', false],
    ['nothing', '', false],
  ])('%s is allowed or not', async (_name, origin, allowed) => {
    const answer = await ask(origin === undefined ? {} : { origin })
    if (allowed) expect(answer.statusCode).toBe(200)
    else expectError(answer, 'origin_forbidden')
  })

  it('is asked of every path, the app and the health checks too', async () => {
    for (const url of ['/healthz', '/v1/nothing', '/docs', '/']) {
      expectError(
        await gateway.call('GET', url, { headers: { origin: 'https://evil.example' } }),
        'origin_forbidden',
      )
    }
  })

  it('that is foreign may read why it was refused, and nothing else', async () => {
    const { headers } = await ask({ origin: 'https://evil.example' })
    expect(headers['access-control-allow-origin']).toBe('https://evil.example')
    expect(headers['access-control-allow-credentials']).toBeUndefined()
  })

  it('is the public address and no other where one is set, whatever the host says', () => {
    const publicUrl = 'https://herald.example.com/base'
    const isAllowed = checkOrigins({ publicUrl, origins: [FRIEND], quickstart: true })
    expect(isAllowed('https://herald.example.com', '127.0.0.1:8787')).toBe(true)
    expect(isAllowed(FRIEND, '127.0.0.1:8787')).toBe(true)
    expect(isAllowed('https://evil.example', 'evil.example')).toBe(false)
    expect(isAllowed('http://herald.example.com', 'herald.example.com')).toBe(false)
    expect(isAllowed('http://127.0.0.1:8787', '127.0.0.1:8787')).toBe(false)
  })

  it('of this machine is allowed while somebody tries the gateway by hand, and no name that begins like it', () => {
    const isAllowed = checkOrigins({ publicUrl: undefined, origins: [], quickstart: true })
    for (const origin of [
      'http://localhost:5173',
      'http://127.0.0.1:8848',
      'https://[::1]:3000',
      'http://localhost',
    ])
      expect(isAllowed(origin, '192.168.1.5:8787')).toBe(true)
    for (const origin of [
      'http://localhost.evil.example',
      'http://127.0.0.1.evil.example:80',
      'http://evil.example',
      'null',
    ])
      expect(isAllowed(origin, '192.168.1.5:8787')).toBe(false)
    const inService = checkOrigins({ publicUrl: undefined, origins: [], quickstart: false })
    expect(inService('http://localhost:5173', '192.168.1.5:8787')).toBe(false)
  })

  it('is not made ours by a client’s X-Forwarded-Host that a proxy passed on', async () => {
    const proxied = await openTestGateway({ env: { HERALD_TRUST_PROXY: '10.0.0.1' } })
    onTestFinished(() => proxied.close())
    const answer = await proxied.call('GET', '/v1/me', {
      token: proxied.tokens.reader,
      from: '10.0.0.1',
      headers: {
        ...{ host: 'herald.test', origin: 'https://evil.example' },
        ...{ 'x-forwarded-host': 'evil.example', 'x-forwarded-for': '192.0.2.1' },
      },
    })
    expectError(answer, 'origin_forbidden')
  })
})

describe('CORS', () => {
  it('lets an allowed page read answers, errors too', async () => {
    const good = await ask({ origin: FRIEND })
    expect(good.headers).toMatchObject({ 'access-control-allow-origin': FRIEND, vary: 'Origin' })
    const bad = await gateway.call('GET', '/v1/me', { headers: { origin: FRIEND } })
    expectError(bad, 'token_missing')
    expect(bad.headers['access-control-allow-origin']).toBe(FRIEND)
    expect(bad.headers['access-control-expose-headers']).toContain('Retry-After')
  })

  it('answers a preflight without a token', async () => {
    const headers = {
      origin: FRIEND,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'authorization',
    }
    const answer = await gateway.call('OPTIONS', '/v1/me/feeds/all', { headers })
    expect([answer.statusCode, answer.body]).toEqual([204, ''])
    expect(answer.headers['access-control-allow-methods']).toContain('PUT')
    expect(answer.headers['access-control-allow-headers']).toMatch(/Authorization.*Idempotency-Key/)
  })

  it('lets a foreign page past the preflight only to be told why it is refused', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'PUT' }
    expect((await gateway.call('OPTIONS', '/v1/me/feeds/all', { headers })).statusCode).toBe(204)
    const { origin } = headers
    const answer = await gateway.call('PUT', '/v1/me/feeds/all', {
      token: gateway.tokens.reader,
      headers: { origin },
    })
    expectError(answer, 'origin_forbidden')
    expect(answer.headers['access-control-allow-origin']).toBe(origin)
  })

  it('says nothing to clients that are no pages, but lets caches know', async () => {
    const { headers } = await ask({})
    expect(headers['access-control-allow-origin']).toBeUndefined()
    expect(headers.vary).toBe('Origin')
  })
})
