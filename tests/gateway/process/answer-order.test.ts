import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'
import { upgradeOf } from '../hostile/upgrade-request'

/** More than the system and both ends take without being read. */
const PAGE_BYTES = 24 * 1024 * 1024

let gateway: GatewayProcess
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'herald-app-'))
  writeFileSync(join(folder, 'index.html'), `<!doctype html>${'x'.repeat(PAGE_BYTES)}<!--end-->`)
  gateway = await startGateway({ HERALD_STATIC: folder })
})

afterAll(async () => {
  await gateway.dispose()
  rmSync(folder, { recursive: true, force: true })
})

function open(): Socket {
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => {
    socket.destroy()
  })
  return socket
}

/** Sends all in one piece, and resolves with what came once it matches. */
async function ask(bytes: string, until: RegExp): Promise<string> {
  const socket = open()
  let heard = ''
  socket.on('data', (piece: Buffer) => (heard += piece.toString('latin1')))
  socket.write(bytes)
  await expect.poll(() => heard, { timeout: 10_000 }).toMatch(until)
  return heard
}

/** A publish is answered when its message is on the disk, which takes longer than any refusal. */
const publish = (connection = 'keep-alive'): string =>
  [
    'POST /v1/feeds/all/messages HTTP/1.1\r\nHost: localhost',
    `Connection: ${connection}\r\nAuthorization: Bearer ${gateway.publishToken}\r\nContent-Length: 2\r\n\r\nhi`,
  ].join('\r\n')

const h2c = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n${headers}\r\n`

const inParts = (body: string): string =>
  `POST /v1/sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${body}`

const CONNECT = 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n'

describe('an answer that is written by hand', () => {
  it.each([
    ['the 101 of a socket', upgradeOf(), /HTTP\/1\.1 101 /],
    ['a handshake that is refused', upgradeOf('/nowhere'), /HTTP\/1\.1 404 [^]*\}$/],
    ['an upgrade that is ignored', h2c('/healthz'), /HTTP\/1\.1 200 [^]*\}$/],
    ['a request for a proxy', CONNECT, /HTTP\/1\.1 405 [^]*\}$/],
    ['bytes that are no HTTP', 'hello\r\n\r\n', /HTTP\/1\.1 400 [^]*\}$/],
    ['a body that is broken', inParts('zz\r\n'), /HTTP\/1\.1 400 [^]*\}$/],
    ['a body in too many parts', inParts('1\r\na\r\n'.repeat(2000)), /HTTP\/1\.1 413 [^]*\}$/],
  ])('comes after the answers that were asked for before: %s', async (_name, bytes, answer) => {
    const heard = await ask(publish() + publish() + bytes, answer)
    const statuses = [...heard.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)
    expect(statuses.slice(0, 2)).toEqual(['201', '201'])
    expect(statuses).toHaveLength(3)
  })

  it('comes after a long answer that its taker reads later', { timeout: 30_000 }, async () => {
    const socket = open()
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n' + h2c('/healthz'))
    // The page has begun, and what is not taken holds the gateway up: it waits for room.
    await once(socket, 'readable')
    let tail = ''
    socket.on('data', (piece: Buffer) => (tail = (tail + piece.toString('latin1')).slice(-1500)))
    await expect.poll(() => tail, { timeout: 20_000 }).toMatch(/<!--end-->HTTP\/1\.1 200 [^]*\{"ok":true\}$/)
  })

  it('is none where the answer before was the last of its connection', async () => {
    const socket = open()
    let heard = ''
    socket.on('data', (piece: Buffer) => (heard += piece.toString('latin1')))
    const ended = new Promise((resolve) => socket.once('close', resolve))
    socket.write(publish('close') + h2c('/healthz'))
    await ended
    expect(heard).toMatch(/^HTTP\/1\.1 201 /)
    expect(heard).not.toMatch(/HTTP\/1\.1 200 /)
  })

  it('is the last of its connection where it ignored an upgrade, and nothing behind it is read', async () => {
    const socket = open()
    let heard = ''
    socket.on('data', (piece: Buffer) => (heard += piece.toString('latin1')))
    const ended = new Promise((resolve) => socket.once('close', resolve))
    socket.write(publish() + h2c('/readyz') + publish() + h2c('/healthz').repeat(500))
    await ended
    const statuses = [...heard.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)
    expect(statuses).toEqual(['201', '200'])
    expect(heard).toMatch(/HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n[^]*\}$/)
  })
})

describe('the id of a request', () => {
  it.each([
    ['a socket', upgradeOf(), '101'],
    ['a refused handshake', upgradeOf('/nowhere'), '404'],
    ['bytes that are no HTTP', 'hello\r\n\r\n', '400'],
    ['a request for a proxy', CONNECT, '405'],
    ['a page', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', '200'],
  ])('is in every answer: %s', async (_name, bytes, status) => {
    const heard = await ask(bytes, new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\n\r\n`))
    expect(heard).toMatch(/\r\nx-request-id: [\w-]{12}\r\n/i)
  })

  it('is in the log for answers that are written by hand', async () => {
    const told = await startGateway({ HERALD_STATIC: '', HERALD_LOG_LEVEL: 'debug' })
    onTestFinished(() => told.dispose())
    const { hostname, port } = new URL(told.url)
    for (const bytes of ['hello\r\n\r\n', CONNECT, upgradeOf('/nowhere'), upgradeOf()]) {
      const socket = connect(Number(port), hostname)
      onTestFinished(() => {
        socket.destroy()
      })
      let heard = ''
      socket.on('data', (piece: Buffer) => (heard += piece.toString('latin1')))
      socket.write(bytes)
      await expect.poll(() => heard).toMatch(/x-request-id: /i)
      const [, id] = /x-request-id: (\S+)/i.exec(heard) ?? []
      await expect.poll(() => told.log.map(({ reqId }) => reqId)).toContain(id)
    }
  })
})
