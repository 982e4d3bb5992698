import { get } from 'node:https'
import { describe, expect, it, onTestFinished } from 'vitest'
import { EndpointGuard, EndpointRefused, isPublicAddress } from '../../../gateway/providers/endpoint-guard'

describe('an address', () => {
  it.each([
    ...['8.8.8.8', '142.250.1.1', '100.128.0.1', '172.32.0.1', '2607:f8b0::1', '2a00:1450:4001:80b::200a'],
    ...['64:ff9b::808:808', '64:ff9b::8.8.8.8'],
  ])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each([
    ...['127.0.0.1', '127.1.2.3', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...['169.254.169.254', '100.64.0.1', '100.100.100.200', '192.0.0.192', '168.63.129.16', '198.18.0.1'],
    ...['224.0.0.1', '255.255.255.255', '240.0.0.1'],
    ...[
      '::',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::ffff:8.8.8.8',
      '::127.0.0.1',
      'fe80::1',
      'fe80::1%eth0',
    ],
    ...['fc00::1', 'fd00:ec2::254', 'ff02::1', '2001:db8::1', '2001::1', '2002:7f00:1::', '64:ff9b::7f00:1'],
    ...['64:ff9b::10.0.0.1', '64:ff9b::1', '64:ff9b:1::1', 'not an address', ''],
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})

describe('an endpoint', () => {
  const guard = new EndpointGuard(['http://127.0.0.1:9100', 'https://push.lan:8443'])

  it.each([
    ...['https://fcm.googleapis.com/fcm/send/abc', 'https://updates.push.services.mozilla.com/wpush/v2/x'],
    ...['https://web.push.apple.com/x', 'https://web.push.apple.com:443/x', 'http://127.0.0.1:9100/push/x'],
    ...['https://push.lan:8443/x', 'https://例え.jp/x'],
  ])('may be %s', (endpoint) => {
    expect(guard.read(endpoint).href).toContain('://')
  })

  it.each([
    ...['', 'fcm', 'http://fcm.googleapis.com/x', 'ftp://a.example/x', 'file:///etc/passwd', 'javascript:1'],
    ...[
      'https://user:pass@a.example/',
      'https://user@a.example/',
      'https://a.example:8443/',
      'https://a.example:80/',
    ],
    ...[
      'https://127.0.0.1/',
      'https://127.0.0.1./',
      'https://2130706433/',
      'https://0x7f.1/',
      'https://017700000001/',
    ],
    ...[
      'https://127.1/',
      'https://１２７.0.0.1/',
      'https://127。0。0。1/',
      'https://8.8.8.8/',
      'https://[::1]/',
    ],
    ...['https://[::ffff:127.0.0.1]/', 'https://[2607:f8b0::1]/', 'https://0/'],
    ...[
      'https://localhost/',
      'https://LOCALHOST/',
      'https://localhost./',
      'https://a.localhost/',
      'https://router/',
    ],
    ...[
      'https://printer.local/',
      'https://metadata.google.internal/',
      'https://a.example./',
      'https://nas.home.arpa/',
    ],
    ...[
      'http://127.0.0.1:9101/',
      'https://127.0.0.1:9100/',
      'http://x:y@127.0.0.1:9100/',
      'http://push.lan:8443/',
    ],
  ])('may not be %s', (endpoint) => {
    expect(() => guard.read(endpoint)).toThrow(EndpointRefused)
  })
})

describe('a name', () => {
  /** Connects as the provider does, with what the names answer one after the other; gives the error. */
  async function connect(...answers: string[][]): Promise<Error[]> {
    const left = [...answers]
    const guard = new EndpointGuard([], (_host, _options, done) => {
      const addresses = left.shift() ?? []
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
    })
    onTestFinished(() => {
      guard.close()
    })
    const url = guard.read('https://push.example.com/x')
    const errors: Error[] = []
    for (const _ of answers) {
      errors.push(
        await new Promise<Error>((resolve) => {
          get(url, { agent: guard.agentFor(url), timeout: 50 })
            .on('error', resolve)
            .on('timeout', function (this: { destroy: (error: Error) => void }) {
              this.destroy(new Error('was let through'))
            })
        }),
      )
    }
    return errors
  }

  it.each([
    [['127.0.0.1']],
    [['93.184.216.34', '10.0.0.1']],
    [['2606:2800::1', 'fd00::1']],
    [['169.254.169.254']],
    [[]],
  ])('that leads to %j is not connected to', async (addresses) => {
    const [error] = await connect(addresses)
    expect(error).toBeInstanceOf(EndpointRefused)
  })

  it('is looked up at each connection, so that it cannot change in between', async () => {
    const [first, second] = await connect(['93.184.216.34'], ['127.0.0.1'])
    expect(first).not.toBeInstanceOf(EndpointRefused)
    expect(second).toBeInstanceOf(EndpointRefused)
  })
})
