import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const PAGE = readFileSync(join(ROOT, 'docs/failure-modes.md'), 'utf8')
const NUMBERS = Array.from({ length: 19 }, (_, index) => index + 1)

const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'tests', 'e2e', 'tools/emulator/tests'],
  { cwd: ROOT, encoding: 'utf8' },
)
  .trim()
  .split('\n')
  .filter((file) => /\.(?:test|e2e)\.ts$/.test(file))

/** The names that tests are given, `it.each` included; a test that is skipped or still to be written has none. */
const names = files.flatMap((file) =>
  [
    ...readFileSync(join(ROOT, file), 'utf8').matchAll(
      /(?:^|[^.\w])(?:it|test)(?:\.each(?:<[^>]*>)?\([\s\S]*?\))?\(\s*(['"`])((?:(?!\1).)+)\1/g,
    ),
  ].map(([, , name = '']) => name),
)

describe('the failure modes of the field', () => {
  it.each(NUMBERS)('number %i has a test that begins with it', (number) => {
    const prefix = `D4-${String(number).padStart(2, '0')}: `
    expect(names.filter((name) => name.startsWith(prefix))).not.toEqual([])
  })

  it('has no number that there is not', () => {
    const numbers = names.flatMap((name) => /^D4[-. (]*(\d+)/.exec(name)?.[1] ?? [])
    expect(numbers.filter((number) => !NUMBERS.includes(Number(number)) || number.length !== 2)).toEqual([])
  })

  it('are on their page, one row each, with tests that exist', () => {
    const rows = [...PAGE.matchAll(/^\| (\d+) +\|.*\| `([^`]+)` +\|$/gm)]
    expect(rows.map(([, number]) => Number(number))).toEqual(NUMBERS)
    for (const [, number = '', name = ''] of rows) {
      expect(name).toMatch(new RegExp(`^D4-${number.padStart(2, '0')}: `))
      expect(names).toContain(name)
    }
  })

  it('and the faults beside them name tests that exist', () => {
    const [, section = ''] = PAGE.split('Bad input and faults beside these:')
    const [table = ''] = section.trimStart().split('\n\n')
    const rows = table.split('\n').filter((line) => /^\| (?!-|what )/.test(line))
    expect(rows.length).toBeGreaterThan(0)
    for (const row of rows) expect(names).toContain(/ `([^`]+)` +\|$/.exec(row)?.[1])
  })
})
