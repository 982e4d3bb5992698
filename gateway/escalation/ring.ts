import type { DeliveryEvent, DeliveryReason, Message } from '@herald/protocol'
import type { KnownRegistration } from '../devices/device-directory'
import type { Outcome, Provider } from '../providers/provider'
import type { Circuits } from './circuits'
import type { Settlement } from './push-commands'
import type { PushRow } from './push-rows'
import { retryDelay } from './retry'

/** One push to be made: what it is for, and until when it is worth making. */
export interface Ring {
  readonly rows: readonly [PushRow, ...PushRow[]]
  readonly messages: readonly [Message, ...Message[]]
  readonly expires: number
}

/** Where a push goes. `position` is the registration's place in the device's order. */
export interface Route {
  readonly provider: Provider
  readonly registration: KnownRegistration
  readonly position: number
  /** Whether the device can be rung by another way after this. */
  readonly hasNext: boolean
}

export type RouteChoice =
  | { readonly type: 'route'; readonly route: Route }
  | { readonly type: 'wait'; readonly until: number; readonly reason: DeliveryReason }
  | { readonly type: 'none'; readonly reason: DeliveryReason }

/**
 * The first of a device's registrations, from a position on, whose provider is on and takes pushes now. While one
 * provider is left alone the next registration has its turn; when all are, the soonest is waited for.
 */
export function chooseRoute(
  registrations: readonly KnownRegistration[],
  position: number,
  find: (registration: KnownRegistration) => Provider | undefined,
  circuits: Circuits,
  now: number,
): RouteChoice {
  let wait: { until: number; reason: DeliveryReason } | undefined
  for (const [index, registration] of registrations.entries()) {
    const provider = index < position ? undefined : find(registration)
    if (!provider) continue
    const closed = circuits.enter(provider.name, now)
    if (!closed) {
      const hasNext = registrations.slice(index + 1).some((other) => find(other) !== undefined)
      return { type: 'route', route: { provider, registration, position: index, hasNext } }
    }
    if (!wait || closed.until < wait.until) wait = closed
  }
  if (wait) return { type: 'wait', ...wait }
  if (registrations.length === 0) return { type: 'none', reason: 'no_registration' }
  return { type: 'none', reason: position === 0 ? 'provider_off' : 'refused' }
}

/** Tries of one push after which nothing will change any more. */
const MAX_ATTEMPTS = 100

type SettledRing = Omit<Settlement, 'keys'>

/** What an outcome means for the push: done, once more, by another way, or never. */
export function settleOutcome(
  outcome: Outcome,
  { rows: [row], expires }: Ring,
  { provider: { name: provider }, position, hasNext }: Route,
  now: number,
): SettledRing {
  const step = (reason: DeliveryReason, detail?: string): DeliveryEvent => ({
    ...{ time: now, reason, provider },
    ...(detail !== undefined && { detail }),
  })
  const again = (reason: DeliveryReason, due: number, change: Partial<SettledRing> = {}): SettledRing => ({
    ...{ state: 'waiting', reason, due, step: step(reason, 'why' in outcome ? outcome.why : undefined) },
    // Of an earlier try it may still be unknown whether it was taken: whatever this one says, that stays so.
    ...{ provider, ...change },
  })
  switch (outcome.type) {
    case 'accepted':
      return {
        ...{ state: 'pushed', reason: 'accepted', due: null, step: step('accepted', outcome.ref) },
        ...{ provider, accepted: now, unknown: false },
        ...{ attempts: row.attempts + 1, ref: outcome.ref ?? row.push },
      }
    case 'gone':
      // The registration is dropped by now, so the same position is the next one.
      return again('token_gone', now)
    case 'quota':
      return again('quota', now)
    case 'refused':
      if (outcome.blame === 'credentials') return again('credentials_refused', now)
      return again('refused', now, { position: position + 1 })
    case 'retry': {
      const attempts = row.attempts + 1
      // The service is down and did not take it: another way need not wait for it.
      if (outcome.provider && !outcome.unknown && hasNext)
        return again('retrying', now, { attempts, position: position + 1 })
      const due = now + retryDelay(attempts, outcome.afterMs)
      if (due > expires || attempts > MAX_ATTEMPTS)
        return {
          state: 'dead',
          reason: 'gave_up',
          due: null,
          attempts,
          provider,
          step: step('gave_up', outcome.why),
        }
      if (outcome.unknown) return again('retrying', due, { attempts, unknown: true })
      // All ways had their turn: the first is tried again.
      return again('retrying', due, { attempts, position: hasNext ? position : 0 })
    }
  }
}

/** Tells the provider's circuit what an outcome says about the service as a whole. */
export function noteHealth(circuits: Circuits, provider: string, outcome: Outcome, now: number): void {
  if (outcome.type === 'quota') circuits.exhausted(provider, outcome.until)
  else if (outcome.type === 'refused' && outcome.blame === 'credentials') circuits.refused(provider, now)
  else if (outcome.type === 'retry' && outcome.provider) circuits.failed(provider, now)
  else circuits.works(provider, now)
}

/** A provider does not throw; what does is a fault on the way to it, and nobody knows whether the push was taken. */
export const unexplained = (error: unknown): Outcome => ({
  ...{ type: 'retry', unknown: true, provider: true },
  why: error instanceof Error ? error.message : String(error),
})
