import { computed, ref, type ComputedRef } from 'vue'
import en from './en.json'
import * as format from './format'
import zhHans from './zh-Hans.json'

export type Language = 'zh-Hans' | 'en'
export type MessageKey = keyof typeof en
export type Params = Readonly<Record<string, string | number>>

const words: Readonly<Record<Language, Readonly<Record<MessageKey, string>>>> = { en, 'zh-Hans': zhHans }

/** The language to speak: the one chosen, or with `auto` Chinese where the system's locale is Chinese and English elsewhere. */
export function resolveLanguage(chosen: Language | 'auto', systemLocale: string): Language {
  if (chosen !== 'auto') return chosen
  return /^zh\b/i.test(systemLocale.replace('_', '-')) ? 'zh-Hans' : 'en'
}

/** A text of one language. `one|many` texts are chosen by `params.count`; `{name}` is replaced by `params.name`. */
export function translate(language: Language, key: MessageKey, params?: Params): string {
  const text = words[language][key]
  if (!params) return text
  const [one = text, many] = text.split('|')
  const chosen = many === undefined || params.count === 1 ? one : many
  return chosen.replace(/\{(\w+)\}/g, (hole, name: string) => String(params[name] ?? hole))
}

const current = ref<Language>(resolveLanguage('auto', systemLocale()))

/** Makes the app speak the chosen language from now on. */
export function setLanguage(chosen: Language | 'auto'): void {
  current.value = resolveLanguage(chosen, systemLocale())
}

/** A text in the app's language, for code outside components. Reactive inside a render or a computed. */
export function t(key: MessageKey, params?: Params): string {
  return translate(current.value, key, params)
}

/** As `t`, for keys that the compiler does not know; an unknown key comes back as it is. */
export function lookUp(key: string, params?: Params): string {
  return isKey(key) ? t(key, params) : key
}

const isKey = (key: string): key is MessageKey => Object.prototype.hasOwnProperty.call(en, key)

export interface Locale {
  t: typeof t
  language: ComputedRef<Language>
  /** Relative today, the time of day before. `now` is given by the caller, who owns the clock. */
  formatTime: (ms: number, now: number) => string
  /** A date heading. */
  formatDay: (ms: number, now: number) => string
  /** Weekday, date and time. */
  formatFull: (ms: number) => string
}

const locale: Locale = {
  t,
  language: computed(() => current.value),
  formatTime: (ms, now) => format.formatTime(t, ms, now),
  formatDay: (ms, now) => format.formatDay(t, ms, now),
  formatFull: (ms) => format.formatFull(t, ms),
}

/** Words and times in the app's language; everything it returns is reactive. */
export function useLocale(): Locale {
  return locale
}

function systemLocale(): string {
  // Absent in unit tests.
  return typeof uni === 'undefined' ? 'en' : uni.getLocale()
}
