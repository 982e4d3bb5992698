import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../gateway/config-error'
import { getuiEnvironment, readGetuiSettings } from '../../../gateway/providers/getui/settings'
import { jpushEnvironment, readJpushSettings } from '../../../gateway/providers/jpush/settings'
import { readUnicloudSettings, unicloudEnvironment } from '../../../gateway/providers/unicloud/settings'

const getui = {
  HERALD_GETUI_APP_ID: 'id',
  HERALD_GETUI_APP_KEY: 'key',
  HERALD_GETUI_MASTER_SECRET: 'secret',
}
const unicloud = {
  HERALD_UNICLOUD_URL: 'https://space.example.com/herald/',
  HERALD_UNICLOUD_SIGN_KEY: 'a-key-that-is-long-enough',
}
const jpush = { HERALD_JPUSH_APP_KEY: 'key', HERALD_JPUSH_MASTER_SECRET: 'secret' }

describe.each([
  { name: 'Getui', read: readGetuiSettings, needed: getui, entries: getuiEnvironment },
  { name: 'uniCloud', read: readUnicloudSettings, needed: unicloud, entries: unicloudEnvironment },
  { name: 'JPush', read: readJpushSettings, needed: jpush, entries: jpushEnvironment },
])('settings of $name', ({ read, needed, entries }) => {
  it('are none when nothing is set, or only empty variables are', () => {
    expect(read({})).toBeUndefined()
    expect(read(Object.fromEntries(Object.keys(entries).map((name) => [name, ''])))).toBeUndefined()
  })

  it('are there when what is needed is set', () => {
    expect(read({ ...needed })).toBeDefined()
  })

  it('name what is missing', () => {
    for (const name of Object.keys(needed)) {
      const partly = Object.fromEntries(Object.entries(needed).filter(([key]) => key !== name))
      expect(() => read(partly)).toThrow(ConfigError)
      expect(() => read(partly)).toThrow(name)
    }
  })
})

describe('settings of the Chinese services', () => {
  it.each([
    [readGetuiSettings, getui, 'HERALD_GETUI_URL', 'http://restapi.getui.com'],
    [readGetuiSettings, getui, 'HERALD_GETUI_URL', 'https://user@restapi.getui.com'],
    [readGetuiSettings, getui, 'HERALD_GETUI_ANDROID_PACKAGE', 'not a package;end'],
    [readGetuiSettings, getui, 'HERALD_GETUI_VENDOR_OPTIONS', '{"HW": 1}'],
    [readGetuiSettings, getui, 'HERALD_GETUI_VENDOR_OPTIONS', 'HW'],
    [readGetuiSettings, getui, 'HERALD_GETUI_VENDOR_OPTIONS', '[{"HW": 1}]'],
    [readJpushSettings, jpush, 'HERALD_JPUSH_VENDOR_OPTIONS', '{"xiaomi": ["1"]}'],
    [readGetuiSettings, getui, 'HERALD_GETUI_HARMONY_CATEGORY', 'im'],
    [readGetuiSettings, getui, 'HERALD_GETUI_PER_DAY', '-1'],
    [readUnicloudSettings, unicloud, 'HERALD_UNICLOUD_URL', 'space.example.com'],
    [readUnicloudSettings, unicloud, 'HERALD_UNICLOUD_SIGN_KEY', 'short'],
    [readUnicloudSettings, unicloud, 'HERALD_UNICLOUD_CATEGORIES', '["IM"]'],
    [readJpushSettings, jpush, 'HERALD_JPUSH_URL', 'ftp://api.jpush.cn'],
    [readJpushSettings, jpush, 'HERALD_JPUSH_AUDIENCES', 'alias,all'],
    [readJpushSettings, jpush, 'HERALD_JPUSH_CLASSIFICATION', '2'],
    [readJpushSettings, jpush, 'HERALD_JPUSH_IOS_BYTES', '9999'],
    [readJpushSettings, jpush, 'HERALD_JPUSH_APP_KEY', 'key:secret'],
  ])('name a variable that cannot be used: $2=$3', (read, needed, name, value) => {
    expect(() => read({ ...needed, [name]: value })).toThrow(ConfigError)
    expect(() => read({ ...needed, [name]: value })).toThrow(name)
  })

  it('refuse both ways to uni-push at once', () => {
    expect(() => readUnicloudSettings({ ...unicloud, ...getui })).toThrow(ConfigError)
  })

  it('read every value', () => {
    expect(
      readGetuiSettings({
        ...getui,
        HERALD_GETUI_URL: 'http://127.0.0.1:9/',
        HERALD_GETUI_ANDROID_PACKAGE: 'com.example.app',
        HERALD_GETUI_VENDOR_OPTIONS: '{"HW": {"/message/android/category": "IM", "n": 1}}',
        HERALD_GETUI_PER_MINUTE: '5',
      }),
    ).toEqual({
      appId: 'id',
      appKey: 'key',
      masterSecret: 'secret',
      url: 'http://127.0.0.1:9',
      androidPackage: 'com.example.app',
      vendorOptions: { HW: { '/message/android/category': 'IM', n: 1 } },
      harmonyCategory: undefined,
      perMinute: 5,
      perDay: 0,
    })
    expect(
      readUnicloudSettings({ ...unicloud, HERALD_UNICLOUD_CATEGORIES: '{"harmony": "IM"}' }),
    ).toMatchObject({
      url: 'https://space.example.com/herald',
      categories: { harmony: 'IM' },
    })
    expect(readJpushSettings({ ...jpush, HERALD_JPUSH_AUDIENCES: 'alias, tag' })).toMatchObject({
      url: 'https://api.jpush.cn',
      classification: 1,
      perMinute: 600,
      audiences: new Set(['alias', 'tag']),
    })
  })
})
