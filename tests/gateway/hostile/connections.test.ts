import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { helloOf, TestSocket } from '../ws/test-socket'
import { AttackedGateway } from './attacked-gateway'
import { pipelining } from './attacks'
import { upgradeOf } from './upgrade-request'

/** Resolves with what came once it matches. */
async function hears(socket: Socket, what: RegExp): Promise<string> {
  let heard = ''
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')))
  await expect.poll(() => heard, { timeout: 45_000 }).toMatch(what)
  return heard
}

describe('a stranger without a token', () => {
  it('holds no descriptor of a connection that was refused', { timeout: 60_000 }, async () => {
    const gateway = await AttackedGateway.start()
    const wrongVersion = upgradeOf().replace('Version: 13', 'Version: 8')
    const refused = [upgradeOf('/nowhere'), wrongVersion, 'this is not HTTP\r\n\r\n']
    await gateway.withstands(async () => {
      for (let index = 0; index < 150; index += 1) {
        const socket = await gateway.connect()
        socket.write(refused[index % refused.length] ?? '')
      }
    })
    await gateway.givesBack()
  })

  it(
    'is told 408 and cut off when it is slow or silent, at the time that the docs say',
    { timeout: 90_000 },
    async () => {
      const gateway = await AttackedGateway.start()
      await gateway.withstands(async () => {
        const sockets = await Promise.all(Array.from({ length: 20 }, () => gateway.connect()))
        sockets[0]?.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Sl')
        sockets[1]?.write(
          'POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
        )
        const from = performance.now()
        const seconds: number[] = []
        const answers = await Promise.all(
          sockets.map(async (socket, index) => {
            const heard = await hears(socket, /\}$/)
            seconds[index] = (performance.now() - from) / 1000
            return heard
          }),
        )
        // Headers have ten seconds and a whole request thirty; the rest is for a busy machine. Node's own are 60 and 300.
        const [headers, body, ...silent] = seconds
        for (const time of [headers, ...silent]) expect(time).toBeGreaterThan(9)
        for (const time of [headers, ...silent]) expect(time).toBeLessThan(20)
        expect(body).toBeGreaterThan(29)
        expect(body).toBeLessThan(40)
        for (const answer of answers) {
          expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
          expect(answer).toContain('"code":"request_timeout"')
          expect(answer).toContain('"retryable":true')
        }
      })
      await gateway.givesBack()
    },
  )

  it('is cut off when it sends a body without end that nobody reads, behind its answer', async () => {
    const gateway = await AttackedGateway.start()
    const socket = await gateway.connect()
    const heard = hears(socket, /\{"ok":true\}$/)
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n')
    expect(await heard).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    socket.write('1\r\na\r\n'.repeat(2000))
    await expect.poll(() => socket.readableEnded || socket.destroyed).toBe(true)
    await gateway.givesBack()
  })

  it('is told 413 for a body in more parts than a sender has use for', async () => {
    const gateway = await AttackedGateway.start()
    const head = 'POST /v1/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
    const inParts = (body: string): string =>
      `${head}Transfer-Encoding: chunked\r\n\r\n${Array.from(body, (byte) => `1\r\n${byte}\r\n`).join('')}`
    const few = await gateway.connect()
    few.write(inParts(`{"code":"${'x'.repeat(1000)}"}`) + '0\r\n\r\n')
    // Read whole: what is wrong with it is what it says.
    expect(await hears(few, /\}$/)).toMatch(/"code":"(?:invalid_body|sign_in_code_invalid)"/)
    const many = await gateway.connect()
    many.write(inParts('x'.repeat(1100)))
    const refused = await hears(many, /\}$/)
    expect(refused).toMatch(/^HTTP\/1\.1 413 /)
    expect(refused).toContain('"code":"body_too_large"')
    expect(refused).toContain('too many parts')
    await expect.poll(() => many.readableEnded).toBe(true)
  })

  it('opens no file for each of the requests that do not wait for answers', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'herald-app-'))
    onTestFinished(() => {
      rmSync(folder, { recursive: true, force: true })
    })
    writeFileSync(join(folder, 'index.html'), `<!doctype html>${'x'.repeat(4_000_000)}`)
    const gateway = await AttackedGateway.start({ HERALD_STATIC: folder })
    await gateway.withstands(() => pipelining('/index.html')(gateway))
    // Strangers still hold what they may: no file beyond the few that each connection may wait for.
    expect(await gateway.descriptors()).toBeLessThan(gateway.startDescriptors + 50)
    gateway.leave()
    await gateway.givesBack()
  })

  it(
    'does not hold up the exit by hundreds of connections that say nothing',
    { timeout: 60_000 },
    async () => {
      const gateway = await AttackedGateway.start()
      const sockets = await Promise.all(Array.from({ length: 300 }, () => gateway.connect()))
      for (const socket of sockets.slice(0, 100)) socket.write('GET / HTTP/1.1\r\nX-Slow: ')
      const from = performance.now()
      expect(await gateway.process.stop()).toBe(0)
      // What is not a request is not waited for as requests are, which have six seconds.
      expect(performance.now() - from).toBeLessThan(5500)
      await expect
        .poll(() => sockets.every(({ destroyed, readableEnded }) => destroyed || readableEnded))
        .toBe(true)
    },
  )

  it('takes no more than its share of the connections', { timeout: 60_000 }, async () => {
    const gateway = await AttackedGateway.start({ HERALD_ADDRESS_CONNECTIONS: '20' })
    await gateway.withstands(async () => {
      for (let index = 0; index < 100; index += 1) await gateway.connect()
    })
    const metrics = await (await fetch(`${gateway.process.url}/metrics`)).text()
    expect(Number(/^herald_connections_open (\d+)$/m.exec(metrics)?.[1])).toBeLessThanOrEqual(20)
    expect(metrics).toMatch(/^herald_connections_dropped_total\{limit="address"\} [1-9]/m)
  })

  it('keeps nobody out by connections that say nothing', { timeout: 60_000 }, async () => {
    const gateway = await AttackedGateway.start({
      HERALD_MAX_CONNECTIONS: '40',
      HERALD_ADDRESS_CONNECTIONS: '40',
    })
    await gateway.process.request('POST', '/v1/users', { body: { id: 'ann' } })
    const { token } = await gateway.process.readToken('ann')
    const device = await new TestSocket(`${gateway.process.url.replace('http', 'ws')}/v1/socket`).opened()
    device.send(helloOf(token))
    await device.nextOf('welcome')
    await gateway.withstands(async () => {
      for (let index = 0; index < 200; index += 1) await gateway.connect()
    })
    await gateway.process.publish('user:ann', { body: 'still here' })
    expect(await device.nextOf('messages')).toMatchObject({ feed: 'user:ann' })
  })

  it('is dropped when all connections are taken, and the metrics tell', { timeout: 60_000 }, async () => {
    const gateway = await AttackedGateway.start({
      HERALD_MAX_CONNECTIONS: '12',
      HERALD_ADDRESS_CONNECTIONS: '12',
    })
    const sockets = await Promise.all(Array.from({ length: 20 }, () => gateway.connect()))
    await expect
      .poll(() => sockets.filter(({ destroyed, readableEnded }) => destroyed || readableEnded).length)
      .toBeGreaterThan(0)
    for (const socket of sockets) socket.destroy()
    const metrics = async () => (await fetch(`${gateway.process.url}/metrics`)).text()
    await expect
      .poll(() => metrics().catch(String))
      .toMatch(/^herald_connections_dropped_total\{limit="all"\} [1-9]/m)
    expect(gateway.process.log.map(({ msg }) => msg)).toContain(
      'connections are dropped, as many as may be are open',
    )
  })
})
