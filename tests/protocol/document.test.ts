import * as protocol from '@herald/protocol'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const document = readFileSync(join(root, 'PROTOCOL.md'), 'utf8')

/** The text of a section, up to the next heading of the same or a higher level. */
function section(heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 0
  const start = document.indexOf(`\n${heading}\n`)
  if (start < 0) throw new Error(`PROTOCOL.md has no section ${heading}`)
  const rest = document.slice(start + heading.length + 2)
  const end = rest.search(new RegExp(`^#{1,${String(level)}} `, 'm'))
  return end < 0 ? rest : rest.slice(0, end)
}

/** The rows of the first table of a text, without its head; backticks are taken off. */
function tableRows(text: string): string[][] {
  const lines = text.split('\n')
  const first = lines.findIndex((line) => line.startsWith('|'))
  const length = lines.slice(first).findIndex((line) => !line.startsWith('|'))
  return lines.slice(first + 2, length < 0 ? undefined : first + length).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

const fieldsOf = (entries: Record<string, { type: string }>): string[] =>
  Object.entries(entries).map(([name, { type }]) => (type === 'optional' ? `${name}?` : name))

const clientSection = section('## Frames of the client')
const serverSection = section('## Frames of the gateway')

/** A frame's fields as the document lists them. */
const documentedFields = (part: string, type: string): string[] => {
  const start = part.indexOf(`\n### \`${type}\`\n`)
  if (start < 0) throw new Error(`${type} is not in PROTOCOL.md`)
  return tableRows(part.slice(start)).map(([name = '']) => name)
}

const headings = (part: string): string[] =>
  [...part.matchAll(/^### `(\w+)`$/gm)].map(([, name = '']) => name)

describe('PROTOCOL.md', () => {
  it('lists the frames of each end, and no others', () => {
    expect(new Set(headings(clientSection))).toEqual(protocol.typesOf(protocol.ClientFrameSchema))
    expect(new Set(headings(serverSection))).toEqual(protocol.typesOf(protocol.ServerFrameSchema))
  })

  it.each(protocol.ClientFrameSchema.options.map((schema) => [schema.entries.type.literal, schema] as const))(
    'lists the fields of the client’s %s',
    (type, schema) => {
      expect(documentedFields(clientSection, type)).toEqual(fieldsOf(schema.entries))
    },
  )

  it.each(protocol.ServerFrameSchema.options.map((schema) => [schema.entries.type.literal, schema] as const))(
    'lists the fields of the gateway’s %s',
    (type, schema) => {
      expect(documentedFields(serverSection, type)).toEqual(fieldsOf(schema.entries))
    },
  )

  it.each([
    ['### Device', protocol.DeviceSchema.entries],
    ['### Cursor', protocol.CursorSchema.entries],
    ['### FeedState', protocol.FeedStateSchema.entries],
    ['### Message', protocol.MessageSchema.entries],
  ])('lists the fields of %s', (heading, entries) => {
    // body and priority have defaults for a publisher; in a message that is delivered they are always there.
    const filled = new Set(['body?', 'priority?'])
    const expected = fieldsOf(entries).map((name) => (filled.has(name) ? name.slice(0, -1) : name))
    const documented = tableRows(section(heading)).map(([name = '']) => name)
    expect(new Set(documented)).toEqual(new Set(expected))
  })

  it('lists every close code with its name and meaning', () => {
    const rows = tableRows(section('## Close codes'))
    expect(rows).toEqual(
      Object.entries(protocol.closeCodes).map(([name, code]) => [
        String(code),
        name,
        protocol.closeMeanings[name as protocol.CloseName],
      ]),
    )
  })

  it('lists every error with its status', () => {
    expect(tableRows(section('## Errors over HTTP'))).toEqual(
      Object.entries(protocol.errors).map(([code, { status, retryable, meaning }]) => [
        code,
        String(status),
        retryable ? 'yes' : 'no',
        meaning,
      ]),
    )
  })

  it('lists the limits as they are', () => {
    const limits = Object.entries(protocol).filter(
      (entry): entry is [string, number] => /^[A-Z_]+$/.test(entry[0]) && typeof entry[1] === 'number',
    )
    const documented = new Map(tableRows(section('## Limits')).map(([name, value]) => [name, value]))
    for (const [name, value] of limits) {
      if (name !== 'CATCH_UP_PAGE') expect([name, documented.get(name)]).toEqual([name, String(value)])
    }
    expect(documented.size).toBe(limits.length - 1)
  })

  it('shows only frames that the schemas take', () => {
    const samples = [...section('## Sample sessions').matchAll(/^([→←]) (\{.*\})$/gm)]
    expect(samples.length).toBeGreaterThan(10)
    for (const [, direction, text = ''] of samples) {
      const parsed = direction === '→' ? protocol.parseClientFrame(text) : protocol.parseServerFrame(text)
      expect([text, parsed.ok]).toEqual([text, true])
    }
  })

  it('says MUST only in the table of rules, each with a test that exists', () => {
    const rules = section('## Rules')
    expect(document.replace(rules, '')).not.toContain('MUST')
    const tests = readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(root, 'tests', file), 'utf8'))
      .join('\n')
    const rows = tableRows(rules)
    expect(rows.length).toBeGreaterThan(5)
    for (const [, title = ''] of rows) expect([title, tests.includes(`'${title}'`)]).toEqual([title, true])
  })
})
