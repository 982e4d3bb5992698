import { t, textOf, useLocale, type Dictionary, type Locale, type MessageKey, type Params } from '../index'
import en from './en.json'
import zhHans from './zh-Hans.json'

// Apart from the words of every page, which the first load of H5 waits for: these belong to the inbox.

type OwnKey = keyof typeof en

const words: Dictionary<OwnKey> = { en, 'zh-Hans': zhHans }

const isOwn = (key: string): key is OwnKey => Object.prototype.hasOwnProperty.call(en, key)

/** A text of the inbox in the app's language: one of its own, or one that every page has. */
export function inboxText(key: OwnKey | MessageKey, params?: Params): string {
  return isOwn(key) ? textOf(words, key, params) : t(key, params)
}

/** As Locale, with the words of the inbox. */
export interface InboxLocale extends Omit<Locale, 't'> {
  t: typeof inboxText
}

const inboxLocale: InboxLocale = { ...useLocale(), t: inboxText }

/** As `useLocale`, with the words of the inbox. */
export function useInboxLocale(): InboxLocale {
  return inboxLocale
}
