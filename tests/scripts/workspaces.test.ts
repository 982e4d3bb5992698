import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageOf } from '../../scripts/layers.mjs'
import { workspaceAliases, WORKSPACES } from '../../scripts/workspaces.mjs'

const ROOT = resolve(import.meta.dirname, '..', '..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
const files = listed.trim().split('\n')

/** The folders with a package.json. That of the foreign clients is no project: it lists what is installed elsewhere. */
const PROJECTS = files
  .filter((file) => /(?:^|\/)package\.json$/.test(file) && !file.startsWith('tests/gateway/foreign/'))
  .map((file) => file.slice(0, -'package.json'.length))
  .sort((a, b) => b.length - a.length)

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const manifestOf = (folder: string): Manifest => JSON.parse(read(`${folder}package.json`)) as Manifest

/** What the package.json of a folder names, and itself. */
function namedBy(folder: string): Set<string> {
  const { name, dependencies, devDependencies, peerDependencies } = manifestOf(folder)
  return new Set([name, ...Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })])
}

/** What a file imports by name: types too, since whoever checks them needs the package as well. A program in a text is no import. */
function importsOf(file: string): string[] {
  const code = read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/`(?:\\.|[^`\\])*`/g, '``')
  const sources = [
    ...code.matchAll(/^(?:import|export|\})(?:[^'"\n]*? from)? ?'([^']+)'/gm),
    ...code.matchAll(/\bimport\('([^']+)'\)/g),
  ].map(([, source = '']) => source)
  return sources.filter((source) => !/^(?:\.|@\/|node:)/.test(source))
}

const packagesOf = (file: string): string[] => importsOf(file).map(packageOf)

/** The file that a bundler makes of a name: it puts the alias in, and tries `.ts` behind it and `index.ts` in a folder. */
function fileOf(source: string): string | undefined {
  const aliases = Object.entries(workspaceAliases())
  const [name = '', path = ''] =
    aliases.find(([alias]) => alias === source) ??
    aliases.find(([alias]) => source.startsWith(`${alias}/`)) ??
    []
  const target = `${path}${source.slice(name.length)}`
  const isFile = (file: string): boolean => existsSync(file) && statSync(file).isFile()
  return [target, `${target}.ts`, join(target, 'index.ts')].find(isFile)
}

const unnamed = files
  .filter((file) => /\.(?:ts|mts|mjs|vue)$/.test(file))
  .flatMap((file) => {
    const project = PROJECTS.find((folder) => file.startsWith(folder)) ?? ''
    const named = namedBy(project)
    return packagesOf(file)
      .filter((name) => !named.has(name) && !builtinModules.includes(name))
      .map((name) => `${project}package.json does not name ${name}`)
  })

describe('the workspaces', () => {
  it('name what they import', () => {
    expect(packagesOf('tools/emulator/phone.ts')).toContain('playwright-core')
    expect([...new Set(unnamed)]).toEqual([])
  })

  it('are found by bundlers under the names that they are imported by', () => {
    expect([...WORKSPACES.keys()].sort()).toEqual([
      '@herald/bench',
      '@herald/capacity',
      '@herald/engines',
      '@herald/gateway',
      '@herald/protocol',
      '@herald/push-fakes',
      'uni-app-emulator',
    ])
    expect(workspaceAliases('/elsewhere')['@herald/bench']).toBe(join('/elsewhere', 'tools', 'bench'))
  })

  it('have a file for each name that something imports of them, for bundlers too, which read no exports', () => {
    const names = files.filter((file) => /\.(?:ts|mts|mjs)$/.test(file)).flatMap(importsOf)
    const ofWorkspaces = [...new Set(names)].filter((name) => WORKSPACES.has(packageOf(name)))
    expect(ofWorkspaces).toContain('@herald/engines/find')
    expect(ofWorkspaces.filter((name) => fileOf(name) === undefined)).toEqual([])
  })

  it('are all in the lock file, which names no registry', () => {
    const lock = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { resolved?: string; link?: boolean }>
    }
    const linked = Object.values(lock.packages).filter(({ link }) => link === true)
    expect(linked.map(({ resolved }) => resolved).sort()).toEqual([...WORKSPACES.values()].sort())
    const others = Object.values(lock.packages).filter(({ link }) => link !== true)
    expect(others.flatMap(({ resolved }) => resolved ?? [])).toEqual([])
  })
})
