import { SignInError } from './sign-in-error'

/** What a sign-in link says. */
export interface SignInLink {
  /** The gateway's address without a slash at the end. */
  readonly server: string
  readonly code: string
}

/** A text that somebody pasted is not longer than this; of a longer one the beginning is looked at. */
const MAX_TEXT = 4000

/** Marks that are not seen, which programs put into long words: they are in no link. */
const UNSEEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

// No URL class: the App's JavaScript engine has none. Quotes, brackets and Chinese punctuation end an address in a text.
const HOST = String.raw`[^\s/?#@<>()"'\u2018-\u201f\u3000-\u3011\uff01-\uff0f\uff1a-\uff1f]+`
const LINK = new RegExp(
  String.raw`(https?:\/\/${HOST}(?:\/[^\s?#<>"]*)?)(?:\?[^\s#<>"]*)?#\/pages\/sign-in\/sign-in\?` +
    String.raw`(?:[^\s#<>"]*&)?code=([A-Za-z0-9_-]{10,64})(?![A-Za-z0-9_%-])`,
  'i',
)
const ADDRESS = /^(?:(https?):\/\/)?(\[[0-9a-f:.]+\]|[^\s/?#@:[\]]+)(:\d{1,5})?(\/[^\s?#]*)?$/i

/** Hosts that have no certificate as a rule: one's own machine and one's own network. */
const PRIVATE_HOST = /^(?:localhost|\[.*\]|[^.]+|.+\.local|(?:\d{1,3}\.){3}\d{1,3})$/i

/** The first sign-in link of a text, whatever stands around it; null when there is none. */
export function findSignInLink(text: string): SignInLink | null {
  const [, address, code] = LINK.exec(text.slice(0, MAX_TEXT).replace(UNSEEN, '')) ?? []
  return address === undefined || code === undefined ? null : { server: withoutPage(address), code }
}

/** The link that `findSignInLink` reads. */
export const signInLinkOf = ({ server, code }: SignInLink): string =>
  `${server}/#/pages/sign-in/sign-in?code=${code}`

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
