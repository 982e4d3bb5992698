import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net'

/** As `dns.lookup` with `all`. */
export type LookupAll = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[] | undefined) => void,
) => void

/** An endpoint that must not be called; nothing was sent. */
export class EndpointRefused extends Error {
  override readonly name = 'EndpointRefused'
}

/** Not for the public (IANA special-purpose registries), and 168.63.129.16, where Azure answers its machines. */
const CLOSED_IPV4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '168.63.129.16/32'],
]

/** Within 2000::/3, outside of which nothing is public: tunnels, documentation, protocol assignments. */
const CLOSED_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const closed = new BlockList()
for (const range of CLOSED_IPV4) addRange(closed, range, 'ipv4')
for (const range of CLOSED_IPV6) addRange(closed, range, 'ipv6')
const unicast = new BlockList()
unicast.addSubnet('2000::', 3, 'ipv6')
const nat64 = new BlockList()
nat64.addSubnet('64:ff9b::', 96, 'ipv6')

function addRange(list: BlockList, range: string, family: 'ipv4' | 'ipv6'): void {
  const [address = '', prefix] = range.split('/')
  list.addSubnet(address, Number(prefix), family)
}

/** Whether an address is one of the public internet. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !closed.check(address, 'ipv4')
  if (isIP(address) !== 6) return false
  // A gateway of RFC 6052 puts the IPv4 address of the other side into the last 32 bits.
  if (nat64.check(address, 'ipv6')) return isPublicAddress(lastFourBytes(address))
  return unicast.check(address, 'ipv6') && !closed.check(address, 'ipv6')
}

function lastFourBytes(address: string): string {
  // The URL parser writes every IPv6 address in one way, without dots.
  const tail = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::').at(-1) ?? ''
  const groups = tail.split(':').map((group) => parseInt(group || '0', 16))
  const [low = 0, high = 0] = groups.toReversed()
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Names that mean this machine or its network, wherever a resolver stands. */
const LOCAL_NAME = /(?:^|\.)(?:localhost|local|internal|home\.arpa|onion)$/

/**
 * Keeps endpoints that clients name from reaching into our own network (SSRF): https on its port, a public name and
 * no address, and every address that the name has at the moment of connecting must be public, so that a name that
 * changes in between gains nothing. Origins that the operator allows are free of all this.
 */
export class EndpointGuard {
  readonly #allowed: ReadonlySet<string>
  readonly #guarded: HttpsAgent
  readonly #free = {
    'http:': new HttpAgent({ keepAlive: true }),
    'https:': new HttpsAgent({ keepAlive: true }),
  }

  /** @param allowed origins, such as `http://127.0.0.1:9100`. */
  constructor(allowed: readonly string[], lookup: LookupAll = systemLookup) {
    this.#allowed = new Set(allowed)
    this.#guarded = new HttpsAgent({ keepAlive: true, maxSockets: 32, lookup: publicOnly(lookup) })
  }

  isAllowed(url: URL): boolean {
    return this.#allowed.has(url.origin)
  }

  /** Reads an endpoint, cheaply and without the network: at registration and before each use. */
  read(text: string): URL {
    if (!URL.canParse(text)) throw new EndpointRefused('the endpoint is no address')
    const url = new URL(text)
    if (url.username !== '' || url.password !== '')
      throw new EndpointRefused('the endpoint must not hold a user name or a password')
    if (!this.isAllowed(url)) refuseUnlessPublic(url)
    return url
  }

  /** The connections to use for an address that `read` gave. */
  agentFor(url: URL): HttpAgent | HttpsAgent {
    if (!this.isAllowed(url)) return this.#guarded
    return url.protocol === 'https:' ? this.#free['https:'] : this.#free['http:']
  }

  close(): void {
    for (const agent of [this.#guarded, ...Object.values(this.#free)]) agent.destroy()
  }
}

function refuseUnlessPublic(url: URL): void {
  if (url.protocol !== 'https:') throw new EndpointRefused('the endpoint must be https')
  if (url.port !== '') throw new EndpointRefused('the endpoint must be at the port of https')
  // The URL parser has turned 0x7f.1, 017700000001 and full-width digits into dotted addresses by now.
  const host = url.hostname
  if (host.startsWith('[') || isIP(host.replace(/\.$/, '')) !== 0)
    throw new EndpointRefused('the endpoint must have a name and not an address')
  if (host.endsWith('.') || !host.includes('.') || LOCAL_NAME.test(host))
    throw new EndpointRefused('the endpoint must have a public name')
}

/** Resolves names, and refuses one that has any address that is not public. */
function publicOnly(lookup: LookupAll): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      const first = addresses?.[0]
      if (error !== null || addresses === undefined || first === undefined) {
        done(error ?? new EndpointRefused('the name has no address'), '')
      } else if (!addresses.every(({ address }) => isPublicAddress(address))) {
        done(new EndpointRefused('the name of the endpoint leads into a private network'), '')
      } else if (options.all === true) done(null, addresses)
      else done(null, first.address, first.family)
    })
  }
}
