import type { Message, ProviderName } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { Circuits, type Health } from '../../../gateway/escalation/circuits'
import type { PushRow } from '../../../gateway/contracts/push-ledger'
import {
  ask,
  chooseRoute,
  healthOf,
  settleOutcome,
  toRings,
  type Ring,
  type Route,
} from '../../../gateway/escalation/ring'
import type { KnownRegistration } from '../../../gateway/contracts/devices'
import type { Alert, Outcome } from '../../../gateway/providers/provider'
import { exhaust, ScriptedProvider } from './escalation-world'

const NOW = Date.UTC(2026, 5, 1, 12)
const HOUR_MS = 3_600_000

const registration = (provider: ProviderName): KnownRegistration => ({
  ...{ provider, app: 'a', environment: 'production', kind: 'alert', token: provider, registered: 1 },
})
const all = (['apns', 'unipush', 'jpush'] as const).map(registration)
const on = (...names: ProviderName[]) => {
  const providers = new Map(names.map((name) => [name, new ScriptedProvider(name)]))
  return ({ provider }: KnownRegistration) => providers.get(provider)
}

describe('the way of a push', () => {
  const choose = (names: ProviderName[], position = 0, list = all, circuits = new Circuits()) =>
    chooseRoute(list, position, on(...names), circuits, NOW)

  it('is the first that is on, and knows whether another comes after it', () => {
    expect(choose(['apns', 'unipush'])).toMatchObject({ route: { position: 0, hasNext: true } })
    expect(choose(['unipush', 'jpush'])).toMatchObject({ route: { position: 1, hasNext: true } })
    expect(choose(['apns'])).toMatchObject({ route: { position: 0, hasNext: false } })
    expect(choose(['apns', 'jpush'], 1)).toMatchObject({ route: { position: 2, hasNext: false } })
  })

  it('that does not exist has the reason for it', () => {
    expect(choose(['apns'], 0, [])).toEqual({ type: 'none', reason: 'no_registration' })
    expect(choose([])).toEqual({ type: 'none', reason: 'provider_off' })
    expect(choose(['apns'], 1)).toEqual({ type: 'none', reason: 'refused' })
  })

  it('that is shut is waited for, the soonest of several', () => {
    const circuits = new Circuits()
    exhaust(circuits, 'apns', NOW + HOUR_MS)
    exhaust(circuits, 'unipush', NOW + 60_000)
    expect(choose(['apns', 'unipush'], 0, all, circuits)).toEqual({
      ...{ type: 'wait', until: NOW + 60_000, reason: 'quota' },
    })
    expect(choose(['apns', 'unipush', 'jpush'], 0, all, circuits)).toMatchObject({ route: { position: 2 } })
  })
})

describe('what is due', () => {
  const due = (push: string, priority: number) => ({
    row: { push, created: NOW } as PushRow,
    messages: [{ time: NOW, seq: 1, priority } as Message],
  })

  it('goes push by push, those with something urgent before the others', () => {
    const rings = toRings(
      [due('a', 3), due('b', 5), due('c', 4), due('a', 4), due('d', 3), due('d', 5)],
      HOUR_MS,
    )
    expect(rings.map(({ rows }) => rows.map(({ push }) => push))).toEqual([
      ['b'],
      ['d', 'd'],
      ['a', 'a'],
      ['c'],
    ])
  })
})

describe('an outcome', () => {
  const retry: Outcome = { type: 'retry', why: 'busy', unknown: false, provider: false }
  const message = { time: NOW } as Message
  const settle = (
    outcome: Outcome,
    changes: Partial<PushRow> = {},
    way: Partial<Route> = {},
    life = HOUR_MS,
  ) => {
    const row = { attempts: 0, position: 0, push: 'the-push', ...changes } as PushRow
    const ring: Ring = { rows: [row], messages: [message], expires: NOW + life }
    const route: Route = {
      ...{ provider: new ScriptedProvider('apns'), registration: registration('apns') },
      ...{ position: 0, hasNext: false, ...way },
    }
    return settleOutcome(outcome, ring, route, NOW)
  }

  it('that would come after the end of the message is the end of the push', () => {
    expect(settle({ ...retry, afterMs: HOUR_MS + 1 })).toMatchObject({ state: 'dead', reason: 'gave_up' })
    expect(settle({ ...retry, afterMs: HOUR_MS / 2 })).toMatchObject({ state: 'waiting', reason: 'retrying' })
  })

  it('is asked for a hundred times, and no more', () => {
    const day = 24 * HOUR_MS
    expect(settle(retry, { attempts: 99 }, {}, day)).toMatchObject({ state: 'waiting', attempts: 100 })
    expect(settle(retry, { attempts: 100 }, {}, day)).toMatchObject({ state: 'dead', attempts: 101 })
  })

  it('of a service that is down goes on to the next way at once, if it is known and there is one', () => {
    const down: Outcome = { ...retry, provider: true }
    expect(settle(down, {}, { hasNext: true })).toMatchObject({ position: 1, due: NOW, attempts: 1 })
    const same = settle({ ...down, unknown: true }, {}, { hasNext: true })
    expect(same).toMatchObject({ unknown: true, state: 'waiting' })
    expect(same.position).toBeUndefined()
    // The last way: from the first again, but later.
    expect(settle(down, { position: 2 }, { position: 2 })).toMatchObject({ position: 0 })
  })

  it('that is accepted is named as the service does, or else as we do', () => {
    expect(settle({ type: 'accepted', ref: 'theirs' })).toMatchObject({
      ref: 'theirs',
      attempts: 1,
      accepted: NOW,
    })
    expect(settle({ type: 'accepted' })).toMatchObject({ ref: 'the-push', unknown: false, due: null })
  })
})

describe('the health of a service', () => {
  it.each<[Outcome, Health]>([
    [{ type: 'retry', why: 'x', unknown: false, provider: true }, { type: 'failed' }],
    [{ type: 'retry', why: 'x', unknown: true, provider: true }, { type: 'failed' }],
    [{ type: 'retry', why: 'x', unknown: true, provider: false }, { type: 'works' }],
    [{ type: 'refused', why: 'x', blame: 'push' }, { type: 'works' }],
    [{ type: 'refused', why: 'x', blame: 'credentials' }, { type: 'refused' }],
    [{ type: 'gone', why: 'x' }, { type: 'works' }],
    [
      { type: 'quota', why: 'x', until: 5 },
      { type: 'exhausted', until: 5 },
    ],
    [{ type: 'accepted' }, { type: 'works' }],
  ])('suffers by its own failures, and not by those of single pushes: %j', (outcome, health) => {
    expect(healthOf(outcome)).toEqual(health)
  })
})

describe('a provider that throws', () => {
  it.each([
    ['at once', () => fault()],
    ['later', () => Promise.reject(new Error('a fault'))],
  ])('%s leaves the outcome unknown', async (_when, send) => {
    const provider = Object.assign(new ScriptedProvider('apns'), { send })
    const { signal } = new AbortController()
    const unknown = { type: 'retry', why: 'a fault', unknown: true, provider: true }
    expect(await ask(provider, registration('apns'), () => ({}) as Alert, signal)).toEqual(unknown)
    expect(await ask(new ScriptedProvider('apns'), registration('apns'), fault, signal)).toEqual(unknown)
  })
})

function fault(): never {
  throw new Error('a fault')
}
