import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { faultsIn, filesIn, hashOf, packSdk } from '../../scripts/pack-sdk.mjs'
import { complaintsOf, HOST_SETTINGS } from './sdk-host'

const DIST = join(import.meta.dirname, '..', '..', 'dist')

let folder: string
let plugin: string
let npm: string

beforeAll(async () => {
  mkdirSync(DIST, { recursive: true })
  // Beside the packages that a host has.
  folder = mkdtempSync(join(DIST, 'sdk-test-'))
  ;({ plugin, npm } = await packSdk(folder))
  mkdirSync(join(folder, 'node_modules', '@herald'), { recursive: true })
  symlinkSync(npm, join(folder, 'node_modules', '@herald', 'uni'))
}, 120_000)

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const read = (file: string): string => readFileSync(join(plugin, file), 'utf8')

describe('the packed client', () => {
  it('keeps the rules of uni_modules and its budgets, in both forms', async () => {
    expect(await faultsIn(plugin)).toEqual([])
    expect(await faultsIn(npm)).toEqual([])
  })

  it('is the same whenever it is packed', async () => {
    const before = [hashOf(plugin), hashOf(npm)]
    await packSdk(folder)
    expect([hashOf(plugin), hashOf(npm)]).toEqual(before)
  })

  it('has of each platform only what that platform runs', () => {
    expect(read('js/mp.js')).not.toMatch(/indexedDB|plus\.sqlite|BroadcastChannel/)
    expect(read('js/app.js')).not.toMatch(/indexedDB|BroadcastChannel/)
    expect(read('js/harmony.js')).not.toMatch(/indexedDB|BroadcastChannel/)
    const h5 = filesIn(plugin).filter((file) => file.startsWith('js/h5'))
    expect(h5.map(read).join('\n')).not.toMatch(/plus\.(?:sqlite|nativeObj)/)
  })

  it('gives each component what it imports', () => {
    const core = read('js/mp.js')
    for (const file of filesIn(plugin).filter((name) => name.endsWith('.vue'))) {
      for (const [, name] of read(file).matchAll(/(herald\$\d+) as \w+/g))
        expect(core).toContain(`as ${String(name)}`)
      for (const [, path] of read(file).matchAll(/from '(\.[^']*\.vue)'/g))
        expect(filesIn(plugin)).toContain(join(file, '..', String(path)))
    }
  })

  it('is named in the npm form by its name alone, so that there is one copy of it', () => {
    const components = filesIn(npm).filter((name) => name.endsWith('.vue'))
    for (const file of components)
      expect(readFileSync(join(npm, file), 'utf8')).not.toMatch(/from '[./]+index\.js'/)
  })

  it.each(Object.entries(HOST_SETTINGS))(
    'has types that a host with the settings "%s" can use',
    (_, settings) => {
      expect(complaintsOf(folder, './uni_modules/herald-inbox', plugin, settings)).toEqual([])
      expect(complaintsOf(folder, '@herald/uni', npm, settings)).toEqual([])
    },
  )

  it('has the stand-in for a gateway in a file of its own, which needs nothing else', () => {
    expect(read('mock.js')).not.toMatch(/\bimport\b/)
    expect(read('mock.d.ts')).toMatch(/^import type \{ HeraldOptions, Message \} from '.\/index.js'\n\n/)
    expect(read('js/mp.js')).not.toContain('preview.invalid')
  })

  it('tells of what is not for hosts in no type, and imports no package but Vue', () => {
    const types = read('index.d.ts')
    expect([...types.matchAll(/from '(.+)'/g)].map(([, name]) => name)).toEqual(['vue'])
    expect(types).not.toMatch(/platform\?:|loadClient|valibot/)
  })
})
