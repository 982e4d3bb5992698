import type { Status } from '@herald/protocol'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify from 'fastify'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { apiRoutes } from '../../../gateway/http/api'
import { answerDocs } from '../../../gateway/http/docs/answer-docs'
import { openRateLimits } from '../../../gateway/http/rate-limits'
import { cachingOf } from '../../../gateway/http/static-files'
import { expectError, openTestGateway, type Sent, type TestGateway } from './test-gateway'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await openTestGateway()
})

afterAll(async () => {
  await gateway.close()
})

const asAdmin = {
  get token() {
    return gateway.tokens.admin
  },
}

describe('health', () => {
  it('says why the clock is not believed, and is ready all the same', async () => {
    const doubt = { reason: 'behind', by: -5000 } as const
    gateway.state.doubt = doubt
    expect((await gateway.call('GET', '/readyz')).json()).toEqual({ ok: true, clock: doubt })
    const status = (await gateway.call('GET', '/v1/status', asAdmin)).json<Status>()
    expect(status.clock).toEqual(doubt)
    delete gateway.state.doubt
    expect((await gateway.call('GET', '/readyz')).json()).toEqual({ ok: true })
  })

  it('is well while the process lives, and ready while the store takes writes', async () => {
    expect((await gateway.call('GET', '/readyz')).json()).toEqual({ ok: true })
    gateway.state.writable = false
    expectError(await gateway.call('GET', '/readyz'), 'storage_unavailable')
    expect((await gateway.call('GET', '/healthz')).json()).toEqual({ ok: true })
    gateway.state.writable = true
  })
})

describe('GET /v1/status', () => {
  it('counts what there is', async () => {
    await gateway.log.append('topic:ops', { body: 'x', priority: 3 })
    const status = (await gateway.call('GET', '/v1/status', asAdmin)).json<Status>()
    expect(status).toMatchObject({ version: '1.2.3', connections: 3, users: 2, messages: 1, writable: true })
    expect(status.storeBytes).toBeGreaterThan(0)
  })
})

describe('POST /v1/epochs', () => {
  it('gives every feed another epoch and keeps its messages', async () => {
    const before = await gateway.log.head('all')
    expect((await gateway.call('POST', '/v1/epochs', asAdmin)).statusCode).toBe(204)
    const after = await gateway.log.head('all')
    expect(after?.epoch).not.toBe(before?.epoch)
    expect(after?.head).toBe(before?.head)
  })
})

describe('GET /metrics', () => {
  it('speaks Prometheus, and its labels name no feed, user or token', async () => {
    await gateway.call('POST', '/v1/feeds/topic:very-private/messages', {
      token: gateway.tokens.publisherOfAll,
      body: { body: 'x' },
    })
    await gateway.call('GET', '/v1/me', { token: 'wrong' })
    const answer = await gateway.call('GET', '/metrics')
    expect(answer.headers['content-type']).toContain('text/plain')
    expect(answer.body).toContain('herald_publishes_total{repeated="false"} 1')
    expect(answer.body).toContain('herald_authentication_failures_total{code="token_invalid"} 1')
    expect(answer.body).toContain('herald_connections 3')
    expect(answer.body).toMatch(
      /herald_http_request_seconds_count\{method="POST",route="\/v1\/feeds\/:feed\/messages",status="201"\} 1/,
    )
    expect(answer.body).toContain('nodejs_eventloop_lag_seconds')
    expect(answer.body).not.toContain('very-private')
  })

  it('is for this machine itself and for administrators, unless a setting opens it', async () => {
    const ask = (sent: Sent) => gateway.call('GET', '/metrics', sent)
    for (const host of ['localhost:8787', '127.0.0.1', '[::1]:8787'])
      expect((await ask({ headers: { host } })).statusCode).toBe(200)
    expectError(await ask({ from: '192.0.2.1' }), 'token_missing')
    expectError(await ask({ from: '192.0.2.1', token: gateway.tokens.reader }), 'admin_required')
    expect((await ask({ from: '192.0.2.1', token: gateway.tokens.admin })).statusCode).toBe(200)
    // A proxy on this machine, trusted or not, asks for others; so does a name that was made to lead here.
    for (const name of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])
      expectError(await ask({ headers: { [name]: '127.0.0.1' } }), 'token_missing')
    expectError(await ask({ headers: { host: 'evil.example' } }), 'token_missing')
    const open = await openTestGateway({ env: { HERALD_METRICS: 'open' } })
    onTestFinished(() => open.close())
    expect((await open.call('GET', '/metrics', { from: '192.0.2.1' })).statusCode).toBe(200)
  })

  it('tells how many connections are open, and why the clock is not believed', async () => {
    const read = async () => (await gateway.call('GET', '/metrics')).body
    expect(await read()).toMatch(/^herald_connections_open 5\nh?[^]*^herald_connections_limit 1000$/m)
    expect(await read()).toMatch(/^herald_clock_believed 1$/m)
    gateway.state.doubt = { reason: 'jumped', by: -90_000 }
    const text = await read()
    delete gateway.state.doubt
    expect(text).toMatch(/^herald_clock_believed 0$/m)
    expect(text).toMatch(/^herald_clock_ahead_seconds -90$/m)
    expect(text).toContain('herald_clock_doubt{reason="jumped"} 1\n')
    expect(text).toContain('herald_clock_doubt{reason="new"} 0\n')
  })

  it('can ask for an administrator, or be off', async () => {
    const guarded = await openTestGateway({ env: { HERALD_METRICS: 'admin' } })
    onTestFinished(() => guarded.close())
    expectError(await guarded.call('GET', '/metrics'), 'token_missing')
    expectError(await guarded.call('GET', '/metrics', { token: guarded.tokens.reader }), 'admin_required')
    expect((await guarded.call('GET', '/metrics', { token: guarded.tokens.admin })).statusCode).toBe(200)
    const off = await openTestGateway({ env: { HERALD_METRICS: 'off' } })
    onTestFinished(() => off.close())
    expectError(await off.call('GET', '/metrics'), 'not_found')
  })
})

