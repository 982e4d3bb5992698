import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { faultsIn, filesIn, hashOf, packSdk } from '../../scripts/pack-sdk.mjs'

let folder: string
let plugin: string
let npm: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'herald-sdk-'))
  ;({ plugin, npm } = await packSdk(folder))
}, 120_000)

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const read = (file: string): string => readFileSync(join(plugin, file), 'utf8')

describe('the packed client', () => {
  it('keeps the rules of uni_modules and its budgets, in both forms', () => {
    expect(faultsIn(plugin)).toEqual([])
    expect(faultsIn(npm)).toEqual([])
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
})
