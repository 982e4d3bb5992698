import { useLocale } from '../index'
import { fillText, type Language, type Params } from '../words'
import en from './en.json'
import zhHans from './zh-Hans.json'

// Apart from the other words, which every first page loads: these belong to one page that is opened later.

export type DeviceKey = keyof typeof en

const words: Readonly<Record<Language, Readonly<Record<DeviceKey, string>>>> = { en, 'zh-Hans': zhHans }

/** A text about the devices of a user in the app's language. Reactive inside a render or a computed. */
export function deviceText(key: DeviceKey, params?: Params): string {
  return fillText(words[useLocale().language.value][key], params)
}
