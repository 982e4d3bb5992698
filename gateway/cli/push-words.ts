import type { DeliveryEvent } from '@herald/protocol'
import en from '../../locale/push/en.json'
import { fillText, type Params } from '../../locale/words'
import { printable } from './output'

/** A text about pushes and deliveries, as the app words it in English. */
export function pushWord(key: keyof typeof en, params?: Params): string {
  return fillText(en[key], params)
}

/** One step on the way of a push: what happened, by which service, and what that said. */
export function describeStep({ reason, provider, detail }: DeliveryEvent): string {
  const step = pushWord(`reason.${reason}`)
  const by =
    provider === undefined
      ? step
      : pushWord('delivery.by', { step, service: pushWord(`provider.${provider}`) })
  return detail === undefined || detail === ''
    ? by
    : `${by} ${pushWord('delivery.said', { detail: printable(detail) })}`
}
