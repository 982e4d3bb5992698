import { get } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { helloOf, TestSocket } from '../ws/test-socket'
import { AttackedGateway } from './attacked-gateway'
import { attacks } from './attacks'
import { upgradeOf } from './upgrade-request'

/** Linux alone has all of 127.0.0.0/8 without being told to. */
const HAS_OTHER_ADDRESS = process.platform === 'linux'
const STRANGER = '127.0.0.2'

const BREACHES = 20

/** Whether a stranger is answered before his connection ends. */
async function isAnswered(gateway: AttackedGateway, from: string): Promise<boolean> {
  const socket = await gateway.connect(from)
  if (socket.destroyed) return false
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  return answered(socket)
}

const answered = (socket: Socket): Promise<boolean> =>
  new Promise((resolve) => {
    socket.once('data', () => {
      resolve(true)
    })
    for (const end of ['end', 'close'])
      socket.once(end, () => {
        resolve(false)
      })
  })

/** Ways to break the protocol once. */
const breaches: Readonly<Record<string, string>> = {
  'words that are not HTTP': 'this is not HTTP\r\n\r\n',
  'an upgrade to a path that there is not': upgradeOf('/nowhere'),
  'a handshake of another version': upgradeOf().replace('Version: 13', 'Version: 8'),
  'a request to be a proxy': 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n',
  'a frame that is not masked': `${upgradeOf()}\x81\x00`,
  'one frame that is too large, sent whole': `${upgradeOf()}\x81\xff\0\0\0\0\0\x20\0\0\0\0\0\0${'x'.repeat(2 * 1024 * 1024)}`,
}

/** Ways that nobody takes by mistake: each counts as ten, and no more. */
const floods: Readonly<Record<string, string>> = {
  'a body that nobody reads, without end': `GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\na\r\n'.repeat(2000)}`,
  'a body in too many parts': `POST /v1/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\na\r\n'.repeat(2000)}`,
  'requests behind one that offers another protocol':
    `GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`.repeat(50),
  'pongs without end before a hello': upgradeOf() + '\x8a\x80\x00\x00\x00\x00'.repeat(200),
  'frames without end behind our close frame': `${upgradeOf()}\x88\x80\0\0\0\0${'\x8a\x80\x00\x00\x00\x00'.repeat(200_000)}`,
  'requests that do not wait': 'GET /docs HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(50),
}

const ways = [
  ...Object.entries(breaches).map(([name, words]) => ({ name, words, limit: 2 })),
  // What is no request behind the last one of a connection is a breach by itself, beside the flood.
  ...Object.entries(floods).map(([name, words]) => ({ name, words, limit: words.includes('h2c') ? 12 : 11 })),
]

describe.skipIf(!HAS_OTHER_ADDRESS)('a stranger of another address (on Linux)', () => {
  it('is refused at the door when it breaks the protocol again and again, and nobody else is', async () => {
    const gateway = await AttackedGateway.start({ HERALD_RATE_BROKEN: String(BREACHES) })
    expect(await isAnswered(gateway, STRANGER)).toBe(true)
    const attack = attacks['bodies that nobody asked for']
    await gateway.withstands(async () => attack?.({ connect: () => gateway.connect(STRANGER) }))
    expect(await isAnswered(gateway, STRANGER)).toBe(false)
    expect(await isAnswered(gateway, '127.0.0.1')).toBe(true)
    const metrics = await (await fetch(`${gateway.process.url}/metrics`)).text()
    expect(metrics).toMatch(/^herald_connections_dropped_total\{limit="broken"\} [1-9]/m)
    const lines = gateway.process.log.filter(({ msg }) => msg?.includes('breaks the protocol'))
    expect(lines).toHaveLength(1)
    const audited = gateway.process.log.filter(({ msg, address }) => msg === 'audit' && address === STRANGER)
    expect(audited).toEqual([expect.objectContaining({ code: 'rate_limited', route: 'connection' })])
  })

  it.each(ways)('breaks the protocol by $name', async ({ words, limit }) => {
    const gateway = await AttackedGateway.start({ HERALD_RATE_BROKEN: String(limit) })
    const breakOnce = async (): Promise<void> => {
      const socket = await gateway.connect(STRANGER)
      socket.resume()
      const over = new Promise((resolve) => socket.once('end', resolve).once('close', resolve))
      const sent = new Promise((resolve) => socket.write(Buffer.from(words, 'latin1'), resolve))
      await Promise.all([over, sent])
    }
    await breakOnce()
    expect(await isAnswered(gateway, STRANGER)).toBe(true)
    await breakOnce()
    await expect.poll(() => isAnswered(gateway, STRANGER)).toBe(false)
  })

  it('breaks the protocol by connections for nothing, of which four count as one breach', async () => {
    const gateway = await AttackedGateway.start({ HERALD_RATE_BROKEN: '2' })
    const openForNothing = async (count: number): Promise<void> => {
      for (let opened = 0; opened < count; opened += 1) {
        const socket = (await gateway.connect(STRANGER)).resume()
        const over = new Promise((resolve) => socket.once('close', resolve))
        socket.end()
        await over
      }
    }
    await openForNothing(7)
    expect(await isAnswered(gateway, STRANGER)).toBe(true)
    await openForNothing(1)
    await expect.poll(() => isAnswered(gateway, STRANGER)).toBe(false)
  })

  it('loses what it holds open when it is refused, but not the socket of a device', async () => {
    const gateway = await AttackedGateway.start({ HERALD_RATE_BROKEN: '2' })
    await gateway.process.request('POST', '/v1/users', { body: { id: 'ann' } })
    const { token } = await gateway.process.readToken('ann')
    // A device that breaks something is one of the address, too.
    const device = await new TestSocket(`${gateway.process.url.replace('http', 'ws')}/v1/socket`).opened()
    onTestFinished(() => {
      device.socket.terminate()
    })
    device.send(helloOf(token))
    await device.nextOf('welcome')
    const held = (await gateway.connect()).resume()
    const over = new Promise((resolve) => held.once('end', resolve).once('close', resolve))
    held.write('GET /healthz HTTP/1.1\r\nX-Slow: ')
    for (let count = 0; count < 2; count += 1) (await gateway.connect()).write('this is not HTTP\r\n\r\n')
    await over
    expect(await healthOf(gateway)).toBe('refused')
    device.send({ type: 'ping' })
    await device.nextOf('pong')
  })
})

const healthOf = (gateway: AttackedGateway): Promise<string> =>
  new Promise((resolve) => {
    get(`${gateway.process.url}/healthz`, { agent: false }, (answer) => {
      answer.resume()
      resolve('answered')
    }).once('error', () => {
      resolve('refused')
    })
  })
