import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { request, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { errors, type ErrorCode } from '@herald/protocol'
import { GatewayProgram, MAIN } from '../cli/program'
import { certificateFiles } from './certificate-files'
import { freePort } from './free-port'
import { until } from './until'

/** Linux alone has all of 127.0.0.0/8 without being told to, and shows the descriptors of a process. */
const IS_LINUX = process.platform === 'linux'
const [STRANGER, OTHER] = ['127.0.0.2', '127.0.0.3']

/** What a process of a small machine may open. */
const DESCRIPTORS = 300

/** A gateway with a port that sends on to https. @param words that start it, else Node does */
async function open(settings: Readonly<Record<string, string>> = {}, words?: readonly string[]) {
  const files = certificateFiles()
  const port = await freePort()
  const all = { ...files.settings, HERALD_TLS_REDIRECT_PORT: String(port), ...settings }
  const gateway = await (words ? GatewayProgram.startProgram(words, all) : GatewayProgram.start(all))
  const ask = async (path: string, options: RequestOptions = {}) => {
    const sent = request(`http://127.0.0.1:${String(port)}${path}`, { agent: false, ...options }).end()
    const [{ statusCode, headers }] = (await once(sent, 'response')) as [IncomingMessage]
    return { status: statusCode, headers }
  }
  /** The status of /healthz at the gateway's own port, or why there is none. */
  const health = async (localAddress?: string): Promise<number | string | undefined> => {
    const options = {
      ca: files.first.cert,
      agent: false,
      ...(localAddress !== undefined && { localAddress }),
    }
    const sent = secureRequest(`${gateway.url}/healthz`, options).end()
    return once(sent, 'response').then(([answer]) => (answer as IncomingMessage).statusCode, String)
  }
  /** A stranger, at the redirect unless at another port, who says something and then nothing. */
  const join = async (words: string, localAddress: string, at = port): Promise<Socket> => {
    const socket = connect({ ...{ port: at, host: '127.0.0.1', allowHalfOpen: true }, localAddress })
    socket.on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
    if (words !== '') socket.write(words, 'latin1')
    return socket
  }
  /** All that comes until the gateway ends the connection; '' when it was cut. */
  const exchange = async (bytes: string, from = '127.0.0.1'): Promise<string> =>
    text(await join(bytes, from)).catch(() => '')
  return { gateway, ask, health, join, exchange }
}

const isOver = ({ destroyed, readableEnded }: Socket): boolean => destroyed || readableEnded

type Refused = [name: string, bytes: string, code: ErrorCode]
const REFUSED: Refused[] = [
  [
    'a request with a token',
    'GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n',
    'upgrade_required',
  ],
  ['a request without a Host', 'GET / HTTP/1.1\r\n\r\n', 'upgrade_required'],
  ['what is no HTTP', '\x16\x03\x01\x02\x00\x01', 'invalid_header'],
  [
    'headers that are too large',
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(9000)}\r\n\r\n`,
    'headers_too_large',
  ],
  ['a request to be a proxy', 'CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n', 'method_not_allowed'],
  ['headers that do not end', 'GET / HTTP/1.1\r\nHost: x\r\nX-Sl', 'request_timeout'],
  ['a connection that says nothing', '', 'request_timeout'],
]

describe('the port that sends on to https', () => {
  it('sends pages on, and tells a sender that its token went over a plain connection', async () => {
    const { gateway, ask } = await open()
    expect(await ask('/?a=1')).toMatchObject({ status: 308, headers: { location: `${gateway.url}/?a=1` } })
    expect(await ask('/v1/feeds/all/messages', { method: 'POST' })).toMatchObject({ status: 426 })
    expect(await ask('/v1/me', { headers: { authorization: 'Bearer x' } })).toMatchObject({ status: 426 })
    expect(await ask('/', { headers: { host: 'evil.example/x' } })).toMatchObject({ status: 426 })
    expect(await ask('/', { headers: { expect: 'miracles' } })).toMatchObject({ status: 308 })
    gateway.signal('SIGTERM')
    expect(await gateway.ended).toMatchObject({ code: 0 })
  })

  it('sends to the public address where there is one', async () => {
    const { ask } = await open({ HERALD_PUBLIC_URL: 'https://herald.example.com' })
    expect((await ask('/x')).headers.location).toBe('https://herald.example.com/x')
  })

  it('answers whatever it refuses with the body of an error, and soon', async () => {
    const { exchange } = await open()
    const answers = await Promise.all(REFUSED.map(([, bytes]) => exchange(bytes)))
    for (const [index, [name, , code]] of REFUSED.entries()) {
      const [head, body = ''] = (answers[index] ?? '').split('\r\n\r\n')
      expect(head, name).toMatch(new RegExp(`^HTTP/1\\.1 ${String(errors[code].status)} `))
      expect(head, name).toMatch(/\r\nX-Request-Id: \S+/)
      expect(JSON.parse(body), name).toMatchObject({ error: { code, retryable: errors[code].retryable } })
    }
  })
})

describe.skipIf(!IS_LINUX)('the port that sends on to https, beside the gateway’s own (on Linux)', () => {
  it('turns an address away that breaks the protocol at either port', async () => {
    const { join, health, exchange } = await open({ HERALD_RATE_BROKEN: '3' })
    const held = (await join('GET / HTTP/1.1\r\nX-Sl', STRANGER)).resume()
    const answers: string[] = []
    for (let count = 0; count < 3; count += 1) {
      expect(await health(STRANGER)).toBe(200)
      answers.push((await exchange('this is not HTTP\r\n\r\n', STRANGER)).slice(0, 12))
    }
    // The last one shuts the address out, and is cut with what it held.
    expect(answers).toEqual(['HTTP/1.1 400', 'HTTP/1.1 400', ''])
    expect(isOver(held)).toBe(true)
    expect(await health(STRANGER)).toMatch(/Error/)
    expect(await exchange('GET / HTTP/1.1\r\nHost: x\r\n\r\n', STRANGER)).toBe('')
    expect([await health(), (await exchange('GET / HTTP/1.1\r\nHost: x\r\n\r\n')).slice(0, 12)]).toEqual([
      200,
      'HTTP/1.1 308',
    ])
  })

  it('takes no descriptor that the gateway needs, however many come', async () => {
    const limited = ['sh', '-c', `ulimit -n ${String(DESCRIPTORS)} && exec "$0" "$1"`, process.execPath, MAIN]
    const { gateway, ask, health, join } = await open({ HERALD_RATE_BROKEN: '0' }, limited)
    const open300 = async (port?: number): Promise<Socket[]> => {
      const sockets: Socket[] = []
      for (let count = 0; count < DESCRIPTORS; count += 1)
        sockets.push((await join('', count % 2 === 0 ? STRANGER : OTHER, port)).resume())
      return sockets
    }
    await open300(Number(new URL(gateway.url).port))
    const atRedirect = await open300()
    await until(
      () => atRedirect.filter((socket) => !isOver(socket)).length,
      (open) => open <= 32,
      '32 stay',
    )
    expect(readdirSync(`/proc/${String(gateway.pid)}/fd`).length).toBeLessThan(DESCRIPTORS - 10)
    expect(await health()).toBe(200)
    expect(await ask('/')).toMatchObject({ status: 308 })
    expect(gateway.out).not.toContain('EMFILE')
    expect(gateway.out).toMatch(/"port":"redirect".*"connections are dropped/)
  })
})
