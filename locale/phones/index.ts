import type { Translate } from '../alert-text'
import { textOf, type Dictionary, type Params } from '../index'
import en from './en.json'
import zhHans from './zh-Hans.json'

// Apart from the other words, which the first list of H5 waits for: no browser says these.

type PhoneKey = keyof typeof en

const words: Dictionary<PhoneKey> = { en, 'zh-Hans': zhHans }

const isOwn = (key: string): key is PhoneKey => Object.prototype.hasOwnProperty.call(en, key)

/** A text that only the App and mini-programs have, in the app's language. */
export function phoneText(key: PhoneKey, params?: Params): string {
  return textOf(words, key, params)
}

/** As `t`, with what only the App says, such as the names of Android's notification channels. */
export const withPhoneWords =
  (t: Translate): Translate =>
  (key, params) =>
    isOwn(key) ? phoneText(key, params) : t(key, params)
