import { computed, ref, type ComputedRef } from 'vue'
import en from './en.json'
import * as format from './format'
import { resolveLanguage, translate, type Language, type MessageKey, type Params } from './words'

export { resolveLanguage, translate, type Language, type MessageKey, type Params } from './words'

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
