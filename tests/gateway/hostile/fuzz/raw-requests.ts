import type { Chance } from '../../simulation/chance'
import { damage } from './junk'

const BODY = '{"title":"x"}'

/** Requests that break HTTP, or go to the edges of it. `%a` stands for the line with the token. */
const RAW: readonly string[] = [
  'GET /healthz\r\n\r\n',
  'GET  /healthz  HTTP/1.1\r\n\r\n',
  'get /healthz HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n',
  'GET /healthz HTTP/1.0\r\n\r\n',
  'GET /healthz HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n',
  'GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\r\n folded\r\n\r\n',
  'GET http://other.invalid/healthz HTTP/1.1\r\nHost: x\r\n\r\n',
  'CONNECT example.invalid:443 HTTP/1.1\r\nHost: x\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
  'TRACE /v1/me HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /v1/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'POST /v1/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'GET /v1/none HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c, foo\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  `POST /v1/feeds/all/messages HTTP/1.1\r\nHost: x\r\n%aContent-Type: application/json\r\nContent-Length: -5\r\n\r\n${BODY}`,
  `POST /v1/feeds/all/messages HTTP/1.1\r\nHost: x\r\n%aContent-Type: application/json\r\nContent-Length: 13\r\nContent-Length: 14\r\n\r\n${BODY}`,
  `POST /v1/feeds/all/messages HTTP/1.1\r\nHost: x\r\n%aContent-Type: application/json\r\nContent-Length: 13\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n${BODY}\r\n0\r\n\r\n`,
  `POST /v1/feeds/all/messages HTTP/1.1\r\nHost: x\r\n%aContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n${BODY}\r\n0\r\n\r\n`,
  `POST /v1/feeds/all/messages HTTP/1.1\r\nHost: x\r\n%aContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n${BODY}`,
  `POST /v1/feeds/all/messages HTTP/1.1\r\nHost: x\r\n%aContent-Type: application/json\r\nTransfer-Encoding: gzip\r\n\r\n${BODY}`,
  `POST /v1/feeds/all/messages HTTP/1.1\r\nHost: x\r\n%aContent-Type: application/json\r\nContent-Length: 500\r\n\r\n${BODY}`,
  `POST /v1/feeds/all/messages HTTP/1.1\r\nHost: x\r\n%aContent-Type: application/json\r\nContent-Length: 99999999999999999999\r\n\r\n${BODY}`,
  `POST /v1/feeds/all/messages HTTP/1.1\r\nHost: x\r\n%aContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 13\r\n\r\n${BODY}`,
  'GET /v1/me HTTP/1.1\r\nHost: x\r\n%a\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n',
  `GET /v1/me HTTP/1.1\r\nHost: x\r\n%aAuthorization: Bearer other\r\n\r\n`,
  'GET /v1/me?\u00ff\u0001 HTTP/1.1\r\nHost: x\r\n\r\n',
]

/** The bytes of a request, or of several, that no library would send. */
export function makeRawRequest(chance: Chance, token: string): Buffer {
  const text = (chance.of(RAW) ?? '').replace('%a', `Authorization: Bearer ${token}\r\n`)
  const bytes = Buffer.from(text, 'latin1')
  return chance.hits(0.3) ? damage(chance, bytes) : bytes
}
