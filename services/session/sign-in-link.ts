import { SignInError } from './sign-in-error'

/** What a sign-in link says. */
export interface SignInLink {
  /** The gateway's address without a slash at the end. */
  readonly server: string
  readonly code: string
}

// No URL class: the App's JavaScript engine has none.
const LINK = /^(https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?)(?:\?[^\s#]*)?#\/pages\/sign-in\/sign-in\?(\S*)$/i
const CODE = /(?:^|&)code=([A-Za-z0-9_-]{10,64})(?:&|$)/
const ADDRESS = /^(?:(https?):\/\/)?(\[[0-9a-f:.]+\]|[^\s/?#@:[\]]+)(:\d{1,5})?(\/[^\s?#]*)?$/i

/** Hosts that have no certificate as a rule: one's own machine and one's own network. */
const PRIVATE_HOST = /^(?:localhost|\[.*\]|[^.]+|.+\.local|(?:\d{1,3}\.){3}\d{1,3})$/i

/** The gateway and one-time code of a sign-in link, or null if the text is none. */
export function parseSignInLink(link: string): SignInLink | null {
  const [, address, query] = LINK.exec(link.trim()) ?? []
  const code = CODE.exec(query ?? '')?.[1]
  if (address === undefined || code === undefined) return null
  return { server: withoutPage(address), code }
}

/**
 * A server's address as people type it, in full. Without a scheme it is https, but for hosts that have no
 * certificate as a rule. Throws SignInError `address_invalid`.
 */
export function normaliseServer(text: string): string {
  const [, scheme, host, port = '', path = ''] = ADDRESS.exec(text.trim()) ?? []
  if (host === undefined || Number(port.slice(1)) > 65_535) throw new SignInError('address_invalid')
  const known = scheme?.toLowerCase() ?? (PRIVATE_HOST.test(host) ? 'http' : 'https')
  return withoutPage(`${known}://${host.toLowerCase()}${port}${path}`)
}

const withoutPage = (address: string): string => address.replace(/\/index\.html$/i, '').replace(/\/+$/, '')
