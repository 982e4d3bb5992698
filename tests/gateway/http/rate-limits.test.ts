import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addressKey } from '../../../gateway/process/addresses'
import { expectError, openTestGateway, type TestGateway } from './test-gateway'

async function openLimited(env: Record<string, string>): Promise<TestGateway> {
  const gateway = await openTestGateway({ env })
  onTestFinished(() => gateway.close())
  return gateway
}

const OPS = '/v1/feeds/topic:ops/messages'

describe('a rate limit', () => {
  it('of publishes belongs to a token and says when to come back', async () => {
    const gateway = await openLimited({ HERALD_RATE_PUBLISH: '3' })
    const publish = (token: string) => gateway.call('POST', OPS, { token, body: { body: 'x' } })
    for (let count = 0; count < 3; count++)
      expect((await publish(gateway.tokens.publisher)).statusCode).toBe(201)
    const limited = await publish(gateway.tokens.publisher)
    expectError(limited, 'rate_limited')
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(limited.headers['retry-after'])).toBeLessThanOrEqual(60)
    expect((await publish(gateway.tokens.publisherOfAll)).statusCode).toBe(201)
    expect((await gateway.log.head('topic:ops'))?.head).toBe(4)
  })

  it('of requests counts all that is not a publish, for each token', async () => {
    const gateway = await openLimited({ HERALD_RATE_REQUESTS: '2' })
    const me = (token: string) => gateway.call('GET', '/v1/me', { token })
    await me(gateway.tokens.reader)
    await me(gateway.tokens.reader)
    expectError(await me(gateway.tokens.reader), 'rate_limited')
    expect((await me(gateway.tokens.bob)).statusCode).toBe(200)
  })

  it('of an address holds whatever its tokens are, and for nobody else', async () => {
    const gateway = await openLimited({ HERALD_RATE_ADDRESS: '2' })
    const from = (address: string, token?: string) =>
      gateway.call('GET', '/v1/me', { from: address, ...(token && { token }) })
    await from('192.0.2.1', gateway.tokens.reader)
    await from('192.0.2.1')
    expectError(await from('192.0.2.1', gateway.tokens.bob), 'rate_limited')
    expect((await from('192.0.2.2', gateway.tokens.reader)).statusCode).toBe(200)
  })

  it.each([
    ['/metrics', 200],
    ['/docs', 200],
    ['/openapi.json', 200],
    ['/nothing', 404],
    ['/%zz', 404],
    ['/v1/receipts/nobody', 405],
  ])('of an address holds for what needs no token: %s', async (url, status) => {
    const gateway = await openLimited({ HERALD_RATE_ADDRESS: '1' })
    expect((await gateway.call('GET', url)).statusCode).toBe(status)
    expectError(await gateway.call('GET', url), 'rate_limited')
  })

  it('of an address holds for files that the app does not have, and not for those that it has', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'herald-app-'))
    onTestFinished(() => {
      rmSync(folder, { recursive: true })
    })
    writeFileSync(join(folder, 'index.html'), '<!doctype html>')
    const gateway = await openLimited({ HERALD_RATE_ADDRESS: '1', HERALD_STATIC: folder })
    for (let count = 0; count < 3; count++) expect((await gateway.call('GET', '/')).statusCode).toBe(200)
    expectError(await gateway.call('GET', '/missing.js'), 'not_found')
    expectError(await gateway.call('GET', '/missing.js'), 'rate_limited')
    expect((await gateway.call('GET', '/index.html')).statusCode).toBe(200)
  })

  it('does not hold for health checks', async () => {
    const gateway = await openLimited({ HERALD_RATE_ADDRESS: '1' })
    for (let count = 0; count < 5; count++)
      expect((await gateway.call('GET', '/healthz')).statusCode).toBe(200)
  })

  it('of 0 is none', async () => {
    const gateway = await openLimited({ HERALD_RATE_PUBLISH: '0', HERALD_RATE_ADDRESS: '0' })
    const answers = await Promise.all(
      Array.from({ length: 700 }, () =>
        gateway.call('POST', OPS, { token: gateway.tokens.publisher, body: { body: 'x' } }),
      ),
    )
    expect(answers.every(({ statusCode }) => statusCode === 201)).toBe(true)
  })

  it('believes only a trusted proxy about the address', async () => {
    const gateway = await openLimited({ HERALD_RATE_ADDRESS: '1', HERALD_TRUST_PROXY: '10.0.0.0/8' })
    const from = (address: string, forwarded: string) =>
      gateway.call('POST', '/v1/sign-in', {
        from: address,
        body: {},
        headers: { 'x-forwarded-for': forwarded },
      })
    expectError(await from('10.0.0.1', '192.0.2.1'), 'invalid_body')
    expectError(await from('10.0.0.1', '192.0.2.2'), 'invalid_body')
    expectError(await from('10.0.0.1', '192.0.2.1'), 'rate_limited')
    expectError(await from('192.0.2.9', '192.0.2.7'), 'invalid_body')
    expectError(await from('192.0.2.9', '192.0.2.8'), 'rate_limited')
  })
})

