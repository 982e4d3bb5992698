import {
  unionRanges,
  URGENT,
  type DeliveryEvent,
  type DeliveryReason,
  type Message,
  type Range,
  type ReadRanges,
} from '@herald/protocol'
import type { KnownRegistration } from '../contracts/devices'
import { shownOf, toKey, type PushRow, type Settlement } from '../contracts/push-ledger'
import type { Alert, Outcome, Provider, PushTarget } from '../providers/provider'
import { circuitOf, type Circuits, type Health, type Pass } from './circuits'
import type { Verdict } from './decide'

const RETRY_BASE_MS = 1000
const RETRY_CAP_MS = 15 * 60_000

/** One push to be made: what it is for, and until when it is worth making. */
export interface Ring {
  readonly rows: readonly [PushRow, ...PushRow[]]
  readonly messages: readonly [Message, ...Message[]]
  readonly expires: number
}

/** A row that is to ring, with what it rings for. */
export interface DueRow {
  readonly row: PushRow
  readonly messages: readonly Message[]
}

/**
 * What is due, by the id that it is sent under: each is one push. Those with something
 * urgent come first.
 */
export function toRings(due: readonly DueRow[], lifeMs: number): Ring[] {
  const pushes = new Map<string, DueRow[]>()
  for (const one of due) {
    const known = pushes.get(one.row.push)
    if (known) known.push(one)
    else pushes.set(one.row.push, [one])
  }
  const rings = [...pushes.values()].flatMap((together) => toRing(together, lifeMs) ?? [])
  return [...rings.filter(isUrgent), ...rings.filter((ring) => !isUrgent(ring))]
}

/** Whether a push waits for nothing. */
export const isUrgent = ({ messages }: Ring): boolean => messages.some(({ priority }) => priority >= URGENT)

/**
 * Of a device's pushes those that go now: what is urgent goes side by side, since a service may hang over any of it; the
 * rest goes one by one, so that it is seen how many the device has had.
 */
export function firstRings(rings: readonly Ring[]): readonly Ring[] {
  const urgent = rings.filter(isUrgent)
  return urgent.length > 0 ? urgent : rings.slice(0, 1)
}

function toRing(due: readonly DueRow[], lifeMs: number): Ring | undefined {
  const [firstRow, ...rows] = due.map(({ row }) => row)
  const [first, ...rest] = due
    .flatMap(({ messages }) => messages)
    .sort((a, b) => a.time - b.time || a.seq - b.seq)
  if (firstRow === undefined || first === undefined) return undefined
  const ends = due.flatMap(({ row, messages }) =>
    messages.map(({ time, expires }) => expires ?? Math.max(time, row.created) + lifeMs),
  )
  return { rows: [firstRow, ...rows], messages: [first, ...rest], expires: Math.max(...ends) }
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
  | { readonly type: 'route'; readonly route: Route; readonly pass: Pass }
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
    const entry = circuits.enter(circuitOf(provider, registration), now)
    if ('life' in entry) {
      const hasNext = registrations.slice(index + 1).some((other) => find(other) !== undefined)
      return { type: 'route', route: { provider, registration, position: index, hasNext }, pass: entry }
    }
    if (!wait || entry.until < wait.until) wait = entry
  }
  if (wait) return { type: 'wait', ...wait }
  if (registrations.length === 0) return { type: 'none', reason: 'no_registration' }
  return { type: 'none', reason: position === 0 ? 'provider_off' : 'refused' }
}

/** Tries of one push after which nothing will change any more. */
const MAX_ATTEMPTS = 100

type SettledRing = Omit<Settlement, 'keys'>

/** What was sent, as far as its outcome is judged by it. */
interface Sent {
  readonly rows: readonly [Pick<PushRow, 'attempts' | 'push'>, ...unknown[]]
  readonly expires: number
}

/** What an outcome means for the push: done, once more, by another way, or never. */
export function settleOutcome(
  outcome: Outcome,
  { rows: [row], expires }: Sent,
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
          ...(outcome.unknown && { unknown: true }),
        }
      if (outcome.unknown) return again('retrying', due, { attempts, unknown: true })
      // All ways had their turn: the first is tried again.
      return again('retrying', due, { attempts, position: hasNext ? position : 0 })
    }
  }
}

/** Whether what was sent may lie on the screen. */
export const mayShow = (outcome: Outcome): boolean =>
  outcome.type === 'accepted' || (outcome.type === 'retry' && outcome.unknown)

/** What of a row this push shows, and what one before may have that is the same push. */
export function nowShown(row: PushRow, { messages }: Ring): ReadRanges {
  const ranges = messages
    .filter(({ feed, seq }) => feed === row.feed && row.first <= seq && seq <= row.last)
    .map(({ seq }): Range => [seq, seq])
  return unionRanges(row.unknown === 1 ? shownOf(row) : [], ranges)
}

/** What an outcome says about the service as a whole: whatever it says of one push, it answered in its right mind. */
export function healthOf(outcome: Outcome): Health {
  if (outcome.type === 'quota') return { type: 'exhausted', until: outcome.until }
  if (outcome.type === 'refused' && outcome.blame === 'credentials') return { type: 'refused' }
  return { type: outcome.type === 'retry' && outcome.provider ? 'failed' : 'works' }
}

/** Builds one push and asks a provider for it; answers with an outcome whatever comes of it. */
export async function ask(
  provider: Provider,
  target: PushTarget,
  build: () => Alert,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return await provider.send(target, build(), signal)
  } catch (error) {
    return unexplained(error)
  }
}

/** A provider does not throw; what does is a fault on the way to it, and nobody knows whether the push was taken. */
export const unexplained = (error: unknown): Outcome => ({
  ...{ type: 'retry', unknown: true, provider: true },
  why: error instanceof Error ? error.message : String(error),
})

/** Leaves a push for later. @param until ms */
export function hold(
  rows: readonly PushRow[],
  reason: DeliveryReason,
  until: number,
  now: number,
): Settlement {
  return { keys: rows.map(toKey), state: 'waiting', reason, due: until, step: { time: now, reason } }
}

/** Ends a push without a try. */
export function end(
  rows: readonly PushRow[],
  state: 'cancelled' | 'dead',
  reason: DeliveryReason,
  now: number,
): Settlement {
  return { keys: rows.map(toKey), state, reason, due: null, step: { time: now, reason } }
}

/** A row with what was decided about it. */
export interface Decided {
  readonly row: PushRow
  readonly verdict: Verdict
}

/**
 * Makes a push that may have gone go again whole: a row that would wait goes with the rows that it may have gone with,
 * as the newer messages of one row go with its oldest. In parts under one id a service that knows repeats would drop
 * the second part, and on the screen each would take the place of the one before.
 */
export function keepWhole(decided: readonly Decided[]): Decided[] {
  const going = decided.filter(({ row, verdict }) => row.unknown === 1 && verdict.do === 'push')
  const pushes = new Set(going.map(({ row }) => row.push))
  return decided.map(({ row, verdict }) => {
    const joins = row.unknown === 1 && verdict.do === 'wait' && pushes.has(row.push)
    return { row, verdict: joins ? { do: 'push', messages: verdict.messages } : verdict }
  })
}

/**
 * When to try again, ms from now: full jitter, so that what failed together does not come back together
 * (aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter). Never before the service wants it.
 * @param attempts tries that have failed, from 1
 * @param random from 0 to 1
 */
export function retryDelay(attempts: number, afterMs = 0, random: () => number = Math.random): number {
  const ceiling = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(attempts, 20))
  return afterMs + Math.round(random() * ceiling)
}
