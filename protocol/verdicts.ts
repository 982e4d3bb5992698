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

/**
 * Who can do something about a message that did not alert. `device`: its person, on it. `server`: whoever runs the gateway.
 * `later`: nobody, for now. `chosen`: it was wanted so. `connect`: the app is not open. `others`: another device is.
 */
export type Advice = 'device' | 'server' | 'later' | 'chosen' | 'connect' | 'others'

const advices: Partial<Readonly<Record<DeliveryReason, Advice>>> = {
  no_ack: 'connect',
  not_connected: 'connect',
  awaiting_ack: 'connect',
  other_device_active: 'others',
  retrying: 'later',
  circuit_open: 'later',
  quota: 'later',
  not_arrived: 'device',
  notifications_off: 'device',
  no_registration: 'device',
  registered_later: 'device',
  token_gone: 'device',
  muted: 'chosen',
  quiet_hours: 'chosen',
  low_priority: 'chosen',
  provider_off: 'server',
  refused: 'server',
  credentials_refused: 'server',
  gave_up: 'server',
  clock_doubted: 'server',
}

/** What to do about it; undefined where nothing is wrong, or nothing can be done. */
export const adviceOf = (reason: DeliveryReason): Advice | undefined => advices[reason]
