import type { NetworkInterfaceInfo } from 'node:os'
import { expect, it } from 'vitest'
import { localUrl, networkUrl, otherDevicesUrl } from '../../gateway/process/addresses'

const at = (address: string, internal = false): NetworkInterfaceInfo[] => [
  { address, internal, family: 'IPv4', netmask: '', mac: '', cidr: null },
]

it('calls a gateway on every interface localhost, and any other by its address', () => {
  expect(localUrl('0.0.0.0', 8787)).toBe('http://localhost:8787')
  expect(localUrl('127.0.0.1', 80)).toBe('http://127.0.0.1:80')
  expect(localUrl('::1', 8787)).toBe('http://[::1]:8787')
})

it('finds the address that a phone can reach, past containers and tunnels', () => {
  const interfaces = {
    lo: at('127.0.0.1', true),
    docker0: at('172.17.0.1'),
    utun3: at('10.8.0.2'),
    wlan0: at('192.168.1.7'),
  }
  expect(networkUrl('0.0.0.0', 8787, interfaces)).toBe('http://192.168.1.7:8787')
})

it('names no such address when there is none, or only this machine is served', () => {
  expect(networkUrl('0.0.0.0', 8787, { lo: at('127.0.0.1', true), en0: at('169.254.1.1') })).toBeUndefined()
  expect(networkUrl('127.0.0.1', 8787, { wlan0: at('192.168.1.7') })).toBeUndefined()
})

it.each(['localhost:8787', '127.0.0.1:8787', '[::1]:8787', 'LOCALHOST'])(
  'sends another device to the network, when the one that asks called the gateway %s',
  (asked) => {
    const gateway = { host: '0.0.0.0', port: 8787, publicUrl: undefined }
    expect(otherDevicesUrl(gateway, asked, { wlan0: at('192.168.1.7') })).toBe('http://192.168.1.7:8787')
    expect(otherDevicesUrl(gateway, asked, { lo: at('127.0.0.1', true) })).toBeNull()
  },
)

it('sends another device to the public address, and else to whatever name the gateway was asked by', () => {
  const interfaces = { wlan0: at('192.168.1.7') }
  const gateway = { host: '0.0.0.0', port: 8787, publicUrl: undefined }
  const named = { ...gateway, publicUrl: 'https://herald.example.com' }
  expect(otherDevicesUrl(named, 'localhost:8787', interfaces)).toBe('https://herald.example.com')
  expect(otherDevicesUrl(gateway, '192.168.1.9:8787', interfaces)).toBeNull()
  expect(otherDevicesUrl(gateway, 'localhost.example.com', interfaces)).toBeNull()
  expect(otherDevicesUrl(gateway, undefined, interfaces)).toBeNull()
})
