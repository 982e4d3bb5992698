import { MAX_BODY_BYTES, type Message, type Published } from '@herald/protocol'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isOffByOne } from '../../../gateway/http/message-options'
import { expectError, openTestGateway, type TestGateway } from './test-gateway'

const OPS = '/v1/feeds/topic:ops/messages'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await openTestGateway({ env: { HERALD_RATE_PUBLISH: '0', HERALD_RATE_ADDRESS: '0' } })
})

afterAll(async () => {
  await gateway.close()
})

interface Bytes {
  readonly method?: 'POST' | 'PUT'
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

const publish = ({ method = 'POST', query = '', headers = {}, body = 'x' }: Bytes) =>
  gateway.app.inject({
    method,
    url: `${OPS}${query}`,
    headers: { authorization: `Bearer ${gateway.tokens.publisher}`, ...headers },
    payload: body,
  })

async function publishAndFind(sent: Bytes): Promise<Message | undefined> {
  const answer = await publish(sent)
  expect(answer.statusCode, answer.body).toBe(201)
  return gateway.log.find(answer.json<Published>().id)
}

const text = { 'content-type': 'text/plain' }
const onTheWire = (words: string): string => Buffer.from(words).toString('latin1')

describe('the options of a text', () => {
  it.each(['title', 'x-title', 'ti', 't'])(
    'has the title by the name %s, in header and query',
    async (name) => {
      expect(await publishAndFind({ headers: { ...text, [name]: 'Backup' } })).toMatchObject({
        title: 'Backup',
      })
      expect(await publishAndFind({ headers: text, query: `?${name}=Backup` })).toMatchObject({
        title: 'Backup',
      })
    },
  )

  it('takes the text from an option when there is no body', async () => {
    const sent = { headers: { ...text, message: 'all of it', prio: 'Max', ta: 'a,b' }, body: '' }
    expect(await publishAndFind(sent)).toMatchObject({ body: 'all of it', priority: 5, tags: ['a', 'b'] })
    expectError(await publish({ headers: { ...text, message: 'one' }, body: 'two' }), 'invalid_body')
  })

  it.each([
    ['=?utf-8?B?5aSH5Lu9?=', '备份'],
    ['=?UTF-8?q?Disk_=E7=A3=81?= full', 'Disk 磁 full'],
    ['=?utf-8?B?5aSH5A==?= =?utf-8?B?u70=?=', '备份'],
    ['=?gbk?B?sbi33Q==?=', '备份'],
    [onTheWire('备份 =?x'), '备份 =?x'],
  ])('reads the encoded words %s', async (title, expected) => {
    expect(await publishAndFind({ headers: { ...text, title } })).toMatchObject({ title: expected })
  })

  it.each(['=?klingon?B?5aSH?=', '=?utf-8?B?/w==?='])(
    'refuses encoded words that nobody can read: %s',
    async (title) => {
      expectError(await publish({ headers: { ...text, title } }), 'invalid_header')
    },
  )

  it.each([
    'delay',
    'x-delay',
    'at',
    'actions',
    'attach',
    'icon',
    'email',
    'priorty',
    'titel',
    'tgas',
    'clik',
  ])('refuses %s by name, instead of dropping it with a 201', async (name) => {
    const answer = await publish({ headers: { ...text, [name]: '10m' } })
    expectError(answer, 'invalid_header')
    expect(answer.body).toContain(name)
    expectError(await publish({ headers: text, query: `?${name}=10m` }), 'invalid_query')
    const json = { 'content-type': 'application/json', [name]: '10m' }
    expectError(await publish({ headers: json, body: '{"body":"x"}' }), 'invalid_header')
  })

  it.each(['x-at', 'a', 'f', 'mail', 'x-e-mail', 'up', 'sid', 'tpl', 'x-percentage', 'end', 'x-poll-id'])(
    'refuses %s, a name that ntfy documents for what a message cannot keep',
    async (name) => {
      expectError(await publish({ headers: { ...text, [name]: '1' } }), 'invalid_header')
    },
  )

  it('takes X-Cache for an option where it says yes or no, and for a cache’s word otherwise', async () => {
    expectError(await publish({ headers: { ...text, 'x-cache': 'no' } }), 'invalid_header')
    for (const said of ['HIT', 'MISS from proxy.test', 'Miss from cloudfront'])
      expect((await publish({ headers: { ...text, 'x-cache': said } })).statusCode).toBe(201)
  })

  it.each([
    ...[
      'x-relay',
      'x-tile',
      'x-bags',
      'x-subject',
      'x-tpl',
      'x-action',
      'x-file',
      'x-t',
      'x-md',
      'x-priorty',
    ],
  ])('takes %s for a proxy’s header: only options and documented names with X- are options', async (name) => {
    for (const said of ['1', 'https://a.test/b']) {
      const message = await publishAndFind({ headers: { ...text, [name]: said } })
      const { id, feed, seq, time, ...kept } = message ?? {}
      expect({ id, feed, seq, time }).not.toContain(undefined)
      expect(kept).toEqual({ body: 'x', priority: 3 })
    }
    const json = { 'content-type': 'application/json', [name]: '1' }
    expect((await publish({ headers: json, body: '{"body":"x"}' })).statusCode).toBe(201)
  })

  it.each([
    ['title', 'Backup', { title: 'Backup' }],
    ['priority', 'high', { priority: 4 }],
    ['tags', 'a,b', { tags: ['a', 'b'] }],
    ['click', 'https://a.test/b', { link: 'https://a.test/b' }],
    ['image', 'https://a.test/b.png', { image: 'https://a.test/b.png' }],
    ['markdown', 'yes', { markdown: true }],
    ['ttl', '10m', { expires: expect.any(Number) }],
  ])('has %s with an X- too, in a text, and refuses it beside JSON', async (name, value, kept) => {
    for (const written of [name, `x-${name}`]) {
      expect(await publishAndFind({ headers: { ...text, [written]: value } })).toMatchObject(kept)
      expect(await publishAndFind({ headers: text, query: `?${written}=${value}` })).toMatchObject(kept)
      const json = { 'content-type': 'application/json', [written]: value }
      expectError(await publish({ headers: json, body: '{"body":"x"}' }), 'invalid_header')
    }
  })

  it('refuses an option that is given twice, or beside a JSON body', async () => {
    expectError(await publish({ headers: { ...text, title: 'a', 'x-title': 'b' } }), 'invalid_header')
    expectError(await publish({ headers: { ...text, title: 'a' }, query: '?t=b' }), 'invalid_header')
    const json = { headers: { 'content-type': 'application/json', title: 'a' }, body: '{"body":"x"}' }
    expectError(await publish(json), 'invalid_header')
    expectError(
      await publish({ ...json, headers: { 'content-type': 'application/json' }, query: '?t=b' }),
      'invalid_query',
    )
  })

  it('takes no header for an option that browsers, proxies and libraries add', async () => {
    const added = [
      ...[
        'accept',
        'accept-encoding',
        'accept-language',
        'age',
        'baggage',
        'b3',
        'cache-control',
        'cdn-loop',
        'cf-connecting-ip',
      ],
      ...[
        'cf-ray',
        'cf-visitor',
        'cookie',
        'date',
        'dnt',
        'dpop',
        'etag',
        'expires',
        'fly-client-ip',
        'forwarded',
        'from',
        'if-match',
      ],
      ...[
        'if-none-match',
        'max-forwards',
        'newrelic',
        'pragma',
        'prefer',
        'range',
        'referer',
        'save-data',
        'sec-ch-ua',
      ],
      ...[
        'sec-fetch-dest',
        'sec-fetch-mode',
        'sec-gpc',
        'sentry-trace',
        'traceparent',
        'tracestate',
        'trailer',
        'true-client-ip',
      ],
      ...[
        'upgrade-insecure-requests',
        'user-agent',
        'via',
        'x-amzn-trace-id',
        'x-b3-traceid',
        'x-cloud-trace-context',
      ],
      ...[
        'x-correlation-id',
        'x-forwarded-port',
        'x-forwarded-server',
        'x-real-ip',
        'x-request-id',
        'x-requested-with',
        'link',
      ],
    ]
    const headers = Object.fromEntries(added.map((name) => [name, 'x']))
    const sent = { headers: { ...text, ...headers, priority: 'u=1, i' } }
    expect(await publishAndFind(sent)).toMatchObject({ body: 'x', priority: 3 })
  })

  it.each([
    ['tags', 'tag', true],
    ['tags', 'tgas', true],
    ['tags', 'bags', true],
    ['tags', 'etag', false],
    ['tags', 'tags', false],
    ['click', 'lick', true],
    ['click', 'kcilc', false],
  ])('knows whether %s is off by one from %s', (one, other, expected) => {
    expect(isOffByOne(one, other)).toBe(expected)
    expect(isOffByOne(other, one)).toBe(expected)
  })
})

describe('the body of a text', () => {
  it.each([
    ['GBK', Buffer.from([0xb1, 0xb8, 0xb7, 0xdd]), { 'content-type': 'text/plain; charset=gbk' }],
    ['UTF-16', Buffer.from('\uFEFF备份', 'utf16le'), { 'content-type': 'text/plain; charset="utf-16"' }],
    [
      'UTF-16, big end first',
      Buffer.from([0xfe, 0xff, 0x59, 0x07, 0x4e, 0xfd]),
      { 'content-type': 'text/plain;charset=UTF-16' },
    ],
    ['gzip', gzipSync('备份'), { ...text, 'content-encoding': 'gzip' }],
    ['deflate', deflateSync('备份'), { ...text, 'content-encoding': 'deflate' }],
    ['brotli', brotliCompressSync('备份'), { ...text, 'content-encoding': 'br' }],
    ['no media type', Buffer.from('备份'), {}],
    ['application/octet-stream', Buffer.from('备份'), { 'content-type': 'application/octet-stream' }],
  ])('reads a text in %s', async (_name, body, headers) => {
    expect(await publishAndFind({ headers, body })).toMatchObject({ body: '备份' })
  })

  it('takes text/markdown for markdown, unless an option says no', async () => {
    const headers = { 'content-type': 'text/markdown' }
    expect(await publishAndFind({ headers, body: '**x**' })).toMatchObject({ markdown: true })
    expect(await publishAndFind({ headers: { ...headers, markdown: 'no' } })).not.toMatchObject({
      markdown: true,
    })
  })

  it.each([
    ['a charset that nobody knows', { 'content-type': 'text/plain; charset=klingon' }],
    ['a content coding that is not understood', { ...text, 'content-encoding': 'zstd' }],
    ['two content codings', { ...text, 'content-encoding': 'gzip, gzip' }],
  ])('refuses %s', async (_name, headers) => {
    expectError(await publish({ headers }), 'media_type_unsupported')
  })

  it('unpacks no more than a body may have', async () => {
    const headers = { ...text, 'content-encoding': 'gzip' }
    expectError(await publish({ headers, body: gzipSync(Buffer.alloc(20 * 1024 * 1024)) }), 'body_too_large')
    expectError(
      await publish({ headers, body: gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1, 'x')) }),
      'body_too_large',
    )
    expectError(await publish({ headers, body: 'no gzip' }), 'invalid_body')
  })

  it('comes by PUT as by POST', async () => {
    expect(await publishAndFind({ method: 'PUT', body: 'by curl -T' })).toMatchObject({ body: 'by curl -T' })
  })

  it('takes braces in what curl -d sends for text, and JSON for what it is', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await publishAndFind({ headers, body: '{build} failed' })).toMatchObject({
      body: '{build} failed',
    })
    expectError(await publish({ headers, body: '{"body":"x"}' }), 'media_type_unsupported')
  })
})

describe('Basic credentials', () => {
  const basic = (credentials: string) =>
    gateway.app.inject({
      method: 'POST',
      url: OPS,
      headers: { ...text, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
      payload: 'x',
    })

  it('hold a token in either half', async () => {
    const token = gateway.tokens.publisher
    for (const credentials of [`:${token}`, `ann:${token}`, `${token}:`, `${token}:None`])
      expect((await basic(credentials)).statusCode, credentials.replace(token, '…')).toBe(201)
  })

  it('without one are refused, and no password is asked for', async () => {
    for (const credentials of ['ann:secret', 'ann', ':']) {
      const answer = await basic(credentials)
      expectError(answer, 'token_invalid')
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer /)
    }
  })
})
