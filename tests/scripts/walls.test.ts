import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { posix, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..', '..')
const listed = execFileSync(
  'git',
  ['ls-files', 'gateway', 'services', 'store', 'pages', 'protocol', 'locale', 'main.ts'],
  { cwd: ROOT, encoding: 'utf8' },
)
const files = listed.split('\n').filter((file) => file.endsWith('.ts'))
const textOf = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8')

/** A statement of SQL as code writes it: no prose begins so, and no header or frame. */
const SQL =
  /\b(?:SELECT\s+[\w*(]|INSERT (?:OR \w+ )?INTO\s|UPDATE\s+\S+\s+SET\s|DELETE FROM\s|CREATE (?:TABLE|INDEX)\s|VACUUM INTO)/

/** The files that a file has values of, among those of the repository. */
function valuesOf(file: string): string[] {
  const imports = textOf(file).matchAll(/^(?:import|export)\s+(?!type\b)([^'"]*?)from '((?:\.|@\/)[^']*)'/gm)
  return [...imports].flatMap(([, names = '', source = '']) => {
    const named = /\{([^}]*)\}/
      .exec(names)?.[1]
      ?.split(',')
      .map((name) => name.trim()) ?? ['value']
    if (named.filter((name) => name !== '').every((name) => name.startsWith('type '))) return []
    const path = source.startsWith('@/') ? source.slice(2) : posix.join(posix.dirname(file), source)
    return files.filter((other) => [path, `${path}.ts`, `${path}/index.ts`].includes(other))
  })
}

/** The first way from a file back to itself, if there is one. */
function circleOf(file: string, way: readonly string[] = [], seen = new Set<string>()): string[] | undefined {
  for (const next of valuesOf(file)) {
    if (next === way[0] || (way.length === 0 && next === file)) return [...way, file, next]
    if (seen.has(next)) continue
    seen.add(next)
    const found = circleOf(next, [...way, file], seen)
    if (found) return found
  }
  return undefined
}

describe('the walls', () => {
  it('keep all SQL of the gateway in its stores', () => {
    const outside = files
      .filter((file) => !file.startsWith('services/') && !file.startsWith('gateway/stores/'))
      .filter((file) => SQL.test(textOf(file)))
    expect(outside).toEqual([])
    expect(files.filter((file) => SQL.test(textOf(file))).length).toBeGreaterThan(5)
  })

  it('let no value go round in a circle', () => {
    expect(files.flatMap((file) => circleOf(file) ?? [])).toEqual([])
  })
})
