import { textOf, type Dictionary, type Params } from '../index'
import en from './en.json'
import zhHans from './zh-Hans.json'

// Apart from the words of other pages: who is not signed in waits for these alone.

export type SignInKey = keyof typeof en

const words: Dictionary<SignInKey> = { en, 'zh-Hans': zhHans }

/** A text of the sign-in page in the app's language. Reactive inside a render or a computed. */
export function signInText(key: SignInKey, params?: Params): string {
  return textOf(words, key, params)
}

/** Why a session ended, by the gateway's code. */
export function endedText(code: string): string {
  const key = `signIn.ended.${code}`
  return signInText(isOwn(key) ? key : 'signIn.ended.other')
}

const isOwn = (key: string): key is SignInKey => Object.prototype.hasOwnProperty.call(en, key)
