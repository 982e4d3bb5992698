import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Breaches } from '../../gateway/process/breaches'
import { ConnectionCap } from '../../gateway/process/connection-cap'
import { trustProxies } from '../../gateway/process/proxies'

const PROXY = '10.0.0.1'

/** A socket that came from an address; nothing is behind it. */
class Peer extends Socket {
  override readonly remoteAddress: string

  constructor(address: string) {
    super()
    this.remoteAddress = address
  }
}

function openCap(most: number, mostOfAddress: number, mostBreaches = 0) {
  const time = { ms: 0 }
  const isProxy = trustProxies([PROXY])
  const breaches = new Breaches({ most: mostBreaches, isProxy, elapsed: () => time.ms })
  const server = new EventEmitter()
  const dropped: string[] = []
  const cap = new ConnectionCap(server, {
    ...{ most, mostOfAddress, isProxy, breaches },
    onDropped: (limit) => void dropped.push(limit),
  })
  const connect = (address: string): Peer => {
    const socket = new Peer(address)
    server.emit('connection', socket)
    return socket
  }
  /** A request that is being answered until the answer is closed. */
  const ask = (socket: Socket): EventEmitter => {
    const answer = new EventEmitter()
    server.emit('request', { socket }, answer)
    return answer
  }
  return { cap, connect, ask, dropped, breaches, time }
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()))

describe('the connections of one address', () => {
  it('are bounded: one more takes the place of its own that is idle for longest, and of nobody else’s', async () => {
    const { cap, connect, ask, dropped } = openCap(100, 3)
    const other = connect('192.0.2.1')
    const [first, second, third] = [connect('192.0.2.9'), connect('192.0.2.9'), connect('192.0.2.9')]
    ask(first)
    connect('192.0.2.9')
    expect([first, second, third, other].map(({ destroyed }) => destroyed)).toEqual([
      false,
      true,
      false,
      false,
    ])
    expect(dropped).toEqual(['address'])
    await closed(second)
    expect(cap.figures).toEqual({ connections: 4, most: 100 })
  })

  it('that devices have joined by stay, and the newcomer goes', () => {
    const { cap, connect } = openCap(100, 2)
    const devices = [connect('192.0.2.9'), connect('192.0.2.9')]
    for (const socket of devices) cap.keep(socket)
    const newcomer = connect('192.0.2.9')
    expect([...devices, newcomer].map(({ destroyed }) => destroyed)).toEqual([false, false, true])
    expect(connect('192.0.2.1').destroyed).toBe(false)
  })

  it('are those of an IPv6 network, of which a customer has all', () => {
    const { connect } = openCap(100, 2)
    const sockets = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1'].map(connect)
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, false, false, false])
  })

  it('are given back', async () => {
    const { connect } = openCap(100, 1)
    const first = connect('192.0.2.9')
    first.destroy()
    await closed(first)
    const second = connect('192.0.2.9')
    expect(second.destroyed).toBe(false)
  })

  it('behind a proxy of ours are counted for who is behind it, and the proxy’s are not', async () => {
    const { cap, connect } = openCap(100, 2)
    const sockets = Array.from({ length: 5 }, () => connect(PROXY))
    expect(sockets.every(({ destroyed }) => !destroyed)).toBe(true)
    const [one, two, three, four] = sockets
    if (!one || !two || !three || !four) throw new Error('there are too few')
    expect([one, two, three].map((socket) => cap.claim(socket, '192.0.2.9'))).toEqual([true, true, false])
    expect(cap.claim(four, '192.0.2.1')).toBe(true)
    one.destroy()
    await closed(one)
    expect(cap.claim(three, '192.0.2.9')).toBe(true)
  })

  it('are not counted twice when a device upgrades one', () => {
    const { cap, connect } = openCap(100, 2)
    expect(cap.claim(connect('192.0.2.9'), '192.0.2.9')).toBe(true)
    const second = connect('192.0.2.9')
    expect(second.destroyed).toBe(false)
  })
})

describe('a shutdown', () => {
  it('ends silent connections at once, idle ones soon, and answers first what was asked', () => {
    const { cap, connect, ask } = openCap(100, 100)
    const [silent, busy, device] = [connect('192.0.2.1'), connect('192.0.2.2'), connect('192.0.2.3')]
    const answer = ask(busy)
    cap.keep(device)
    cap.endSilent()
    expect(silent.destroyed).toBe(true)
    cap.endIdle()
    expect(device.destroyed).toBe(false)
    answer.emit('close')
    cap.endIdle()
    expect([busy.destroyed, device.destroyed]).toEqual([true, false])
  })
})

describe('the connections of an address that breaks the protocol again and again', () => {
  it('are refused until its minute is over, and nobody else’s are', () => {
    const { connect, breaches, dropped, time } = openCap(100, 50, 2)
    breaches.note('192.0.2.9')
    expect(connect('192.0.2.9').destroyed).toBe(false)
    breaches.note('192.0.2.9')
    expect(connect('192.0.2.9').destroyed).toBe(true)
    expect(connect('192.0.2.1').destroyed).toBe(false)
    expect(connect(PROXY).destroyed).toBe(false)
    expect(dropped).toEqual(['broken', 'broken'])
    time.ms = 60_000
    expect(connect('192.0.2.9').destroyed).toBe(false)
  })

  it('are refused too when it opens them for nothing, four for each breach', async () => {
    const { connect } = openCap(100, 50, 2)
    const silent = Array.from({ length: 8 }, () => connect('192.0.2.9'))
    for (const socket of silent.slice(0, 7)) {
      socket.destroy()
      await closed(socket)
    }
    const word = connect('192.0.2.9')
    expect(word.destroyed).toBe(false)
    Object.defineProperty(word, 'bytesRead', { value: 1 })
    word.destroy()
    await closed(word)
    expect(connect('192.0.2.9').destroyed).toBe(false)
    silent[7]?.destroy()
    await new Promise(setImmediate)
    expect(connect('192.0.2.9').destroyed).toBe(true)
    expect(connect('192.0.2.1').destroyed).toBe(false)
  })

  it('are dropped when it is refused, but those of devices', () => {
    const { cap, connect, breaches } = openCap(100, 50, 1)
    const [device, silent, other] = [connect('192.0.2.9'), connect('192.0.2.9'), connect('192.0.2.1')]
    cap.keep(device)
    breaches.note('192.0.2.9')
    expect([device, silent, other].map(({ destroyed }) => destroyed)).toEqual([false, true, false])
  })
})
