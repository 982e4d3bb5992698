import { errors, type ErrorCode } from '@herald/protocol'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'

let gateway: GatewayProcess

beforeAll(async () => {
  gateway = await startGateway({ HERALD_STATIC: '' })
})

afterAll(async () => {
  await gateway.dispose()
})

/** Sends bytes over a connection of their own. Resolves with everything that came until the gateway ended it. */
async function exchange(bytes: string): Promise<string> {
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  socket.write(bytes.replace('PUBLISHER', gateway.publishToken), 'latin1')
  return text(socket)
}

/** A request that asks for the connection to be ended behind the answer. */
function request(line: string, headers: Readonly<Record<string, string>> = {}, body = ''): string {
  const all = Object.entries({ Host: 'localhost', Connection: 'close', ...headers })
  return `${line} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}

const UPGRADE = {
  ...{ Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
  ...{ 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol': 'herald.v1' },
}

const BYTES = { 'Content-Type': 'application/json', 'Content-Length': '5' }

const PIECES = { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' }

/** A publish as text, with a trailer behind its one piece; by the token that the gateway under test takes. */
const publishInPieces = (trailer: string): string =>
  request(
    'POST /v1/feeds/all/messages',
    { ...PIECES, 'Content-Type': 'text/plain', Authorization: 'Bearer PUBLISHER' },
    `1\r\nx\r\n0\r\n${trailer}\r\n\r\n`,
  )

const ALLOWS_ALL = /\r\nAllow: GET, HEAD, POST, PUT, DELETE(?:\r\n|$)/i

/** [what it is, bytes, code, what else the answer must say] */
type Refused = [name: string, bytes: string, code: ErrorCode, also?: RegExp]
const REFUSED: Refused[] = [
  ['a path that is no route', request('GET /nothing'), 'not_found'],
  ['a path that cannot be read', request('GET /%zz'), 'not_found'],
  ['half a character in a path', request('GET /%ff?x=%ff'), 'not_found'],
  ['a whole URL for a path', request('GET http://evil.example/nothing'), 'not_found'],
  ['a star for a path, but by OPTIONS', request('GET *'), 'not_found'],
  ['a feed that is misspelt', request('GET /v1/feeds/%zz/messages'), 'token_missing'],
  ['no token', request('GET /v1/me'), 'token_missing', /\r\nwww-authenticate: Bearer/i],
  ['a wrong token', request('GET /v1/me', { Authorization: 'Bearer x' }), 'token_invalid'],
  ['another method', request('DELETE /v1/me'), 'method_not_allowed', /\r\nallow: GET, HEAD\r\n/i],
  ['a method for a file', request('PROPFIND /healthz'), 'method_not_allowed', /\r\nallow: GET, HEAD\r\n/i],
  ['TRACE', request('TRACE /v1/me'), 'method_not_allowed', /\r\nallow: GET, HEAD\r\n/i],
  [
    'another method for a whole URL',
    request('DELETE http://localhost/v1/me?x'),
    'method_not_allowed',
    /\r\nallow: GET, HEAD\r\n/i,
  ],
  ...['TRACE', 'PATCH', 'PROPFIND', 'OPTIONS'].map((method): Refused => [
    `${method} on no route`,
    request(`${method} /nothing`),
    'method_not_allowed',
    /\r\nallow: GET, HEAD\r\n/i,
  ]),
  // Older Node does not know it, and then it is like the next one.
  [
    'another method with a body that nobody could read',
    request('PATCH /v1/me', { 'Content-Type': 'a/b', 'Content-Length': '2' }, '{]'),
    'method_not_allowed',
  ],
  ['QUERY on a route', request('QUERY /healthz'), 'method_not_allowed', /\r\nallow: GET, HEAD/i],
  ['QUERY', request('QUERY /nothing'), 'method_not_allowed', /\r\nallow: GET, HEAD/i],
  ['a method that nobody knows', request('BREW /coffee'), 'method_not_allowed', ALLOWS_ALL],
  ['a method in small letters', request('get /healthz'), 'method_not_allowed', ALLOWS_ALL],
  [
    'a request for a proxy',
    'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n',
    'method_not_allowed',
    /\r\nAllow: /,
  ],
  ['no Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 'invalid_header'],
  ['two Hosts', request('GET /healthz').replace('Host', 'Host: other\r\nHost'), 'invalid_header'],
  ['a Host that is none', request('GET /healthz', { Host: 'a b' }), 'invalid_header'],
  ['an Expect that is not known', request('POST /v1/sign-in', { Expect: 'a-miracle' }), 'expectation_failed'],
  ['a path that is too long', request(`GET /${'x'.repeat(9000)}`), 'url_too_long'],
  ['a path without an end', `GET /${'x'.repeat(20_000)}`, 'url_too_long'],
  ['headers that are too large', request('GET /', { X: 'x'.repeat(20_000) }), 'headers_too_large'],
  [
    'a body that is too large',
    request('POST /v1/sign-in', { ...BYTES, 'Content-Length': '70000' }),
    'body_too_large',
  ],
  [
    'a body of another kind',
    request('POST /v1/sign-in', { ...BYTES, 'Content-Type': 'a/b' }, '12345'),
    'media_type_unsupported',
  ],
  ['a body that is no JSON', request('POST /v1/sign-in', BYTES, '12345'), 'invalid_body'],
  ['a body that is cut', request('POST /v1/sign-in', BYTES, '{"a":'), 'invalid_json'],
  ['a length that is none', request('POST /v1/sign-in', { 'Content-Length': 'x' }), 'invalid_header'],
  [
    'a length and pieces',
    request('POST /v1/sign-in', { ...BYTES, 'Transfer-Encoding': 'chunked' }),
    'invalid_header',
  ],
  [
    'pieces that are none',
    request('POST /v1/sign-in', { 'Transfer-Encoding': 'chunked' }, 'zz\r\n'),
    'invalid_header',
  ],
  [
    'a coding that nobody knows',
    request('POST /v1/sign-in', { 'Transfer-Encoding': 'cow' }),
    'invalid_header',
  ],
  [
    'a coding under the pieces',
    request('POST /v1/sign-in', { ...PIECES, 'Transfer-Encoding': 'gzip, chunked' }, '2\r\n{}\r\n0\r\n\r\n'),
    'media_type_unsupported',
  ],
  ...['Title: x', 'Priority: 5', 'Idempotency-Key: k', 'Priorty: 5'].map((trailer): Refused => [
    `an option in a trailer, ${trailer}`,
    publishInPieces(trailer),
    'invalid_header',
  ]),
  ['no HTTP at all', 'hello\r\n\r\n', 'invalid_header'],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'invalid_header'],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'invalid_header'],
  ['another version of HTTP', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 'invalid_header'],
  ['a foreign page', request('GET /healthz', { Origin: 'https://evil.example' }), 'origin_forbidden'],
  [
    'a socket without an upgrade',
    request('GET /v1/socket'),
    'upgrade_required',
    /\r\nupgrade: websocket(?:\r\n|$)/i,
  ],
  ['a socket by POST', request('POST /v1/socket'), 'method_not_allowed', /\r\nallow: GET/i],
  ['an upgrade elsewhere', request('GET /nowhere', UPGRADE), 'not_found'],
  [
    'an upgrade by POST',
    request('POST /v1/socket', UPGRADE),
    'method_not_allowed',
    /\r\nAllow: GET(?:\r\n|$)/,
  ],
  [
    'an upgrade of an old version',
    request('GET /v1/socket', { ...UPGRADE, 'Sec-WebSocket-Version': '8' }),
    'upgrade_required',
  ],
  [
    'an upgrade without a key',
    request('GET /v1/socket', { ...UPGRADE, 'Sec-WebSocket-Key': '' }),
    'invalid_header',
  ],
  [
    'an upgrade without a Host',
    request('GET /v1/socket', UPGRADE).replace('Host: localhost\r\n', ''),
    'invalid_header',
  ],
]

describe('whatever is not a success', () => {
  it.each(REFUSED)('has the body of an error: %s', async (_name, bytes, code, also) => {
    const answer = await exchange(bytes)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    const { status, retryable } = errors[code]
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} [A-Z]`))
    expect(JSON.parse(body)).toEqual({ error: { code, message: expect.any(String), retryable } })
    expect(head).toMatch(/\r\ncontent-type: application\/json; charset=utf-8(?:\r\n|$)/i)
    expect(head).toMatch(/\r\nx-content-type-options: nosniff(?:\r\n|$)/i)
    expect(head).toMatch(also ?? /^/)
  })

  it('comes after the answer to what was whole before the broken bytes', async () => {
    const publish = request('POST /v1/feeds/all/messages', {
      ...{ Connection: 'keep-alive', Authorization: `Bearer ${gateway.publishToken}`, 'Content-Length': '2' },
    })
    expect(await exchange(`${publish}hi\0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 201 [^]*HTTP\/1\.1 400 /)
  })

  it('names a method that nobody knows also behind another request', async () => {
    const before = request('GET /healthz', { Connection: 'keep-alive' })
    expect(await exchange(before + request('BREW /coffee'))).toMatch(
      /^HTTP\/1\.1 200 [^]*HTTP\/1\.1 405 [^]*\r\nAllow: /,
    )
  })

  it('is none where OPTIONS asks what the server can do', async () => {
    const answer = await exchange(request('OPTIONS *'))
    expect(answer).toMatch(/^HTTP\/1\.1 204 [^]*\r\n\r\n$/)
    expect(answer).toMatch(ALLOWS_ALL)
  })

  it('is none where a trailer holds what proxies and libraries put there', async () => {
    expect(await exchange(publishInPieces('x-amz-checksum-crc32: AAAAAA=='))).toMatch(/^HTTP\/1\.1 201 /)
  })

  it('has no body where HEAD asks', async () => {
    expect(await exchange(request('HEAD /nothing'))).toMatch(/^HTTP\/1\.1 404 [^]*\r\n\r\n$/)
  })

  it('is none to an Expect that is known, and to HTTP/1.0 without a Host', async () => {
    expect(await exchange(request('GET /healthz', { Expect: '100-continue' }))).toMatch(/HTTP\/1\.1 200 /)
    expect(await exchange('GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /)
  })
})
