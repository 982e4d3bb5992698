import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const BUNDLE = resolve(import.meta.dirname, '../dist/build/app-harmony')
const read = (file: string): string => readFileSync(resolve(BUNDLE, file), 'utf8')

/** It is built, and not run: there is no runtime of HarmonyOS to run it on here. */
describe('the bundle for HarmonyOS', () => {
  it('has every page', () => {
    const { pages } = JSON.parse(readFileSync(resolve(BUNDLE, '../../../pages.json'), 'utf8')) as {
      pages: { path: string }[]
    }
    const config = read('app-config-service.js')
    for (const { path } of pages) expect(config).toContain(`"${path}"`)
  })

  it('asks for nothing of plus, which HarmonyOS has not, for its messages', () => {
    const code = read('app-service.js')
    expect(code).toContain('herald.v1')
    for (const module of ['sqlite', 'nativeObj', 'push', 'runtime.setBadgeNumber'])
      expect(code).not.toContain(`plus.${module}`)
  })
})
