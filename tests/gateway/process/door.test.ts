import { createServer, type Server } from 'node:http'
import { EventEmitter, once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { Breaches } from '../../../gateway/process/breaches'
import { limitConnections } from '../../../gateway/process/connections'
import { guardDoor } from '../../../gateway/process/door'
import type { Metrics } from '../../../gateway/process/metrics'
import { trustProxies } from '../../../gateway/process/proxies'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function open() {
  const shut = new Set<string>()
  const counts = { sockets: 0, turnedAway: 0, unguarded: 0 }
  const server = createServer((_request, answer) => answer.end('here'))
  servers.push(server)
  server.on('connection', () => (counts.sockets += 1))
  guardDoor(server, {
    isShut: (address) => shut.has(address),
    onTurnedAway: () => (counts.turnedAway += 1),
    onUnguarded: () => (counts.unguarded += 1),
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  /** What comes for a request, until the connection ends. */
  const ask = async (): Promise<string> => {
    const socket = connect({ port, host: '127.0.0.1' })
    let answer = ''
    // One that is turned away may hear of it by a reset.
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => (answer += bytes.toString()))
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    await once(socket, 'close').catch(() => undefined)
    return answer
  }
  return { server, shut, counts, ask }
}

describe('the door of a gateway', () => {
  it('stays open for our own proxy when its neighbour in one IPv6 network is shut out', () => {
    const isProxy = trustProxies(['fd00::2'])
    const breaches = new Breaches({ most: 1, isProxy })
    const taken: string[] = []
    const handle = {
      onconnection: (_status: number, peer: FakePeer) => void taken.push(peer.address),
    }
    const server = Object.assign(new EventEmitter(), { _handle: handle })
    const metrics = { connectionDropped: () => undefined } as unknown as Metrics
    limitConnections(server as unknown as Server, {
      config: { maxConnections: 100, maxAddressConnections: 50 },
      ...{ isProxy, breaches, metrics, logger: pino({ level: 'silent' }) },
    })
    server.emit('listening')
    breaches.note('fd00::66')
    for (const address of ['fd00::66', 'fd00::2', 'fd00:1::1']) handle.onconnection(0, new FakePeer(address))
    expect(taken).toEqual(['fd00::2', 'fd00:1::1'])
  })
})

/** Node's handle of a connection that came from an address. */
class FakePeer {
  constructor(readonly address: string) {}

  getpeername(out: { address?: string }): number {
    out.address = this.address
    return 0
  }

  close(): void {
    return
  }
}

describe('the door', () => {
  it('turns a shut address away before there is a socket of it, and lets it in when it is open again', async () => {
    const { shut, counts, ask } = await open()
    expect(await ask()).toContain('here')
    shut.add('127.0.0.1')
    expect([await ask(), await ask()]).toEqual(['', ''])
    expect(counts).toEqual({ sockets: 1, turnedAway: 2, unguarded: 0 })
    shut.clear()
    expect(await ask()).toContain('here')
    expect(counts).toEqual({ sockets: 2, turnedAway: 2, unguarded: 0 })
  })

  it('is guarded again when its server listens anew', async () => {
    const { server, shut, counts } = await open()
    await new Promise((resolve) => server.close(resolve))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    shut.add('127.0.0.1')
    const { port } = server.address() as AddressInfo
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.once('close', resolve))
    expect(counts).toEqual({ sockets: 0, turnedAway: 1, unguarded: 0 })
  })

  /** A server of a Node whose handles are others. */
  function openOther(handle: object | undefined) {
    const server = Object.assign(new EventEmitter(), { _handle: handle })
    let told = 0
    guardDoor(server as unknown as Server, {
      isShut: (address) => address !== '',
      onTurnedAway: () => undefined,
      onUnguarded: () => (told += 1),
    })
    return { listen: () => server.emit('listening'), told: () => told }
  }

  it.each([[undefined], [{}]])('tells once that this Node has none, when its handle is %o', (handle) => {
    const { listen, told } = openOther(handle)
    listen()
    listen()
    expect(told()).toBe(1)
  })

  it('lets in, and tells once, whose address a Node does not show', () => {
    const taken: unknown[] = []
    const handle = { onconnection: (_status: number, peer: unknown) => void taken.push(peer) }
    const { listen, told } = openOther(handle)
    listen()
    const peer = { close: () => undefined }
    for (let count = 0; count < 2; count += 1) handle.onconnection(0, peer)
    expect(taken).toEqual([peer, peer])
    expect(told()).toBe(1)
  })
})
