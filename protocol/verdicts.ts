import type { Delivery, DeliveryReason } from './deliveries'
import type { ProviderName } from './push'

/**
 * What a test alert says of one device. `arrived`: the app has it, over its connection, after `ms` where that is known.
 * `pushed`: a push service took it after `ms`. `waiting`: something is still to come. `silent`: nothing alerts there, and why.
 */
export type Verdict =
  | { readonly kind: 'arrived'; readonly ms: number | null }
  | { readonly kind: 'pushed'; readonly provider: ProviderName; readonly ms: number }
  | { readonly kind: 'waiting'; readonly reason: DeliveryReason }
  | { readonly kind: 'silent'; readonly reason: DeliveryReason }

/** For so long an app that no push service knows may still answer over its connection (ms). */
const ANSWER_MS = 2000

/**
 * @param published when the message was accepted, ms since 1970
 * @param looked for how long it has been looked after, ms
 */
export function verdictOf(
  { state, reason, events }: Pick<Delivery, 'state' | 'reason' | 'events'>,
  published: number,
  looked: number,
): Verdict {
  const push = events.findLast((step) => step.reason === 'accepted' || step.reason === 'summarised')
  if (push?.provider !== undefined && (state === 'pushed' || state === 'acked'))
    return { kind: 'pushed', provider: push.provider, ms: Math.max(0, push.time - published) }
  if (state === 'acked') {
    const ack = events.findLast((step) => step.reason === 'acked')
    return { kind: 'arrived', ms: ack === undefined ? null : Math.max(0, ack.time - published) }
  }
  if (state === 'none' && looked < ANSWER_MS) return { kind: 'waiting', reason: 'awaiting_ack' }
  return { kind: state === 'waiting' ? 'waiting' : 'silent', reason }
}
