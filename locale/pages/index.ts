import { t, textOf, useLocale, type Dictionary, type Locale, type MessageKey, type Params } from '../index'
import en from './en.json'
import zhHans from './zh-Hans.json'

// Apart from the words of the list, which the first load of H5 waits for: these belong to pages that are opened later.

type OwnKey = keyof typeof en

/** A text of any page: one of the pages' own, or one that the list has too. */
export type PageKey = OwnKey | MessageKey

const words: Dictionary<OwnKey> = { en, 'zh-Hans': zhHans }

const isOwn = (key: string): key is OwnKey => Object.prototype.hasOwnProperty.call(en, key)

/** A text of a page in the app's language. Reactive inside a render or a computed. */
export function pageText(key: PageKey, params?: Params): string {
  return isOwn(key) ? textOf(words, key, params) : t(key, params)
}

/** As `pageText`, for keys of pages that the compiler does not know; an unknown key comes back as it is. */
export function lookUpPage(key: string, params?: Params): string {
  return isOwn(key) ? pageText(key, params) : key
}

/** As Locale, with the words of pages. */
export interface PageLocale extends Omit<Locale, 't'> {
  t: typeof pageText
}

const pageLocale: PageLocale = { ...useLocale(), t: pageText }

/** As `useLocale`, with the words of pages. */
export function usePageLocale(): PageLocale {
  return pageLocale
}
