import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(resolve(ROOT, path), 'utf8')

const { name: root, devDependencies } = JSON.parse(read('package.json')) as {
  name: string
  devDependencies: Record<string, string>
}
const { name: gateway } = JSON.parse(read('gateway/package.json')) as { name: string }

/** What our own text tells people to run by npx, by file. */
function packagesRunByNpx(): { file: string; name: string }[] {
  const globs = [
    '*.md',
    '*.ts',
    '*.mjs',
    '*.vue',
    '*.json',
    ':!package-lock.json',
    ':!tests/docs/npx.test.ts',
  ]
  const files = execFileSync('git', ['ls-files', ...globs], { cwd: ROOT, encoding: 'utf8' })
    .trim()
    .split('\n')
  return files.flatMap((file) =>
    [...read(file).matchAll(/(?:^|[`'"]|\$ )npx (?:-\S+ )*([@\w][\w./@-]*)/gm)].map(([, name = '']) => ({
      file,
      name,
    })),
  )
}

describe('what documents and programs tell people to run by npx', () => {
  // npx fetches what it does not find, and a name without a scope is whoever's took it first.
  it('is the gateway by its scoped name, or a tool that the lock file pins', () => {
    const found = packagesRunByNpx()
    const known = new Set([gateway, ...Object.keys(devDependencies)])
    expect(found.length).toBeGreaterThan(10)
    expect(found.filter(({ name }) => !known.has(name))).toEqual([])
    expect(gateway).toMatch(/^@[\w-]+\//)
    expect(known).not.toContain(root)
  })
})
