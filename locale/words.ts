import alertsEn from './alerts/en.json'
import alertsZhHans from './alerts/zh-Hans.json'
import en from './en.json'
import zhHans from './zh-Hans.json'

export type Language = 'zh-Hans' | 'en'
export type AlertKey = keyof typeof alertsEn
export type MessageKey = AlertKey | keyof typeof en
export type Params = Readonly<Record<string, string | number>>

/** Words in both languages. */
export type Dictionary<Key extends string> = Readonly<Record<Language, Readonly<Record<Key, string>>>>

/** What is said outside of pages: all that is needed where a host draws everything by itself. */
export const alertWords: Dictionary<AlertKey> = { en: alertsEn, 'zh-Hans': alertsZhHans }

/** What every page needs. */
export const words: Dictionary<MessageKey> = {
  en: { ...alertsEn, ...en },
  'zh-Hans': { ...alertsZhHans, ...zhHans },
}

/** The language to speak: the one chosen, or with `auto` Chinese where the system's locale is Chinese and English elsewhere. */
export function resolveLanguage(chosen: Language | 'auto', systemLocale: string): Language {
  if (chosen !== 'auto') return chosen
  return /^zh\b/i.test(systemLocale.replace('_', '-')) ? 'zh-Hans' : 'en'
}

/** A text of one language. `one|many` texts are chosen by `params.count`; `{name}` is replaced by `params.name`. */
export function translate(language: Language, key: MessageKey, params?: Params): string {
  return fillText(words[language][key], params)
}

/** Puts parameters into a text of any dictionary. */
export function fillText(text: string, params?: Params): string {
  if (!params) return text
  const [one = text, many] = text.split('|')
  const chosen = many === undefined || params.count === 1 ? one : many
  return chosen.replace(/\{(\w+)\}/g, (hole, name: string) => String(params[name] ?? hole))
}
