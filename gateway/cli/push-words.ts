import type { DeliveryEvent } from '@herald/protocol'
import { Option } from 'commander'
import en from '../../locale/push/en.json'
import zhHans from '../../locale/push/zh-Hans.json'
import { fillText, type Language, type Params } from '../../locale/words'
import { printable } from './output'

type PushKey = keyof typeof en

const words: Readonly<Record<Language, Readonly<Record<PushKey, string>>>> = { en, 'zh-Hans': zhHans }

/** `--lang`, for commands that say what the app says. */
export const languageOption = (): Option =>
  new Option('--lang <language>', 'instead of the terminal’s (LC_ALL, LANG)').choices(Object.keys(words))

/** A text about pushes and deliveries, as the app words it. */
export function pushWord(language: Language, key: PushKey, params?: Params): string {
  return fillText(words[language][key], params)
}

/** One step on the way of a push: what happened, by which service, and what that said. */
export function describeStep(language: Language, { reason, provider, detail }: DeliveryEvent): string {
  const step = pushWord(language, `reason.${reason}`)
  const by =
    provider === undefined
      ? step
      : pushWord(language, 'delivery.by', { step, service: pushWord(language, `provider.${provider}`) })
  return detail === undefined || detail === ''
    ? by
    : `${by} ${pushWord(language, 'delivery.said', { detail: printable(detail) })}`
}
