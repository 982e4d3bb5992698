import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Hosts on which a gateway listens to every interface. */
const EVERY_INTERFACE = new Set(['0.0.0.0', '::', ''])

/** How this machine reaches the gateway. */
export function localUrl(host: string, port: number, isSecure = false): string {
  return `http${isSecure ? 's' : ''}://${EVERY_INTERFACE.has(host) ? 'localhost' : inUrl(host)}:${String(port)}`
}

/** How a phone in the same network reaches it; undefined when it listens to this machine only, or there is no network. */
export function networkUrl(host: string, port: number, interfaces = networkInterfaces()): string | undefined {
  if (!EVERY_INTERFACE.has(host)) return undefined
  const found = Object.entries(interfaces)
    .flatMap(([name, list = []]) => list.map((entry) => ({ ...entry, isVirtual: VIRTUAL.test(name) })))
    .filter(
      ({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'),
    )
    .sort((a, b) => Number(a.isVirtual) - Number(b.isVirtual))
  return found[0] && `http://${found[0].address}:${String(port)}`
}

/** Where a gateway listens, and what it is called outside. */
interface Reach {
  readonly host: string
  readonly port: number
  readonly publicUrl: string | undefined
}

/**
 * How another device reaches a gateway that was asked as `asked`: by its public address, or by the network's where the one that
 * asks sits at this machine. Null where the name that was asked is as good as any.
 */
export function otherDevicesUrl(
  { host, port, publicUrl }: Reach,
  asked: string | undefined,
  interfaces = networkInterfaces(),
): string | null {
  if (publicUrl !== undefined) return publicUrl
  return asked !== undefined && LOCAL_HOST.test(asked) ? (networkUrl(host, port, interfaces) ?? null) : null
}

/** What a machine calls itself, with or without a port. */
export const LOCAL_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i

/** Names of interfaces that lead to containers, virtual machines and tunnels, where no phone is. */
const VIRTUAL = /^(?:docker|br-|veth|virbr|vmnet|vboxnet|vEthernet|utun|tun|tap|wg|zt|tailscale)/i

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** The key of an address: an IPv6 customer has a whole /64, so single addresses say nothing. */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address
  if (address.startsWith('::ffff:')) return address.slice('::ffff:'.length)
  const [left = '', right = ''] = address.split('::')
  const head = left.split(':').filter(Boolean)
  const tail = right.split(':').filter(Boolean)
  const groups = [...head, ...Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0'), ...tail]
  return `${groups.slice(0, 4).join(':')}::/64`
}
