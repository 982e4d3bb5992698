import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { documents } from '../../scripts/docs-pages.mjs'

const ROOT = resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

const files = documents()
const pairs = files
  .filter((file) => file.startsWith('docs/') && file.endsWith('.zh-CN.md'))
  .map((chinese) => [chinese.replace('.zh-CN.md', '.md'), chinese] as const)
  .filter(([english]) => files.includes(english))

/** The fenced blocks of a page, with their language. */
const blocksOf = (page: string): string[] => page.match(/^ *```[\s\S]*?^ *```$/gm) ?? []

/** How deep each heading is, in their order. */
const headingsOf = (page: string): number[] =>
  [...page.replace(/^ *```[\s\S]*?^ *```$/gm, '').matchAll(/^(#+) /gm)].map(([, marks = '']) => marks.length)

/** How many rows each table has, its head too. */
const tablesOf = (page: string): number[] =>
  page.split(/\n(?!\|)/).flatMap((part) => {
    const rows = part.split('\n').filter((line) => /^ *\|/.test(line)).length
    return rows > 0 ? [rows] : []
  })

describe('a page and its translation', () => {
  it('are there for the pages that people run Herald by', () => {
    expect(pairs.map(([english]) => english)).toEqual(
      expect.arrayContaining(['docs/configuration.md', 'docs/xmpp.md', 'docs/http-api.md']),
    )
  })

  it.each(pairs)('have the same sections: %s', (english, chinese) => {
    expect(headingsOf(read(chinese))).toEqual(headingsOf(read(english)))
  })

  it('have the same tables and the same code: docs/xmpp.md', () => {
    const [english, chinese] = [read('docs/xmpp.md'), read('docs/xmpp.zh-CN.md')]
    expect(tablesOf(chinese)).toEqual(tablesOf(english))
    expect(blocksOf(chinese)).toEqual(blocksOf(english))
    expect([tablesOf(english).length, blocksOf(english).length]).toEqual([5, 4])
  })
})
