import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { BlockList, isIP, isIPv6, SocketAddress } from 'node:net'

/** Whether a peer's address is one of our own proxies, whose X-Forwarded-* headers are believed. */
export type ProxyTrust = (address: string) => boolean

/** Addresses whose answer is kept; one more, and all are looked up anew. */
const MAX_REMEMBERED = 1024

/** Names for ranges, as other servers have them. */
const RANGES: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/** Whether every entry is an address, a range in CIDR notation, or a known name. */
export function areProxies(entries: readonly string[]): boolean {
  return entries.every((entry) => entry.toLowerCase() in RANGES || parseRange(entry) !== undefined)
}

/** Compiles a list of proxies. Numbers of hops are not taken: whoever reaches us directly could make them up. */
export function trustProxies(entries: readonly string[]): ProxyTrust {
  const list = new BlockList()
  for (const entry of entries.flatMap((name) => RANGES[name.toLowerCase()] ?? [name])) {
    const range = parseRange(entry)
    if (range) list.addSubnet(range.address, range.prefix, range.family)
  }
  return remembered((address) => {
    const plain = withoutMapping(address)
    return isIP(plain) > 0 && list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')
  })
}

/** Behind a proxy every request asks for the same address, and `BlockList` makes two objects for each look. */
function remembered(isProxy: ProxyTrust): ProxyTrust {
  const answers = new Map<string, boolean>()
  return (address) => {
    const known = answers.get(address)
    if (known !== undefined) return known
    if (answers.size >= MAX_REMEMBERED) answers.clear()
    const answer = isProxy(address)
    answers.set(address, answer)
    return answer
  }
}

/** Who asks, past the proxies that we trust. */
export interface Client {
  readonly address: string
  /** What the request calls the gateway. */
  readonly host: string | undefined
  /** Whether it came to us, or to a proxy of ours, over TLS. */
  readonly isSecure: boolean
  /** Whether nobody says that the request was passed on. */
  readonly isDirect: boolean
}

/** What proxies add, whether they are ours or not. */
const PASSED_ON = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
]

/**
 * Who is behind a request. `X-Forwarded-Host` is nobody's word: most proxies pass a client's own on. Where all hops are
 * proxies of ours, who asks is the one that the nearest of them saw: the others may have been made up by the asker, who then
 * is within the ranges of proxies too.
 */
export function clientOf({ socket, headers }: IncomingMessage, isProxy: ProxyTrust): Client {
  const peer = withoutMapping(socket.remoteAddress ?? '')
  const isDirect = !PASSED_ON.some((name) => name in headers)
  const { host } = headers
  const isTls = socket instanceof TLSSocket
  if (isDirect || !isProxy(peer)) return { address: peer, host, isSecure: isTls, isDirect }
  const hops = listOf(headers['x-forwarded-for']).reverse().map(addressOfHop)
  const address = hops.find((hop) => hop === undefined || !isProxy(hop)) ?? hops[0] ?? peer
  const scheme = listOf(headers['x-forwarded-proto']).at(-1)?.toLowerCase()
  const isSecure = scheme === undefined ? isTls : scheme === 'https'
  return { address, host, isSecure, isDirect }
}

function listOf(header: string | readonly string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
}

/**
 * The address of a hop in one spelling, without the port that some proxies add ("1.2.3.4:567", "[::1]:567"): a client's port
 * is another each time, and so would be what is counted. Undefined for what is no address ("unknown"): then nobody but the
 * proxy itself can be counted.
 */
function addressOfHop(hop: string): string | undefined {
  const [, inBrackets] = /^\[([^\]]*)\](?::\d+)?$/.exec(hop) ?? []
  const bare = inBrackets ?? (/^[\d.]+:\d+$/.test(hop) ? hop.slice(0, hop.indexOf(':')) : hop)
  const plain = withoutMapping(bare)
  if (!isIPv6(plain)) return isIP(plain) > 0 ? plain : undefined
  return withoutMapping(new SocketAddress({ family: 'ipv6', address: plain }).address)
}

/** An IPv4 address that a socket of both families shows as ::ffff:1.2.3.4. */
function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}

function parseRange(entry: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', length] = entry.split('/')
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : bits + 1
  if (bits === 0 || prefix > bits) return undefined
  return { address, prefix, family: bits === 32 ? 'ipv4' : 'ipv6' }
}
