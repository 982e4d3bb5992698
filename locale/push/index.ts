import { textOf, type Dictionary, type Params } from '../index'
import en from './en.json'
import zhHans from './zh-Hans.json'

// Apart from the other words, which every first page loads: these belong to two pages that are opened later.

export type PushKey = keyof typeof en

const words: Dictionary<PushKey> = { en, 'zh-Hans': zhHans }

/** A text about pushes and deliveries in the app's language. Reactive inside a render or a computed. */
export function pushText(key: PushKey, params?: Params): string {
  return textOf(words, key, params)
}
