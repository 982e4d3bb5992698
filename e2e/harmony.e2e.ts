import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const BUNDLE = resolve(import.meta.dirname, '../dist/build/app-harmony')
const read = (file: string): string => readFileSync(resolve(BUNDLE, file), 'utf8')

/** It is built, and read: there is no runtime of HarmonyOS to run it on here. */
describe('the bundle for HarmonyOS', () => {
  it('has every page', () => {
    const { pages } = JSON.parse(readFileSync(resolve(BUNDLE, '../../../pages.json'), 'utf8')) as {
      pages: { path: string }[]
    }
    const config = read('app-config-service.js')
    for (const { path } of pages) expect(config).toContain(`"${path}"`)
  })

  it('draws the banner on each page, since there is no native view', () => {
    const code = read('app-service.js')
    // The words of the card's button are in every bundle; the card itself only where a page draws it.
    expect(code).toContain('card-${')
    expect(code).toMatch(/role:\w+\.priority>=5\?"alert":/)
  })

  it('has the module uni-push with all that notifies, counts and registers', () => {
    const modules = read('uni_modules/index.generated.ets')
    for (const name of ['getPushClientId', 'onPushMessage', 'createPushMessage', 'setAppBadgeNumber'])
      expect(modules).toContain(`uni.${name} = ${name}`)
    expect(read('uni_modules/oh-package.json5')).toContain('@uni_modules/uni-push')
  })

  it('asks for nothing of plus, which HarmonyOS has not, for its messages', () => {
    const code = read('app-service.js')
    expect(code).toContain('herald.v1')
    for (const module of ['sqlite', 'nativeObj', 'push', 'runtime.setBadgeNumber'])
      expect(code).not.toContain(`plus.${module}`)
  })
})
