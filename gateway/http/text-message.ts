import { HeraldError } from '@herald/protocol'
import type { IncomingHttpHeaders } from 'node:http'
import type { HeaderSpec } from './route'

/** Priorities by the names that ntfy's users know. */
const PRIORITY_NAMES: Readonly<Record<string, number>> = {
  min: 1,
  low: 2,
  default: 3,
  normal: 3,
  high: 4,
  urgent: 5,
  max: 5,
}

const UNIT_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** What a text message says in headers. */
export const textHeaders: readonly HeaderSpec[] = [
  { name: 'Title', meaning: 'the title' },
  { name: 'Priority', meaning: '1-5, or min, low, default, high, urgent' },
  { name: 'Tags', meaning: 'tags, separated by commas' },
  { name: 'Click', meaning: 'the link to open' },
  { name: 'Image', meaning: 'the address of an image' },
  { name: 'Markdown', meaning: 'yes: the text is markdown' },
  { name: 'TTL', meaning: 'seconds until the message expires, or 90s, 10m, 12h, 7d, 2w' },
]

/** A publish body from plain text and headers; the schema of the JSON body checks it after this. */
export function readTextMessage(text: string, headers: IncomingHttpHeaders): Record<string, unknown> {
  const say = (name: string): string | undefined => headerText(headers, name)
  const fields = {
    title: say('title'),
    // A shell's here-document or echo ends in a line break that nobody means.
    body: text.replace(/\r?\n$/, ''),
    priority: mapHeader('Priority', say('priority'), parsePriority),
    tags: mapHeader('Tags', say('tags'), (list) =>
      list
        .split(',')
        .map((tag) => tag.trim())
        .filter(Boolean),
    ),
    link: say('click'),
    image: say('image'),
    markdown: mapHeader('Markdown', say('markdown'), parseFlag),
    ttl: mapHeader('TTL', say('ttl'), parseTtl),
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
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

function mapHeader<Value>(
  name: string,
  text: string | undefined,
  parse: (text: string) => Value | undefined,
): Value | undefined {
  if (text === undefined) return undefined
  const value = parse(text.trim())
  if (value !== undefined) return value
  const meaning = textHeaders.find((header) => header.name === name)?.meaning ?? 'another value'
  throw new HeraldError('invalid_header', `${name}: expected ${meaning}`)
}

function parsePriority(text: string): number | undefined {
  return PRIORITY_NAMES[text.toLowerCase()] ?? (/^[1-5]$/.test(text) ? Number(text) : undefined)
}

function parseFlag(text: string): boolean | undefined {
  if (/^(?:1|yes|true|on)$/i.test(text)) return true
  return /^(?:0|no|false|off)$/i.test(text) ? false : undefined
}

function parseTtl(text: string): number | undefined {
  const [, digits, unit = 's'] = /^(\d{1,9})([smhdw])?$/i.exec(text) ?? []
  return digits === undefined ? undefined : Number(digits) * (UNIT_S[unit.toLowerCase()] ?? 1)
}
