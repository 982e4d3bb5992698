import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { npmCommand, runNpm } from '../../scripts/npm.mjs'

describe('npm', () => {
  it('is run by Node itself and by no shell, wherever its program lies', () => {
    const node = join('/', 'Program Files', 'nodejs', 'node')
    const beside = join('/', 'Program Files', 'nodejs', 'node_modules', 'npm', 'bin', 'npm-cli.js')
    const under = join('/', 'Program Files', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js')
    const own = join('/', 'own npm', 'npm-cli.js')
    const at = (...places: string[]) => ({ node, exists: (path: string) => places.includes(path) })
    expect(npmCommand({ ...at(beside), npm: undefined })).toEqual({ file: node, before: [beside] })
    expect(npmCommand({ ...at(under), npm: undefined })).toEqual({ file: node, before: [under] })
    expect(npmCommand({ ...at(own, beside), npm: own })).toEqual({ file: node, before: [own] })
    // Another package manager may have started the script.
    const pnpm = join('/', 'pnpm', 'pnpm.cjs')
    expect(npmCommand({ ...at(pnpm, beside), npm: pnpm })).toEqual({ file: node, before: [beside] })
  })

  it('packs a folder whose name has blanks, quotes and an ampersand, into another such', () => {
    const folder = mkdtempSync(join(tmpdir(), `herald it's a & b $HOME `))
    onTestFinished(() => {
      rmSync(folder, { recursive: true, force: true })
    })
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'x', version: '1.0.0' }))
    const told: unknown = JSON.parse(runNpm(['pack', folder, '--json', '--pack-destination', folder]))
    expect(told).toMatchObject([{ filename: 'x-1.0.0.tgz' }])
  })
})
