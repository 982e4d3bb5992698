import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** The client's code, where every call into a platform is. */
const FOLDERS = ['services', 'store', 'sdk', 'pages', 'components', 'locale', 'App.vue', 'main.ts']
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...FOLDERS], {
  cwd: ROOT,
  encoding: 'utf8',
})
const sources = listed
  .trim()
  .split('\n')
  .filter((file) => /\.(?:ts|vue)$/.test(file))

const withoutComments = (code: string): string =>
  code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')

/** `plus.x.y` and `uni.x` as they stand in the code. */
const direct = (code: string): string[] =>
  [...withoutComments(code).matchAll(/\b(?:plus(?:\.\w+){1,3}|(?:uni|wx)\.\w+)/g)].map(([name]) => name)

/** The members of an interface that says which part of a platform it is. */
function ofPorts(code: string): string[] {
  const ports = code.matchAll(
    /The part of `((?:plus|uni|wx)[\w.]*)` that is used(?:(?!\*\/)[\s\S])*\*\/\s*(?:export )?interface \w+[^{]*\{\n([\s\S]*?)\n\}/g,
  )
  return [...ports].flatMap(([, prefix = '', body = '']) =>
    [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??\(/gm)].map(([, member = '']) => `${prefix}.${member}`),
  )
}

const calls = [...new Set(sources.flatMap((file) => [...direct(read(file)), ...ofPorts(read(file))]))].sort()

/** The rows: call, and four cells that are not empty. */
const rowsOf = (page: string): string[][] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )

const namesOf = (page: string): string[] =>
  rowsOf(page).flatMap(([call = '']) => [...call.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))

describe.each(['docs/platforms.md', 'docs/platforms.zh-CN.md'])('%s', (file) => {
  const page = read(file)

  it('has a row for each call that the client makes into plus, uni or wx', () => {
    expect(calls.length).toBeGreaterThan(40)
    const names = namesOf(page)
    expect(calls.filter((call) => !names.includes(call))).toEqual([])
  })

  it('has no row for a call that the client does not make', () => {
    expect(namesOf(page).filter((name) => !calls.includes(name))).toEqual([])
  })

  it('says of each what we assume, from where, how it was tried, and what would show it false', () => {
    for (const row of rowsOf(page)) {
      expect(row).toHaveLength(5)
      for (const cell of row) expect(cell, row.join(' | ')).not.toBe('')
    }
  })
})