describe('the documentation', () => {
  it('is a page without script, which shows the reader’s own address', async () => {
    const answer = await gateway.call('GET', '/docs', { headers: { host: 'herald.test:1234' } })
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.body).toContain('http://herald.test:1234/v1/feeds/topic:ops/messages')
    expect(answer.body).not.toMatch(/<script|\son\w+=|javascript:/)
  })

  it('allows exactly its own style sheet', async () => {
    const answer = await gateway.call('GET', '/docs')
    const style = /<style>([\s\S]*?)<\/style>/.exec(answer.body)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    expect(answer.headers['content-security-policy']).toContain(`style-src 'sha256-${hash}'`)
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
    expect(answer.body).not.toContain(' style=')
  })

  it('escapes what it shows', async () => {
    const answer = await gateway.call('GET', '/docs', { headers: { host: "a'&b" } })
    expect(answer.body).toContain('http://a&#39;&#38;b/v1/feeds/topic:ops/messages')
  })

  it.each([['/docs'], ['/openapi.json']])('is made once, however often it is asked for: %s', async (url) => {
    const off = { publish: 0, requests: 0, address: 0, failures: 0, broken: 0 }
    let looks = 0
    const routes = apiRoutes(
      {} as never,
      openRateLimits(off, () => undefined),
    ).map(
      (route) =>
        new Proxy(route, {
          get: (target, name) => {
            looks += 1
            return Reflect.get(target, name) as unknown
          },
        }),
    )
    const app = fastify()
    onTestFinished(() => app.close())
    answerDocs(app, routes, '1.0.0', 'https://herald.test', ['/docs'])
    expect((await app.inject(url)).statusCode).toBe(200)
    const once = looks
    expect(once).toBeGreaterThan(routes.length)
    for (let count = 0; count < 3; count += 1) expect((await app.inject(url)).statusCode).toBe(200)
    expect(looks).toBe(once)
  })

  it.each([['/docs'], ['/openapi.json']])(
    'is known by its tag: %s is not sent again to who has it',
    async (url) => {
      const ask = (headers: Record<string, string>) => gateway.call('GET', url, { headers })
      const { headers, statusCode } = await ask({})
      expect([statusCode, headers['cache-control']]).toEqual([200, 'no-cache'])
      const etag = String(headers.etag)
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await ask({ 'if-none-match': known })
        expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', etag])
      }
      expect((await ask({ 'if-none-match': '"other"' })).statusCode).toBe(200)
    },
  )

  it('has another tag under another address, which it shows', async () => {
    const under = (host: string) => gateway.call('GET', '/docs', { headers: { host } })
    const [one, other] = [await under('one.test'), await under('other.test')]
    expect(one.headers.etag).not.toBe(other.headers.etag)
    expect(other.body).toContain('http://other.test/v1/')
    expect(other.body).not.toContain('address-of-the-reader')
  })

  it('has every link’s target on the page', async () => {
    const { body } = await gateway.call('GET', '/docs')
    const targets = [...body.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id ?? '')
    expect(targets.length).toBeGreaterThan(100)
    for (const id of new Set(targets)) expect(body, id).toContain(`id="${id}"`)
  })

  it('is also OpenAPI, complete and without a dangling reference', async () => {
    const answer = await gateway.call('GET', '/openapi.json')
    const api = answer.json<{
      openapi: string
      paths: object
      components: { schemas: Record<string, { properties?: object }> }
    }>()
    expect(api.openapi).toBe('3.1.0')
    expect(Object.keys(api.paths)).toContain('/v1/feeds/{feed}/messages')
    const references = new Set(
      [...answer.body.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name),
    )
    for (const name of references) expect(Object.keys(api.components.schemas)).toContain(name)
    expect(answer.body).not.toContain('$defs')
    expect(api.components.schemas.PublishBody?.properties).toHaveProperty('ttl')
    const ids = [...answer.body.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('every answer', () => {
  /** What a browser may keep, and asks about each time. */
  const PAGES = new Set(['/docs', '/openapi.json'])

  it.each([['/v1/me'], ['/healthz'], ['/docs'], ['/nothing'], ['/openapi.json'], ['/metrics']])(
    '%s has the headers that protect it',
    async (url) => {
      const { headers } = await gateway.call('GET', url)
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['referrer-policy']).toBe('no-referrer')
      expect(headers['cross-origin-opener-policy']).toBe('same-origin')
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
      expect(headers['content-security-policy']).toContain("default-src 'none'")
      expect(headers['cache-control']).toMatch(PAGES.has(url) ? /^no-cache$/ : /^no-store$/)
      expect(headers['x-request-id']).toMatch(/^[\w-]{12}$/)
      expect(headers).not.toHaveProperty('server')
      expect(headers).not.toHaveProperty('x-powered-by')
    },
  )
})

describe('the documents as a site', () => {
  const INLINE = 'globalThis.pages = 1'

  it('is served below /docs/ by a policy of its own, with the API’s page beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'herald-site-'))
    writeFileSync(join(folder, 'index.html'), `<!doctype html><script>${INLINE}</script>`)
    const withSite = await openTestGateway({ env: { HERALD_DOCS: folder } })
    onTestFinished(async () => {
      await withSite.close()
      rmSync(folder, { recursive: true })
    })
    const bare = await withSite.call('GET', '/docs')
    expect([bare.statusCode, bare.headers.location]).toEqual([302, '/docs/'])
    const first = await withSite.call('GET', '/docs/')
    expect([first.statusCode, first.body]).toEqual([200, expect.stringContaining(INLINE)])
    const hash = createHash('sha256').update(INLINE).digest('base64')
    const policy = String(first.headers['content-security-policy'])
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`)
    expect(policy).toContain("connect-src 'self';")
    expectError(await withSite.call('GET', '/docs/missing.html'), 'not_found')
    expect((await withSite.call('GET', '/docs/api')).body).toContain('/v1/feeds/topic:ops/messages')
  })

  it('that is not built is replaced by the API’s page', async () => {
    const [one, other] = [await gateway.call('GET', '/docs'), await gateway.call('GET', '/docs/api')]
    expect(one.body).toBe(other.body)
    const address = await gateway.call('GET', '/docs/')
    expect([address.statusCode, address.headers.location]).toEqual([302, '/docs'])
  })
})

describe('an answer over TLS', () => {
  const PROXY = '10.0.0.1'

  it('asks browsers to stay there, and no other does', async () => {
    const proxied = await openTestGateway({ env: { HERALD_TRUST_PROXY: PROXY } })
    onTestFinished(() => proxied.close())
    const policyFor = async (from: string, scheme: string, host = 'herald.example') => {
      const headers = { host, 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': scheme }
      return (await proxied.call('GET', '/healthz', { from, headers })).headers['strict-transport-security']
    }
    expect(await policyFor(PROXY, 'https')).toBe('max-age=31536000')
    expect(await policyFor(PROXY, 'http')).toBeUndefined()
    // There it would hold for whatever else runs on the machine.
    expect(await policyFor(PROXY, 'https', 'localhost')).toBeUndefined()
    expect(await policyFor('192.0.2.9', 'https')).toBeUndefined()
  })
})

describe('the app', () => {
  const INLINE = 'document.documentElement.dataset.ready = "1"'

  async function openWithApp(): Promise<TestGateway> {
    const folder = mkdtempSync(join(tmpdir(), 'herald-app-'))
    mkdirSync(join(folder, 'assets'))
    writeFileSync(
      join(folder, 'index.html'),
      `<!doctype html><script>${INLINE}</script><script type="module" src="/assets/index-BfT3x9aQ.js"></script>`,
    )
    writeFileSync(join(folder, 'assets', 'index-BfT3x9aQ.js'), 'export {}')
    writeFileSync(join(folder, 'assets', 'index-BfT3x9aQ.js.gz'), gzipSync('export {}'))
    writeFileSync(join(folder, 'sw.js'), '')
    writeFileSync(join(folder, '.env'), 'SECRET')
    const withApp = await openTestGateway({ env: { HERALD_STATIC: folder } })
    onTestFinished(async () => {
      await withApp.close()
      rmSync(folder, { recursive: true })
    })
    return withApp
  }

  it('is served at the root, its inline script allowed by its hash', async () => {
    const app = await openWithApp()
    const answer = await app.call('GET', '/')
    expect([answer.statusCode, answer.headers['content-type'], answer.headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ])
    const hash = createHash('sha256').update(INLINE).digest('base64')
    const policy = String(answer.headers['content-security-policy'])
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`)
    expect(policy).toContain("connect-src 'self' https: http: wss: ws:;")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/script-src[^;]*unsafe/)
  })

  it('comes compressed where that was built, with its type and its caching', async () => {
    const app = await openWithApp()
    const url = '/assets/index-BfT3x9aQ.js'
    const zipped = await app.call('GET', url, { headers: { 'accept-encoding': 'gzip' } })
    expect(zipped.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': expect.stringContaining('javascript'),
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      vary: 'Origin, Accept-Encoding',
    })
    const plain = await app.call('GET', url)
    expect([plain.body, plain.headers['content-encoding']]).toEqual(['export {}', undefined])
    expect(plain.headers.vary).toBe('Origin, Accept-Encoding')
  })

  it('answers 304 to a browser that has it', async () => {
    const app = await openWithApp()
    const first = await app.call('GET', '/')
    const again = await app.call('GET', '/', { headers: { 'if-none-match': String(first.headers.etag) } })
    expect([again.statusCode, again.headers.vary]).toEqual([304, 'Origin, Accept-Encoding'])
  })

  it('has no files beside it: not above it, not hidden, not missing', async () => {
    const app = await openWithApp()
    for (const url of [
      '/../package.json',
      '/..%2f..%2fetc/passwd',
      '/%2e%2e/x',
      '/.env',
      '/missing.js',
      '/assets',
      '/assets/',
    ]) {
      const answer = await app.call('GET', url)
      expect([403, 404], url).toContain(answer.statusCode)
      expect(answer.json(), url).toHaveProperty('error.code')
    }
  })

  it('leaves the API alone', async () => {
    const app = await openWithApp()
    expectError(await app.call('GET', '/v1/me'), 'token_missing')
    expectError(await app.call('DELETE', '/v1/me'), 'method_not_allowed')
    expectError(await app.call('GET', '/v1/nothing'), 'not_found')
  })

  it('that is not built is replaced by the documentation', async () => {
    const answer = await gateway.call('GET', '/')
    expect([answer.statusCode, answer.headers.location]).toEqual([302, '/docs'])
  })

  it.each([
    ['index.html', 'no-cache'],
    ['index.html.gz', 'no-cache'],
    ['sw.js', 'no-cache'],
    ['manifest.webmanifest', 'no-cache'],
    ['assets/index-BfT3x9aQ.js', 'public, max-age=31536000, immutable'],
    ['assets/index-BfT3x9aQ.css.br', 'public, max-age=31536000, immutable'],
    ['assets/pages-inbox-inbox.C4Ff09x_.js', 'public, max-age=31536000, immutable'],
    ['assets/plain.js', 'no-cache'],
    ['static/icon.png', 'public, max-age=3600'],
    ['favicon.svg', 'public, max-age=3600'],
  ])('lets a browser keep %s as %s', (path, caching) => {
    expect(cachingOf(path)).toBe(caching)
  })
})
