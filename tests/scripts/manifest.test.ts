import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const TAB_ICON_LIMIT_BYTES = 40 * 1024

interface Manifest {
  'app-plus': {
    modules: object
    distribute: {
      icons: object
      android: { permissions: string[]; pushRegisterMode: string }
      ios: { UIBackgroundModes: string[]; urltypes: object[]; pushRegisterMode: string }
    }
  }
  'app-harmony': object
}

function readJson<T = object>(path: string): T {
  return JSON.parse(readFileSync(resolve(ROOT, path), 'utf8')) as T
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

test('every icon of the app exists', () => {
  const manifest = readJson<Manifest>('manifest.json')
  const icons = [...textsIn(manifest['app-plus'].distribute.icons), ...textsIn(manifest['app-harmony'])]
  const files = icons.filter((text) => text.endsWith('.png'))
  expect(files.length).toBeGreaterThan(10)
  expect(files.filter((file) => !existsSync(resolve(ROOT, file)))).toEqual([])
})

test('light and dark name the same things, and their tab icons are small enough for every platform', () => {
  const theme = readJson<{ light: object; dark: object }>('theme.json')
  expect(Object.keys(theme.dark)).toEqual(Object.keys(theme.light))
  const icons = textsIn(theme).filter((text) => text.endsWith('.png'))
  expect(icons).toHaveLength(12)
  for (const icon of icons) expect(statSync(resolve(ROOT, icon)).size).toBeLessThan(TAB_ICON_LIMIT_BYTES)
})

test('every variable and word that pages.json names is defined', () => {
  const texts = textsIn(readJson('pages.json'))
  const variables = texts.filter((text) => text.startsWith('@')).map((text) => text.slice(1))
  const words = texts.filter((text) => /^%.+%$/.test(text)).map((text) => text.slice(1, -1))
  const theme = readJson<{ light: object; dark: object }>('theme.json')
  const locales = ['en', 'zh-Hans'].map((locale) => readJson(`locale/${locale}.json`))
  expect(variables.filter((name) => !(name in theme.light))).toEqual([])
  for (const locale of locales) expect(words.filter((word) => !(word in locale))).toEqual([])
})

test('a phone build can notify: push module, Android 13 permission, iOS background mode, no prompt at launch', () => {
  const app = readJson<Manifest>('manifest.json')['app-plus']
  expect(Object.keys(app.modules)).toEqual(expect.arrayContaining(['Push', 'SQLite']))
  expect(app.distribute.android.permissions.join()).toContain('android.permission.POST_NOTIFICATIONS')
  expect(app.distribute.ios.UIBackgroundModes).toContain('remote-notification')
  expect(app.distribute.android.pushRegisterMode).toBe('manual')
  expect(app.distribute.ios.pushRegisterMode).toBe('manual')
})

test('an iOS package has its lists as lists, as the documented tables have them', () => {
  const { ios } = readJson<Manifest>('manifest.json')['app-plus'].distribute
  expect(ios.UIBackgroundModes).toEqual(['remote-notification'])
  expect(ios.urltypes).toEqual([{ urlidentifier: 'herald', urlschemes: ['herald'] }])
})

test('an Android package has the numbers of vivo and Honor, and nobody but the app asks to notify', () => {
  const permissions = readJson<Manifest>('manifest.json')['app-plus'].distribute.android.permissions.join()
  expect(permissions).toContain('com.vivo.notification.permission.BADGE_ICON')
  expect(permissions).toContain('com.hihonor.android.launcher.permission.CHANGE_BADGE')
  const native = readFileSync(resolve(ROOT, 'AndroidManifest.xml'), 'utf8').replace(/<!--[\s\S]*?-->/g, '')
  const application = /<application>([\s\S]*)<\/application>/.exec(native)?.[1]
  expect(application).toMatch(
    /<meta-data\s+android:name="dcloud_push_auto_request_permission"\s+android:value="false"\s*\/>/,
  )
})

test('a package for Chinese stores asks about privacy before anything runs', () => {
  const privacy = readJson<Record<string, unknown>>('androidPrivacy.json')
  expect(privacy).toMatchObject({ prompt: 'template', version: '1' })
  for (const prompt of [privacy, privacy['second'] as Record<string, unknown>]) {
    for (const name of ['title', 'message', 'buttonAccept', 'buttonRefuse']) expect(prompt[name]).toBeTruthy()
    // Both texts name the terms and the policy, as the stores ask.
    expect(String(prompt['message']).match(/<a href="https:/g)).toHaveLength(2)
  }
})
