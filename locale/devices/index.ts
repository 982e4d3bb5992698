import type { Platform } from '@herald/protocol'
import { textOf, type Dictionary, type Params } from '../index'
import en from './en.json'
import zhHans from './zh-Hans.json'

// Apart from the other words, which every first page loads: these belong to one page that is opened later.

export type DeviceKey = keyof typeof en

const words: Dictionary<DeviceKey> = { en, 'zh-Hans': zhHans }

/** A text about the devices of a user in the app's language. Reactive inside a render or a computed. */
export function deviceText(key: DeviceKey, params?: Params): string {
  return textOf(words, key, params)
}

const platforms: Readonly<Record<Platform, DeviceKey>> = {
  h5: 'devices.platform.h5',
  android: 'devices.platform.android',
  ios: 'devices.platform.ios',
  'mp-weixin': 'devices.platform.mp',
  harmony: 'devices.platform.harmony',
  other: 'devices.platform.other',
}

/** What kind of device it is. Reactive as `deviceText`. */
export const platformText = (platform: Platform): string => deviceText(platforms[platform])
