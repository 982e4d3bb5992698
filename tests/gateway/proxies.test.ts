import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { hostFault, isOwnName } from '../../gateway/process/host-header'
import { areProxies, clientOf, trustProxies } from '../../gateway/process/proxies'

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
    const headers = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https', host: 'herald.test' }
    expect(clientOf(request('::ffff:192.0.2.9', headers), isProxy)).toEqual({
      ...{ address: '192.0.2.9', host: 'herald.test' },
      ...{ isSecure: false, isDirect: false },
    })
  })

  it('is the last address that our own proxies did not add', () => {
    const headers = {
      'x-forwarded-for': '6.6.6.6, 192.0.2.1, 10.0.0.2',
      'x-forwarded-proto': 'http, https',
      host: 'x',
    }
    expect(clientOf(request('10.0.0.1', headers), isProxy)).toEqual({
      ...{ address: '192.0.2.1', host: 'x' },
      ...{ isSecure: true, isDirect: false },
    })
  })

  it('is whom the nearest proxy saw where all are proxies of ours, and not the first that was written', () => {
    const headers = { 'x-forwarded-for': '10.9.9.9, 10.0.0.7', host: 'x' }
    expect(clientOf(request('10.0.0.1', headers), isProxy)).toMatchObject({ address: '10.0.0.7' })
  })

  it('calls the gateway by the Host, since a client’s own X-Forwarded-Host passes most proxies', () => {
    const headers = {
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-host': 'evil.example',
      host: 'herald.test',
    }
    for (const peer of ['10.0.0.1', '192.0.2.1'])
      expect(clientOf(request(peer, headers), isProxy).host).toBe('herald.test')
  })

  it.each([
    ['192.0.2.1:40001', '192.0.2.1'],
    ['[2001:db8::1]:40001', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:0DB8:0::1', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['unknown', '10.0.0.7'],
    ['6.6.6.6, _hidden, 10.0.0.9', '10.0.0.9'],
  ])('is one address in one spelling: %s is %s', (forwarded, address) => {
    expect(clientOf(request('10.0.0.7', { 'x-forwarded-for': forwarded, host: 'x' }), isProxy)).toMatchObject(
      {
        address,
      },
    )
  })

  it('is the proxy when it forwarded nothing', () => {
    expect(clientOf(request('10.0.0.1', { host: 'x' }), isProxy)).toEqual({
      ...{ address: '10.0.0.1', host: 'x' },
      ...{ isSecure: false, isDirect: true },
    })
  })
})

describe('a Host header', () => {
  const faultOf = (hosts: readonly string[], httpVersion = '1.1'): string | undefined =>
    hostFault({
      ...{ httpVersion, rawHeaders: hosts.flatMap((host) => ['Host', host]), headers: { host: hosts[0] } },
    } as unknown as IncomingMessage)

  it.each([
    ['herald.test'],
    ['herald.test:8787'],
    ['[::1]:80'],
    ['192.0.2.1'],
    ['a_b.test'],
    ['xn--bcher-kva.test:'],
  ])('%s is taken', (host) => {
    expect(faultOf([host])).toBeUndefined()
  })

  it.each([['a b'], ['a/b'], ['a@b'], ['"><img>'], ['a:b'], ['::1'], ['a, b']])('%s is refused', (host) => {
    expect(faultOf([host])).toBe('The Host header is not of its shape.')
  })

  it('stands there once, and is missing in HTTP/1.0 alone', () => {
    expect(faultOf(['a', 'a'])).toBe('There is more than one Host header.')
    expect(faultOf([])).toBe('The Host header is missing.')
    expect(faultOf([], '1.0')).toBeUndefined()
  })

  it.each([
    ['localhost:8787', true],
    ['127.0.0.1:8787', true],
    ['[::1]:8787', true],
    ['localhost.evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['herald.test', false],
    [undefined, false],
  ])('%s is the machine’s own name: %s', (host, own) => {
    expect(isOwnName(host)).toBe(own)
  })
})
