import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { areProxies, clientOf, trustProxies } from '../../gateway/proxies'

const request = (remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage

describe('the list of proxies', () => {
  it.each([
    [['loopback'], true],
    [['uniquelocal', 'linklocal'], true],
    [['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1'], true],
    [['10.0.0.0/33'], false],
    [['true'], false],
    [['1'], false],
    [['proxy.local'], false],
    [['10.0.0'], false],
  ])('%j is taken or refused', (entries, taken) => {
    expect(areProxies(entries)).toBe(taken)
  })

  it('covers its ranges, also where IPv4 is written as IPv6', () => {
    const isProxy = trustProxies(['loopback', '10.1.0.0/16'])
    expect(['127.0.0.1', '::1', '10.1.2.3', '::ffff:10.1.2.3'].map(isProxy)).toEqual([true, true, true, true])
    expect(['10.2.0.1', '192.0.2.1', '2001:db8::1', '', 'unix'].map(isProxy)).toEqual(Array(5).fill(false))
  })
})

describe('who is behind a request', () => {
  const isProxy = trustProxies(['10.0.0.0/8'])

  it('is the peer itself when it is no proxy of ours, whatever it says', () => {
    const headers = {
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-host': 'evil.example',
      host: 'herald.test',
    }
    expect(clientOf(request('::ffff:192.0.2.9', headers), isProxy)).toEqual({
      address: '192.0.2.9',
      host: 'herald.test',
    })
  })

  it('is the last address that our own proxies did not add', () => {
    const headers = {
      'x-forwarded-for': '6.6.6.6, 192.0.2.1, 10.0.0.2',
      'x-forwarded-host': 'herald.example.com',
      host: 'x',
    }
    expect(clientOf(request('10.0.0.1', headers), isProxy)).toEqual({
      address: '192.0.2.1',
      host: 'herald.example.com',
    })
  })

  it('is the proxy when it forwarded nothing', () => {
    expect(clientOf(request('10.0.0.1', { host: 'x' }), isProxy)).toEqual({ address: '10.0.0.1', host: 'x' })
  })
})
