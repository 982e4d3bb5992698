import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { frame } from '../ws/client-frames'
import { helloOf, TestSocket } from '../ws/test-socket'
import { AttackedGateway, flood, upgradeOf } from './attacked-gateway'

const MEGABYTE = 1024 * 1024

/** So many of the same frame in one piece. */
const many = (one: Buffer, count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => one))

const PIECE_FRAMES = 10_000

/** Resolves with what came once it matches. */
async function hears(socket: Socket, what: RegExp): Promise<string> {
  let heard = ''
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')))
  await expect.poll(() => heard, { timeout: 15_000 }).toMatch(what)
  return heard
}

async function openSocket(gateway: AttackedGateway): Promise<Socket> {
  const socket = await gateway.connect()
  socket.write(upgradeOf())
  await hears(socket, /101 Switching/)
  return socket
}

describe('a stranger without a token', () => {
  it('is cut off who sends parts of a message without end', { timeout: 60_000 }, async () => {
    const gateway = await AttackedGateway.start()
    await gateway.withstands(async () => {
      const sockets = await Promise.all([openSocket(gateway), openSocket(gateway)])
      for (const socket of sockets) socket.write(frame({ opcode: 1, isFinal: false }))
      const parts = many(frame({ opcode: 0, isFinal: false }), PIECE_FRAMES)
      await Promise.all(sockets.map((socket) => flood(socket, parts, 20 * MEGABYTE)))
    })
    await gateway.givesBack()
  })

  it.each([
    ['pings', 9],
    ['pongs', 10],
  ])('makes no memory grow by %s, and reads nothing', { timeout: 60_000 }, async (_name, opcode) => {
    const gateway = await AttackedGateway.start()
    const control = many(frame({ opcode, payload: Buffer.alloc(125, 'x') }), PIECE_FRAMES / 10)
    await gateway.withstands(async () => {
      const sockets = await Promise.all([openSocket(gateway), openSocket(gateway), openSocket(gateway)])
      await Promise.all(sockets.map((socket) => flood(socket, control, 20 * MEGABYTE)))
    })
    await gateway.givesBack()
  })

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

  it('is told 408 and cut off when it is slow or silent', { timeout: 60_000 }, async () => {
    const gateway = await AttackedGateway.start()
    await gateway.withstands(async () => {
      const [slow, ...silent] = await Promise.all(Array.from({ length: 20 }, () => gateway.connect()))
      if (slow === undefined) throw new Error('there is no connection')
      slow.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Sl')
      const answers = await Promise.all([slow, ...silent].map((socket) => hears(socket, /\}$/)))
      for (const answer of answers) {
        expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
        expect(answer).toContain('"code":"request_timeout"')
        expect(answer).toContain('"retryable":true')
      }
    })
    await gateway.givesBack()
  })

  it('does not hold up the exit by connections that were refused', { timeout: 60_000 }, async () => {
    const gateway = await AttackedGateway.start()
    for (const words of [
      upgradeOf('/nowhere'),
      'this is not HTTP\r\n\r\n',
      'GET / HTTP/1.1\r\nX-Slow: ',
      '',
    ]) {
      const socket = await gateway.connect()
      socket.write(words)
    }
    expect(await gateway.process.stop()).toBe(0)
  })

  it('keeps nobody out by connections that say nothing', { timeout: 60_000 }, async () => {
    const gateway = await AttackedGateway.start({ HERALD_MAX_CONNECTIONS: '40' })
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
    const gateway = await AttackedGateway.start({ HERALD_MAX_CONNECTIONS: '12' })
    const sockets = await Promise.all(Array.from({ length: 20 }, () => gateway.connect()))
    await expect
      .poll(() => sockets.filter(({ destroyed, readableEnded }) => destroyed || readableEnded).length)
      .toBeGreaterThan(0)
    for (const socket of sockets) socket.destroy()
    const metrics = async () => (await fetch(`${gateway.process.url}/metrics`)).text()
    await expect.poll(() => metrics().catch(String)).toMatch(/^herald_connections_dropped_total [1-9]/m)
    expect(gateway.process.log.map(({ msg }) => msg)).toContain(
      'connections are dropped, as many as may be are open',
    )
  })
})
