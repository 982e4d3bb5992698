import type { IncomingMessage } from 'node:http'

/** A request's headers as they came: names and values in turn. */
export type RawHeaders = Pick<IncomingMessage, 'rawHeaders'>

/**
 * Headers that are read as one value wherever they are read. Of two Node takes the first or makes one of both, and a proxy
 * before us perhaps took the other one. What only publishing reads is looked at there.
 */
const SINGLE = new Set([
  ...['authorization', 'content-type', 'content-encoding', 'origin', 'access-control-request-method'],
  ...['idempotency-key', 'sec-websocket-key', 'sec-websocket-version'],
])

/** What is wrong with a request that gives such a header twice; undefined when none is. */
export function repeatedHeader({ rawHeaders }: RawHeaders): string | undefined {
  const seen = new Set<string>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    if (!SINGLE.has(name)) continue
    if (seen.has(name)) return `${name}: is given twice`
    seen.add(name)
  }
  return undefined
}

/** Each header's values by its name in small letters, one for each time that it is given. */
export function headerValues({ rawHeaders }: RawHeaders): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    const value = rawHeaders[index + 1] ?? ''
    const known = values.get(name)
    if (known) known.push(value)
    else values.set(name, [value])
  }
  return values
}
