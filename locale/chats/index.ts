import { textOf, type Dictionary, type Params } from '../index'
import en from './en.json'
import zhHans from './zh-Hans.json'

// Apart from the other words, which every first page loads: these belong to pages that are opened later.

export type ChatsKey = keyof typeof en

const words: Dictionary<ChatsKey> = { en, 'zh-Hans': zhHans }

const isKey = (key: string): key is ChatsKey => Object.prototype.hasOwnProperty.call(en, key)

/** A text about chats in the app's language. Reactive inside a render or a computed. */
export function chatsText(key: ChatsKey, params?: Params): string {
  return textOf(words, key, params)
}

/** What has failed, by the code of a ChatError. Reactive as `chatsText`. */
export function chatFailure(code: string): string {
  const key = `chats.error.${code}`
  return chatsText(isKey(key) ? key : 'chats.error.internal')
}

/** Why one is not in a room, by its `problem`. Reactive as `chatsText`. */
export function roomProblem(problem: string): string {
  const key = `chats.problem.${problem}`
  return chatsText(isKey(key) ? key : 'chats.problem.refused')
}
