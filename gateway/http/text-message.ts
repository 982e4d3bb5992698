import { HeraldError } from '@herald/protocol'
import { readOptions, type OptionSource } from './message-options'
import type { HeaderSpec, TextBody } from './route'

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

/** A publish body from a text and its options; the schema of the JSON body checks it after this. */
export function readTextMessage(body: TextBody, source: OptionSource): Record<string, unknown> {
  const options = readOptions(source)
  // A shell's here-document or echo ends in a line break that nobody means.
  const text = body.text.replace(/\r?\n$/, '')
  if (text !== '' && options.message !== undefined)
    throw new HeraldError('invalid_body', 'The text is given twice: as the body and as an option.')
  const fields = {
    title: options.title,
    body: options.message ?? text,
    priority: mapHeader('Priority', options.priority, parsePriority),
    tags: mapHeader('Tags', options.tags, (list) =>
      list
        .split(',')
        .map((tag) => tag.trim())
        .filter(Boolean),
    ),
    link: options.click,
    image: options.image,
    markdown: mapHeader('Markdown', options.markdown, parseFlag) ?? (body.isMarkdown ? true : undefined),
    ttl: mapHeader('TTL', options.ttl, parseTtl),
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
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
