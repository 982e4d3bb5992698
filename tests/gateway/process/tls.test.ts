import { makeLocalCertificate } from '@herald/push-fakes/certificate'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request, type RequestOptions } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { GatewayProgram, MAIN, run, temporaryFolder } from '../cli/program'
import { certificateFiles } from './certificate-files'
import { until } from './until'

interface Heard {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

async function hear(sent: ReturnType<typeof request>): Promise<Heard> {
  sent.end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) }
}

const ask = (url: string, ca: string, options: RequestOptions = {}): Promise<Heard> =>
  hear(request(url, { ca, agent: false, ...options }))

/** The certificate that a new connection is shown. */
async function shownAt(url: string, authorities: readonly string[]): Promise<PeerCertificate> {
  const socket: TLSSocket = connectTls({
    ...{ host: '127.0.0.1', port: Number(new URL(url).port), servername: 'localhost' },
    ca: [...authorities],
  })
  await once(socket, 'secureConnect')
  const shown = socket.getPeerCertificate()
  socket.destroy()
  return shown
}

describe('a gateway with a certificate', () => {
  it('serves https alone, says so in its link, and lets sockets in', async () => {
    const files = certificateFiles()
    const gateway = await GatewayProgram.start(files.settings)
    expect(gateway.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    expect(gateway.out).toMatch(/"publicUrl":"https:\/\/localhost:\d+"/)
    const health = await ask(`${gateway.url}/healthz`, files.first.cert, {
      ...{ headers: { host: 'herald.example.com' }, servername: 'localhost' },
    })
    expect(health).toMatchObject({
      status: 200,
      headers: { 'strict-transport-security': expect.any(String) },
    })
    const asLocalhost = await ask(gateway.url.replace('127.0.0.1', 'localhost'), files.first.cert)
    expect(asLocalhost.headers).not.toHaveProperty('strict-transport-security')

    const socket = new WebSocket(`${gateway.url.replace('https', 'wss')}/v1/socket`, 'herald.v1', {
      ca: files.first.cert,
    })
    await once(socket, 'open')
    socket.send('{"type":"ping"}')
    const [code] = (await once(socket, 'close')) as [number]
    expect(code).toBeGreaterThanOrEqual(4000)

    const plain = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    plain.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(await text(plain)).not.toContain('HTTP/1.1')
    gateway.signal('SIGTERM')
    expect(await gateway.ended).toMatchObject({ code: 0 })
  })

  it('takes renewed files without a restart, and the connections that are open stay', async () => {
    const files = certificateFiles()
    const gateway = await GatewayProgram.start(files.settings)
    const renewed = makeLocalCertificate()
    const authorities = [files.first.cert, renewed.cert]
    const before = await shownAt(gateway.url, authorities)
    const open = connectTls({
      ...{ host: '127.0.0.1', port: Number(new URL(gateway.url).port), servername: 'localhost' },
      ca: files.first.cert,
    })
    await once(open, 'secureConnect')
    files.write(renewed)
    await gateway.waitFor(/a renewed TLS certificate is in use/)
    const after = await shownAt(gateway.url, authorities)
    expect(after.fingerprint256).not.toBe(before.fingerprint256)
    open.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    expect(await text(open)).toMatch(/^HTTP\/1\.1 200/)
  })

  it('does not start with files that cannot be used, or with one of the two', async () => {
    const files = certificateFiles()
    writeFileSync(files.key, makeLocalCertificate().key)
    const folder = temporaryFolder()
    const mixed = await run(MAIN, [], { ...files.settings, HERALD_DATA: folder, HERALD_PORT: '0' })
    expect(mixed).toMatchObject({ code: 2, errors: expect.stringContaining('HERALD_TLS_CERT') })
    const half = await run(MAIN, [], { HERALD_TLS_CERT: files.cert, HERALD_DATA: folder, HERALD_PORT: '0' })
    expect(half).toMatchObject({ code: 2, errors: expect.stringContaining('must be set together') })
  })

  it('counts a secured connection once, and gives back those that never speak', async () => {
    const files = certificateFiles()
    const gateway = await GatewayProgram.start({
      ...files.settings,
      HERALD_MAX_CONNECTIONS: '16',
      HERALD_ADDRESS_CONNECTIONS: '16',
    })
    const options = { host: '127.0.0.1', port: Number(new URL(gateway.url).port), servername: 'localhost' }
    // Twice as many as there may be: each new one takes the place of the one that has been silent for longest.
    const sockets: TLSSocket[] = []
    for (let count = 0; count < 32; count++) {
      const socket = connectTls({ ...options, ca: files.first.cert })
      socket.on('error', () => undefined)
      await once(socket, 'secureConnect')
      sockets.push(socket)
    }
    const cut = (): number => sockets.filter(({ destroyed }) => destroyed).length
    await until(cut, (count) => count === 16, 'half of them are cut')
    expect((await ask(`${gateway.url}/healthz`, files.first.cert)).status).toBe(200)
  })
})
