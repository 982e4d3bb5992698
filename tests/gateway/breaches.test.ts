import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { Breaches } from '../../gateway/process/breaches'
import { trustProxies } from '../../gateway/process/proxies'

const PROXY = '10.0.0.1'
const MINUTE_MS = 60_000

function openBreaches(most: number) {
  const time = { ms: 0 }
  const shut: string[] = []
  const breaches = new Breaches({ most, isProxy: trustProxies([PROXY]), elapsed: () => time.ms })
  breaches.onShut((address) => void shut.push(address))
  const note = (address: string, times: number): void => {
    for (let count = 0; count < times; count += 1) breaches.note(address)
  }
  return { breaches, note, time, shut }
}

/** A request that came through a proxy. */
const passedOn = (client: string): IncomingMessage =>
  ({
    socket: { remoteAddress: PROXY },
    headers: { 'x-forwarded-for': client },
  }) as unknown as IncomingMessage

describe('an address that breaks the protocol', () => {
  it('is refused once it has broken as much as it may, until its minute is over, and told of once', () => {
    const { breaches, note, time, shut } = openBreaches(3)
    note('192.0.2.9', 2)
    expect(breaches.msShut('192.0.2.9')).toBe(0)
    time.ms = 10_000
    note('192.0.2.9', 5)
    expect(breaches.msShut('192.0.2.9')).toBe(MINUTE_MS - 10_000)
    expect(breaches.msShut('192.0.2.1')).toBe(0)
    expect(shut).toEqual(['192.0.2.9'])
    time.ms = MINUTE_MS
    expect(breaches.msShut('192.0.2.9')).toBe(0)
    note('192.0.2.9', 2)
    expect(breaches.msShut('192.0.2.9')).toBe(0)
    note('192.0.2.9', 1)
    expect(breaches.msShut('192.0.2.9')).toBe(MINUTE_MS)
  })

  it('is refused far sooner for floods, which nobody sends by mistake', () => {
    const { breaches, shut } = openBreaches(30)
    const request = passedOn('192.0.2.9')
    for (let count = 0; count < 2; count += 1) breaches.noteFloodOn(request.socket, request)
    expect(breaches.msShut('192.0.2.9')).toBe(0)
    for (let count = 0; count < 2; count += 1) breaches.noteFloodOn(request.socket, request)
    expect(breaches.msShut('192.0.2.9')).toBeGreaterThan(0)
    expect(shut).toEqual(['192.0.2.9'])
  })

  it('is an IPv6 network, of which a customer has all', () => {
    const { breaches, note } = openBreaches(2)
    note('2001:db8::1', 1)
    note('2001:db8::2', 1)
    expect(breaches.msShut('2001:db8::3')).toBeGreaterThan(0)
    expect(breaches.msShut('2001:db8:0:1::1')).toBe(0)
  })

  it('is never a proxy of ours, but who is behind it', () => {
    const { breaches, note } = openBreaches(2)
    note(PROXY, 10)
    const request = passedOn('192.0.2.9')
    for (let count = 0; count < 2; count += 1) breaches.noteOn(request.socket, request)
    breaches.noteOn(request.socket)
    expect(breaches.msShut(PROXY)).toBe(0)
    expect(breaches.msShut('192.0.2.9')).toBeGreaterThan(0)
  })

  it('is forgotten before others are, when there are more of them than are remembered', () => {
    const { breaches, note } = openBreaches(1)
    for (let index = 0; index <= 10_000; index += 1) note(`10.1.${index >> 8}.${index & 255}`, 1)
    expect(breaches.msShut('10.1.0.0')).toBe(0)
    expect(breaches.msShut('10.1.0.1')).toBeGreaterThan(0)
  })

  it('is let in for ever where the setting says no limit', () => {
    const { breaches, note, shut } = openBreaches(0)
    note('192.0.2.9', 1000)
    expect(breaches.msShut('192.0.2.9')).toBe(0)
    expect(shut).toEqual([])
  })
})
