import { computed, ref, type ComputedRef } from 'vue'
import alertsEn from './alerts/en.json'
import * as format from './format'
import { givenText, givenLanguage } from './given'
import {
  alertWords,
  resolveLanguage,
  words,
  type AlertKey,
  type Dictionary,
  type Language,
  type MessageKey,
  type Params,
} from './words'

export {
  resolveLanguage,
  translate,
  type Dictionary,
  type Language,
  type MessageKey,
  type Params,
} from './words'

/** A BCP 47 tag: one of ours, or one that a host has given words for. */
const current = ref(spoken('auto'))

/** Makes the app speak the chosen language from now on: a BCP 47 tag, or `auto`. */
export function setLanguage(chosen: string): void {
  current.value = spoken(chosen)
}

function spoken(chosen: string): string {
  if (chosen !== 'auto') return chosen
  const system = systemLocale()
  return givenLanguage(system) ?? resolveLanguage('auto', system)
}

/** The language that is spoken: a BCP 47 tag. Reactive inside a render or a computed. */
export const spokenLanguage = (): string => current.value

/** Of ours, the language that is spoken, or stands in for words that a host has not given. */
export const ownLanguage = (): Language => resolveLanguage('auto', current.value)

/** A text of a dictionary in the app's language, unless a host has given another one. Reactive inside a render or a computed. */
export function textOf<Key extends string>(from: Dictionary<Key>, key: Key, params?: Params): string {
  return givenText(current.value, key, from[ownLanguage()][key], params)
}

/** A text in the app's language, for code outside components. Reactive inside a render or a computed. */
export function t(key: MessageKey, params?: Params): string {
  return textOf(words, key, params)
}

/** A word of alerts, by a key that the compiler does not know; an unknown key comes back as it is. */
export function lookUp(key: string, params?: Params): string {
  return isAlertKey(key) ? textOf(alertWords, key, params) : key
}

const isAlertKey = (key: string): key is AlertKey => Object.prototype.hasOwnProperty.call(alertsEn, key)

export interface Locale {
  t: typeof t
  /** A BCP 47 tag. */
  language: ComputedRef<string>
  /** Relative today, the time of day before. `now` is given by the caller, who owns the clock. */
  formatTime: (ms: number, now: number) => string
  /** A date heading. */
  formatDay: (ms: number, now: number) => string
  /** Weekday, date and time. */
  formatFull: (ms: number) => string
}

const locale: Locale = {
  t,
  // Nobody misses it who takes none of these: a host without Herald's components.
  language: /* #__PURE__ */ computed(spokenLanguage),
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
