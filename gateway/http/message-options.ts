import { HeraldError, wellFormed } from '@herald/protocol'
import { isUtf8 } from 'node:buffer'
import { headerValues, type RawHeaders } from '../process/single-headers'
import { decodeWords } from './encoded-words'

/** What a text message can say beside its text. */
export type MessageOption = 'title' | 'message' | 'priority' | 'tags' | 'click' | 'image' | 'markdown' | 'ttl'

/**
 * An option's names, in headers and in the query: ours, each with an `X-` too, then those that ntfy's documents give to its
 * senders. No other header with an `X-` is an option: proxies and clients make such names as they like.
 */
const NAMES: Readonly<Record<MessageOption, readonly string[]>> = {
  title: ['title', 'x-title', 'ti', 't'],
  message: ['message', 'x-message', 'm'],
  priority: ['priority', 'x-priority', 'prio', 'p'],
  tags: ['tags', 'x-tags', 'tag', 'ta'],
  click: ['click', 'x-click'],
  image: ['image', 'x-image'],
  markdown: ['markdown', 'x-markdown', 'md'],
  ttl: ['ttl', 'x-ttl'],
}

const KNOWN = new Set(Object.values(NAMES).flat())

/**
 * Options of ntfy by the names in its documents, and the subject of a mail: a message of ours cannot keep them, and to drop
 * them with a 201 would change what was meant.
 */
const FOREIGN = new Set([
  ...['x-delay', 'delay', 'x-at', 'at', 'x-in', 'in', 'x-actions', 'actions', 'action', 'x-icon', 'icon'],
  ...['x-attach', 'attach', 'a', 'x-filename', 'filename', 'file', 'f', 'x-call', 'call', 'subject'],
  ...['x-email', 'x-e-mail', 'email', 'e-mail', 'mail', 'e', 'x-firebase', 'firebase', 'x-cache', 'cache'],
  ...['x-template', 'template', 'tpl', 'x-unifiedpush', 'unifiedpush', 'up', 'x-poll-id', 'poll-id'],
  ...['x-sequence-id', 'sequence-id', 'sid', 'x-percentage', 'percentage', 'x-end', 'end'],
])

/** Options that are a yes or a no in ntfy; with another value it is a cache that tells whether it had the answer. */
const FLAGS = new Set(['x-cache', 'cache'])
const FLAG = /^(?:1|yes|true|0|no|false)$/i

/** Names of which one that is off by a letter is taken for a slip. */
const OFTEN_MISSPELT = [
  ...['title', 'message', 'priority', 'tags', 'click', 'image', 'markdown'],
  ...['delay', 'actions', 'attach', 'filename'],
]

/** Where a publish says its options. The query is what the framework parsed: values, or lists of them. */
export interface OptionSource {
  readonly raw: RawHeaders
  readonly query: unknown
}

type Values = ReadonlyMap<string, readonly string[]>

/**
 * Reads the options of a text message. Throws `invalid_header` or `invalid_query` by name for an option that is not ours,
 * is misspelt, cannot be read, or is given twice. Headers that proxies, browsers and clients add are no options.
 */
export function readOptions(source: OptionSource): Partial<Record<MessageOption, string>> {
  const headers = headerValues(source.raw)
  const query = queryValues(source.query)
  refuseForeign(headers, query)
  const options: Partial<Record<MessageOption, string>> = {}
  for (const [option, names] of Object.entries(NAMES) as [MessageOption, readonly string[]][]) {
    const given = names.flatMap((name) => [...fromHeader(headers, name), ...fromQuery(query, name)])
    const [value, ...others] = new Set(given)
    if (others.length > 0) throw new HeraldError('invalid_header', `${option}: is given twice`)
    if (value !== undefined) options[option] = value
  }
  return options
}

/** For a JSON publish, whose options stand in its body: one beside it would be dropped in silence. */
export function refuseOptions(source: OptionSource): void {
  const headers = headerValues(source.raw)
  const query = queryValues(source.query)
  refuseForeign(headers, query)
  const given = [...headers.keys()].find((name) => KNOWN.has(name) && fromHeader(headers, name).length > 0)
  if (given !== undefined) throw new HeraldError('invalid_header', `${given}: belongs into the JSON body`)
  const [asked] = query.keys()
  if (asked !== undefined)
    throw new HeraldError('invalid_query', `${nameIn(asked)}: belongs into the JSON body`)
}

/**
 * For both forms: what stands in the trailer of a chunked body came after the place where options are read. Fields that proxies
 * and libraries put there, such as checksums, are no options.
 */
