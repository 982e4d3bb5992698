import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../gateway/process/config-error'
import { readConfig } from '../../../gateway/process/config'
import { getuiEnvironment } from '../../../gateway/providers/getui/settings'
import { jpushEnvironment } from '../../../gateway/providers/jpush/settings'
import { unicloudEnvironment } from '../../../gateway/providers/unicloud/settings'

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

type Environment = Record<string, string>
const readGetui = (env: Environment) => readConfig(env, false).providers.getui
const readUnicloud = (env: Environment) => readConfig(env, false).providers.unicloud
const readJpush = (env: Environment) => readConfig(env, false).providers.jpush

describe.each([
  { name: 'Getui', read: readGetui, needed: getui, entries: getuiEnvironment },
  { name: 'uniCloud', read: readUnicloud, needed: unicloud, entries: unicloudEnvironment },
  { name: 'JPush', read: readJpush, needed: jpush, entries: jpushEnvironment },
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
    [readGetui, getui, 'HERALD_GETUI_URL', 'http://restapi.getui.com'],
    [readGetui, getui, 'HERALD_GETUI_URL', 'https://user@restapi.getui.com'],
    [readGetui, getui, 'HERALD_GETUI_ANDROID_PACKAGE', 'not a package;end'],
    [readGetui, getui, 'HERALD_GETUI_VENDOR_OPTIONS', '{"HW": 1}'],
    [readGetui, getui, 'HERALD_GETUI_VENDOR_OPTIONS', 'HW'],
    [readGetui, getui, 'HERALD_GETUI_VENDOR_OPTIONS', '[{"HW": 1}]'],
    [readJpush, jpush, 'HERALD_JPUSH_VENDOR_OPTIONS', '{"xiaomi": ["1"]}'],
    [readGetui, getui, 'HERALD_GETUI_HARMONY_CATEGORY', 'im'],
    [readGetui, getui, 'HERALD_GETUI_PER_DAY', '-1'],
    [readUnicloud, unicloud, 'HERALD_UNICLOUD_URL', 'space.example.com'],
    [readUnicloud, unicloud, 'HERALD_UNICLOUD_SIGN_KEY', 'short'],
    [readUnicloud, unicloud, 'HERALD_UNICLOUD_CATEGORIES', '["IM"]'],
    [
      readGetui,
      getui,
      'HERALD_GETUI_VENDOR_OPTIONS',
      '{"XM": {"/extra.template_param": "{\\"a\\":\\"{tilte}\\"}"}}',
    ],
    [
      readGetui,
      getui,
      'HERALD_GETUI_VENDOR_OPTIONS',
      '{"XM": {"/extra.template_id": "P1", "/extra.channel_id": "7"}}',
    ],
    [
      readGetui,
      getui,
      'HERALD_GETUI_VENDOR_OPTIONS',
      '{"XM": {"/extra.template_id": "P1", "/extra.template_param": "{}"}}',
    ],
    [
      readGetui,
      getui,
      'HERALD_GETUI_VENDOR_OPTIONS',
      '{"XM": {"/extra.channel_id": "7", "/extra.template_param": "{}"}}',
    ],
    [
      readGetui,
      getui,
      'HERALD_GETUI_VENDOR_OPTIONS',
      '{"XM": {"/extra.template_id": "P1", "/extra.channel_id": "7", "/extra.template_param": "{title}"}}',
    ],
    [
      readGetui,
      getui,
      'HERALD_GETUI_VENDOR_OPTIONS',
      '{"XM": {"/extra.template_id": "P1", "/extra.channel_id": "7", "/extra.template_param": []}}',
    ],
    [
      readGetui,
      getui,
      'HERALD_GETUI_VENDOR_OPTIONS',
      '{"XM": {"/extra.template_id": "P1", "/extra.channel_id": "7", "/extra.template_param": null}}',
    ],
    [readJpush, jpush, 'HERALD_JPUSH_VENDOR_OPTIONS', '{"oppo": {"x": {"y": ["{id}"]}}}'],
    [readJpush, jpush, 'HERALD_JPUSH_URL', 'ftp://api.jpush.cn'],
    [readJpush, jpush, 'HERALD_JPUSH_AUDIENCES', 'alias,all'],
    [readJpush, jpush, 'HERALD_JPUSH_CLASSIFICATION', '2'],
    [readJpush, jpush, 'HERALD_JPUSH_IOS_BYTES', '9999'],
    [readJpush, jpush, 'HERALD_JPUSH_APP_KEY', 'key:secret'],
  ])('name a variable that cannot be used: $2=$3', (read, needed, name, value) => {
    expect(() => read({ ...needed, [name]: value })).toThrow(ConfigError)
    expect(() => read({ ...needed, [name]: value })).toThrow(name)
  })

  it('refuse both ways to uni-push at once', () => {
    expect(() => readUnicloud({ ...unicloud, ...getui })).toThrow(ConfigError)
  })

  it('read every value', () => {
    expect(
      readGetui({
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
    expect(readUnicloud({ ...unicloud, HERALD_UNICLOUD_CATEGORIES: '{"harmony": "IM"}' })).toMatchObject({
      url: 'https://space.example.com/herald',
      categories: { harmony: 'IM' },
    })
    expect(readJpush({ ...jpush, HERALD_JPUSH_AUDIENCES: 'alias, tag' })).toMatchObject({
      url: 'https://api.jpush.cn',
      classification: 1,
      perMinute: 600,
      audiences: new Set(['alias', 'tag']),
    })
  })
})
