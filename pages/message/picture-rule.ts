import type { Settings } from '@/sdk/state'

/** What becomes of a picture: fetched at once, after a tap, or not at all, and then why. */
export type PictureRule = 'load' | 'ask' | 'insecure' | 'off'

/** Without user, password or backslash, which browsers and people read as different hosts. */
const ORIGIN = /^(https?):\/\/([^\s/?#@\\]+)(?=[/?#]|$)/i

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: ':80', https: ':443' }

/**
 * Whether a picture may be fetched. To fetch one tells whoever chose its address where and when it was read, so only
 * the user's own gateway is asked by itself: it knows both already, and over plain http too when that is how it is used.
 */
export function pictureRule(src: string, server: string, setting: Settings['pictures']): PictureRule {
  if (setting === 'never') return 'off'
  const own = originOf(server)
  if (own !== null && originOf(src) === own) return 'load'
  if (!/^https:/i.test(src)) return 'insecure'
  return setting === 'always' ? 'load' : 'ask'
}

/** The host that would be asked, for the line in the picture's place. */
export const hostOf = (src: string): string => ORIGIN.exec(src)?.[2]?.toLowerCase() ?? ''

/** By hand: neither the App's engines nor mini-programs have `URL`. */
function originOf(address: string): string | null {
  const [, scheme, host] = ORIGIN.exec(address) ?? []
  if (scheme === undefined || host === undefined) return null
  const [kind, name] = [scheme.toLowerCase(), host.toLowerCase()]
  const port = DEFAULT_PORTS[kind] ?? ''
  return `${kind}://${name.endsWith(port) ? name.slice(0, -port.length) : name}`
}
