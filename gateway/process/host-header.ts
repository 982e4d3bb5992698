import type { IncomingMessage } from 'node:http'

/** A host and perhaps a port (RFC 3986 §3.2.2, without what names never have). */
const HOST = /^(?:[A-Za-z0-9._~%!$&'()*+,;=-]*|\[[0-9A-Fa-f:.]+\])(?::\d*)?$/

/** Names by which a machine calls itself. */
const OWN_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d*)?$/i

/**
 * What is wrong with a request's Host (RFC 9112 §3.2): Node takes the first of two, a proxy perhaps the other one, and
 * then they disagree about who was asked. Undefined when it is as it should be.
 */
export function hostFault({ rawHeaders, httpVersion, headers }: IncomingMessage): string | undefined {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (rawHeaders[index]?.length === 4 && rawHeaders[index]?.toLowerCase() === 'host') count += 1
  if (count > 1) return 'There is more than one Host header.'
  if (count === 0) return httpVersion === '1.0' ? undefined : 'The Host header is missing.'
  return HOST.test(headers.host ?? '') ? undefined : 'The Host header is not of its shape.'
}

/** Whether a Host is a name that a machine gives itself, as a program on it uses. */
export const isOwnName = (host: string | undefined): boolean => host !== undefined && OWN_NAME.test(host)
