import { fillText, type Params } from './words'

/** A text of a host's: holes are filled as in ours, or it is made by what fills them, for languages with more plurals than two. */
export type GivenText = string | ((params: Params) => string)

/** Words of a host's by language (a BCP 47 tag) and key. */
export type GivenWords = Readonly<Record<string, Readonly<Record<string, GivenText>>>>

let given: GivenWords = {}
let appName: string | undefined

/** Takes a host's words in the place of ours, languages that we do not have, and what the app is called in our words. For all of the page. */
export function giveWords(words: GivenWords | undefined, name: string | undefined): void {
  given = { ...given, ...words }
  appName = name ?? appName
}

/** The language that a host has given words for which fits the system's locale best; undefined where none does. */
export function givenLanguage(locale: string): string | undefined {
  const wanted = `${locale.replace(/_/g, '-').toLowerCase()}-`
  return Object.keys(given)
    .filter((tag) => wanted.startsWith(`${tag.toLowerCase()}-`))
    .sort((one, other) => other.length - one.length)[0]
}

/** The languages that a host has added, with their own name where it gives one (`language.name`). */
export function givenLanguages(): { readonly tag: string; readonly name: string }[] {
  return Object.entries(given)
    .filter(([tag]) => tag !== 'en' && tag !== 'zh-Hans')
    .map(([tag, { 'language.name': name }]) => ({ tag, name: typeof name === 'string' ? name : tag }))
}

/** A host's text, else `own`. */
export function givenText(language: string, key: string, own: string, params?: Params): string {
  const text = given[language]?.[key] ?? named(own)
  return typeof text === 'string' ? fillText(text, params) : text(params ?? {})
}

/** Scripts that run from right to left are those of these languages, or are named in the tag. */
const RIGHT_TO_LEFT =
  /^(?:ar|arc|ckb|dv|fa|he|khw|ks|nqo|ps|sd|syr|ug|ur|yi)(?:-(?!Latn|Cyrl)|$)|-(?:Arab|Hebr|Syrc|Thaa)\b/i

/** Whether what is written in a language (a BCP 47 tag) runs from right to left. */
export const runsRightToLeft = (language: string): boolean => RIGHT_TO_LEFT.test(language)

const named = (own: string): string => (appName === undefined ? own : own.split('Herald').join(appName))