export function refuseTrailers({ rawTrailers = [] }: { readonly rawTrailers?: readonly string[] }): void {
  const names = rawTrailers.filter((_text, index) => index % 2 === 0).map((name) => name.toLowerCase())
  const option = names.find(
    (name) => KNOWN.has(name) || FOREIGN.has(name) || name === 'idempotency-key' || isMisspelt(name),
  )
  if (option !== undefined)
    throw new HeraldError('invalid_header', `${nameIn(option)}: must be a header, and stands in the trailer`)
}

function refuseForeign(headers: Values, query: Values): void {
  const name = [...headers.keys()].find((header) => isForeign(headers, header) || isMisspelt(header))
  if (name !== undefined)
    throw new HeraldError('invalid_header', `${nameIn(name)}: is not an option of a message here`)
  const unknown = [...query.keys()].find((asked) => !KNOWN.has(asked))
  if (unknown !== undefined)
    throw new HeraldError('invalid_query', `${nameIn(unknown)}: is not an option of a message here`)
}

const isForeign = (headers: Values, name: string): boolean =>
  FOREIGN.has(name) &&
  (!FLAGS.has(name) || (headers.get(name) ?? []).some((value) => FLAG.test(value.trim())))

/** A name comes from the sender, and may be as long as an address. */
const nameIn = (name: string): string => wellFormed(name.slice(0, 40))

/** The one value of a header, none or one; tags are a list, whose parts may stand in headers of their own (RFC 9110 §5.3). */
function fromHeader(headers: Values, name: string): string[] {
  const texts = (headers.get(name) ?? [])
    .map((value) => headerText(name, value))
    // RFC 9218: browsers and CDNs say there how urgent the request is.
    .filter((text) => text !== '' && !(name === 'priority' && /^[ui]\s*(?:[=,;]|$)/.test(text)))
  if (NAMES.tags.includes(name) && texts.length > 0) return [texts.join(',')]
  if (texts.length > 1) throw new HeraldError('invalid_header', `${name}: is given twice`)
  return texts
}

function fromQuery(query: Values, name: string): readonly string[] {
  const values = (query.get(name) ?? []).filter((value) => value !== '')
  if (values.length > 1) throw new HeraldError('invalid_query', `${name}: is given twice`)
  return values
}

/** The query by names in small letters: `?title=…&Title=…` gives one twice. */
function queryValues(query: unknown): Values {
  const values = new Map<string, string[]>()
  for (const [asked, value] of Object.entries(query as Readonly<Record<string, string | string[]>>)) {
    const name = asked.toLowerCase()
    values.set(name, [...(values.get(name) ?? []), ...[value].flat()])
  }
  return values
}

/**
 * A header's text, its encoded words decoded. Node gives each byte as a character (RFC 9110 §5.5 leaves the charset open);
 * senders such as curl write UTF-8, so the bytes are read as that. Anything else is refused instead of shown as garbage.
 */
function headerText(name: string, value: string): string {
  const bytes = Buffer.from(value, 'latin1')
  if (!isUtf8(bytes))
    throw new HeraldError('invalid_header', `${name}: is not UTF-8; send the message as JSON instead`)
  try {
    return decodeWords(bytes.toString())
  } catch {
    throw new HeraldError('invalid_header', `${name}: has an encoded word (RFC 2047) that cannot be decoded`)
  }
}

/** Names that nearly every request has. */
const USUAL = new Set([
  ...['host', 'connection', 'content-type', 'content-length', 'authorization', 'user-agent'],
  ...['accept', 'accept-encoding', 'accept-language', 'idempotency-key', 'transfer-encoding'],
])

/** A slip in a name of ours. One with an `X-` may be anybody's: a mail relay's `X-Relay` is no `X-Delay`. */
function isMisspelt(header: string): boolean {
  return !USUAL.has(header) && !KNOWN.has(header) && OFTEN_MISSPELT.some((known) => isOffByOne(header, known))
}

/** Whether one letter more, less, other, or a swap of two neighbours makes one word of the other. */
export function isOffByOne(one: string, other: string): boolean {
  if (one === other || Math.abs(one.length - other.length) > 1) return false
  let start = 0
  while (start < one.length && one[start] === other[start]) start += 1
  const rest = (word: string, from: number): string => word.slice(from)
  if (rest(one, start + 1) === rest(other, start + 1)) return true
  if (rest(one, start + 1) === rest(other, start) || rest(one, start) === rest(other, start + 1)) return true
  return (
    one[start] === other[start + 1] &&
    one[start + 1] === other[start] &&
    rest(one, start + 2) === rest(other, start + 2)
  )
}