describe('who breaks the protocol again and again', () => {
  it('is refused behind a proxy of ours as soon as it is known who asks, and nobody else is', async () => {
    const gateway = await openLimited({ HERALD_RATE_BROKEN: '2', HERALD_TRUST_PROXY: '10.0.0.0/8' })
    const from = (forwarded: string, url = '/v1/sign-in') =>
      gateway.call('GET', url, { from: '10.0.0.1', headers: { 'x-forwarded-for': forwarded } })
    gateway.breaches.note('192.0.2.1')
    expectError(await from('192.0.2.1'), 'method_not_allowed')
    gateway.breaches.note('192.0.2.1')
    const refused = await from('192.0.2.1')
    expectError(refused, 'rate_limited')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await from('192.0.2.1', '/healthz')).statusCode).toBe(200)
    expectError(await from('192.0.2.2'), 'method_not_allowed')
  })
})

describe('the body of a sign-in', () => {
  it.each(['/v1/sign-in', '/v1/sign-in/peek'])(
    'is small, also unpacked, as a stranger may send it: %s',
    async (url) => {
      const gateway = await openLimited({})
      const send = (payload: Buffer, headers = {}) =>
        gateway.app.inject({
          ...{ method: 'POST', url, payload },
          headers: { 'content-type': 'application/json', ...headers },
        })
      const large = Buffer.from(`{"code":"${'x'.repeat(4096)}"}`)
      for (const refused of [
        await send(large),
        await send(gzipSync(large), { 'content-encoding': 'gzip' }),
      ]) {
        expectError(refused, 'body_too_large')
        expect(refused.json()).toMatchObject({ error: { message: 'The body is larger than 4 KB.' } })
      }
      expectError(await send(Buffer.from('{"code":"abcdefghijklmnop"}')), 'sign_in_code_invalid')
    },
  )
})

describe('who goes on past the rate of its address', () => {
  it('breaks the protocol by each request', async () => {
    const gateway = await openLimited({ HERALD_RATE_ADDRESS: '2', HERALD_RATE_BROKEN: '3' })
    const ask = () => gateway.call('GET', '/openapi.json', { from: '192.0.2.1' })
    for (let count = 0; count < 4; count += 1) await ask()
    expect(gateway.breaches.msShut('192.0.2.1')).toBe(0)
    expectError(await ask(), 'rate_limited')
    expect(gateway.breaches.msShut('192.0.2.1')).toBeGreaterThan(0)
  })
})

describe('failed authentications', () => {
  it('are limited for an address, while its valid tokens go on', async () => {
    const gateway = await openLimited({ HERALD_RATE_FAILURES: '3' })
    const me = (token: string, from = '192.0.2.1') => gateway.call('GET', '/v1/me', { token, from })
    for (let count = 0; count < 3; count++) expectError(await me(`guess-${String(count)}`), 'token_invalid')
    expectError(await me('guess-4'), 'rate_limited')
    expectError(await gateway.call('GET', '/v1/me', { from: '192.0.2.1' }), 'rate_limited')
    expect((await me(gateway.tokens.reader)).statusCode).toBe(200)
    expectError(await me('guess', '192.0.2.2'), 'token_invalid')
  })

  it.each([
    ['signing in', '/v1/sign-in', 201],
    ['asking whose they are', '/v1/sign-in/peek', 200],
  ])(
    'with sign-in codes, by %s, stop the address before its next try, right or wrong',
    async (_, path, good) => {
      const gateway = await openLimited({ HERALD_RATE_FAILURES: '3' })
      const { code } = await gateway.directory.createSignInCode('ann')
      const signIn = (guess: string, from = '192.0.2.1') =>
        gateway.call('POST', path, { body: { code: guess }, from })
      for (let count = 0; count < 3; count++)
        expectError(await signIn(`guess-number-${String(count)}`), 'sign_in_code_invalid')
      expectError(await signIn(code), 'rate_limited')
      expectError(
        await gateway.call('POST', '/v1/sign-in', { body: { code }, from: '192.0.2.1' }),
        'rate_limited',
      )
      expect((await signIn(code, '192.0.2.2')).statusCode).toBe(good)
    },
  )
})

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('counts the address %s as %s', (address, key) => {
  expect(addressKey(address)).toBe(key)
})
