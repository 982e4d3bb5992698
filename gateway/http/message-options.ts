import { HeraldError, wellFormed } from '@herald/protocol'
import type { IncomingHttpHeaders } from 'node:http'
import { decodeWords } from './encoded-words'

/** What a text message can say beside its text. */
export type MessageOption = 'title' | 'message' | 'priority' | 'tags' | 'click' | 'image' | 'markdown' | 'ttl'

/** An option's names, in headers and in the query: ours, then those that senders of ntfy know. */
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

/** Options of other systems that a message of ours cannot keep: to drop them with a 201 would change what was meant. */
const FOREIGN = new Set(
  [
    ...[
      'delay',
      'at',
      'in',
      'actions',
      'action',
      'attach',
      'filename',
      'file',
      'icon',
      'email',
      'e-mail',
      'call',
    ],
    ...['cache', 'firebase', 'unifiedpush', 'template', 'tpl', 'sequence-id', 'poll-id', 'subject'],
  ].flatMap((name) => [name, `x-${name}`]),
)

/** Names of which one that is off by a letter is taken for a slip. */
const OFTEN_MISSPELT = [
  ...['title', 'message', 'priority', 'tags', 'click', 'image', 'markdown'],
  ...['delay', 'actions', 'attach', 'filename'],
]

/** Where a publish says its options. The query is what the framework parsed: values, or lists of them. */
export interface OptionSource {
  readonly headers: IncomingHttpHeaders
  readonly query: unknown
}

/**
 * Reads the options of a text message. Throws `invalid_header` or `invalid_query` by name for an option that is not ours,
 * is misspelt, cannot be read, or is given twice. Headers that proxies, browsers and clients add are no options.
 */
export function readOptions(source: OptionSource): Partial<Record<MessageOption, string>> {
  refuseForeign(source)
  const query = source.query as Readonly<Record<string, unknown>>
  const options: Partial<Record<MessageOption, string>> = {}
  for (const [option, names] of Object.entries(NAMES) as [MessageOption, readonly string[]][]) {
    const given = names.flatMap((name) => [...fromHeader(source.headers, name), ...fromQuery(query, name)])
    const [value, ...others] = new Set(given)
    if (others.length > 0) throw new HeraldError('invalid_header', `${option}: is given twice`)
    if (value !== undefined) options[option] = value
  }
  return options
}

/** For a JSON publish, whose options stand in its body: one beside it would be dropped in silence. */
export function refuseOptions(source: OptionSource): void {
  refuseForeign(source)
  const given = Object.keys(source.headers).find(
    (name) => KNOWN.has(name) && fromHeader(source.headers, name).length > 0,
  )
  if (given !== undefined) throw new HeraldError('invalid_header', `${given}: belongs into the JSON body`)
  const [asked] = Object.keys(source.query as object)
  if (asked !== undefined)
    throw new HeraldError('invalid_query', `${nameIn(asked)}: belongs into the JSON body`)
}

function refuseForeign({ headers, query }: OptionSource): void {
  const name = Object.keys(headers).find((header) => FOREIGN.has(header) || isMisspelt(header))
  if (name !== undefined)
    throw new HeraldError('invalid_header', `${name}: is not an option of a message here`)
  const unknown = Object.keys(query as object).find((asked) => !KNOWN.has(asked.toLowerCase()))
  if (unknown !== undefined)
    throw new HeraldError('invalid_query', `${nameIn(unknown)}: is not an option of a message here`)
}

/** A name comes from the sender, and may be as long as an address. */
const nameIn = (name: string): string => wellFormed(name.slice(0, 40))

function fromHeader(headers: IncomingHttpHeaders, name: string): string[] {
  const text = headerText(headers, name)
  if (text === undefined) return []
  // RFC 9218: browsers and CDNs say there how urgent the request is.
  if (name === 'priority' && /^[ui]\s*(?:[=,;]|$)/.test(text)) return []
  try {
    return [decodeWords(text)]
  } catch {
    throw new HeraldError('invalid_header', `${name}: has an encoded word (RFC 2047) that cannot be decoded`)
  }
}

function fromQuery(query: Readonly<Record<string, unknown>>, name: string): string[] {
  const values = Object.keys(query).filter((asked) => asked.toLowerCase() === name)
  return values
    .flatMap((asked) => query[asked])
    .filter((value) => typeof value === 'string' && value !== '') as string[]
}

/**
 * A header's text. Node gives each byte as a character (RFC 9110 §5.5 leaves the charset open); senders such as
 * curl write UTF-8, so the bytes are read as that. Anything else is refused instead of shown as garbage.
 */
export function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  if (value === undefined || Array.isArray(value) || value === '') return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'))
  } catch {
    throw new HeraldError('invalid_header', `${name}: is not UTF-8; send the message as JSON instead`)
  }
}

function isMisspelt(header: string): boolean {
  if (KNOWN.has(header)) return false
  const name = header.replace(/^x-/, '')
  return OFTEN_MISSPELT.some((known) => isOffByOne(name, known))
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
