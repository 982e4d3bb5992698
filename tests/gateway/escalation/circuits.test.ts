import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  circuitOf,
  Circuits,
  CLOSED,
  hear,
  letIn,
  type Circuit,
  type Health,
  type Pass,
} from '../../../gateway/escalation/circuits'
import type { PushTarget } from '../../../gateway/providers/provider'
import { exhaust, ScriptedProvider } from './escalation-world'

const failed: Health = { type: 'failed' }
const works: Health = { type: 'works' }
const apns = { provider: 'apns' }
const YEAR_MS = 365 * 86_400_000

/** The circuit after one push for each answer, each let in before the next is answered. */
function after(circuit: Circuit, healths: readonly Health[], now: number): Circuit {
  return healths.reduce((state, health) => hear(state, state.life, health, now), circuit)
}

const times = (count: number, health: Health): Health[] => Array.from({ length: count }, () => health)
const OPEN = after(CLOSED, times(5, failed), 0)

/** What `letIn` makes of a circuit that lets one in. */
function entered(circuit: Circuit, now: number): Circuit {
  const next = letIn(circuit, now)
  if (!('life' in next)) throw new Error('it lets nothing in')
  return next
}

describe('a circuit', () => {
  it('lets all in while it is closed, and opens after five failures in a row', () => {
    const four = after(CLOSED, times(4, failed), 0)
    expect(letIn(four, 0)).toBe(four)
    expect(after(four, [works, ...times(4, failed)], 0)).toMatchObject({ name: 'closed', failures: 4 })
    expect(after(four, [failed], 0)).toEqual({
      ...{ name: 'open', life: 1, until: 10_000, pauses: 1, reason: 'circuit_open' },
    })
  })

  it('that is open says how long it is so, and why', () => {
    expect(letIn(OPEN, 9999)).toEqual({ until: 10_000, reason: 'circuit_open' })
  })

  it('is tried out by one push, which the others wait for', () => {
    const trying = entered(OPEN, 10_000)
    expect(trying).toMatchObject({ name: 'trying', life: 2 })
    expect(letIn(trying, 10_000)).toEqual({ until: 11_000, reason: 'circuit_open' })
    expect(hear(trying, 2, works, 12_000)).toMatchObject({ name: 'closed', life: 3, failures: 0 })
  })

  it('goes on to the next trial when nothing is heard of one for a minute, and the first no longer counts', () => {
    const first = entered(OPEN, 10_000)
    expect(letIn(first, 69_999)).toEqual({ until: 70_999, reason: 'circuit_open' })
    const second = entered(first, 70_000)
    expect(hear(second, first.life, failed, 70_000)).toBe(second)
    expect(hear(second, second.life, works, 70_000)).toMatchObject({ name: 'closed' })
  })

  it('pauses twice as long after each trial that fails, five minutes at most', () => {
    const pauses: number[] = []
    let circuit = OPEN
    for (let index = 0; index < 7; index++) {
      const trying = entered(circuit, 0 + (circuit.name === 'open' ? circuit.until : 0))
      circuit = hear(trying, trying.life, failed, 0)
      if (circuit.name === 'open') pauses.push(circuit.until)
    }
    expect(pauses).toEqual([20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000])
  })

  it.each<[string, Health, object]>([
    ['refused credentials', { type: 'refused' }, { until: 300_000, reason: 'credentials_refused' }],
    ['a used-up quota', { type: 'exhausted', until: 777_000 }, { until: 777_000, reason: 'quota' }],
  ])(
    'opens at once for %s, and a trial that fails after it pauses as the first does',
    (_what, health, state) => {
      const open = hear(CLOSED, 0, health, 0)
      expect(open).toMatchObject({ name: 'open', pauses: 0, ...state })
      const trying = entered(open, 777_000)
      expect(hear(trying, trying.life, failed, 777_000)).toMatchObject({ until: 787_000, pauses: 1 })
    },
  )

  it('keeps the length of its pauses over a refusal of credentials', () => {
    const trying = entered(OPEN, 10_000)
    expect(hear(trying, trying.life, { type: 'refused' }, 10_000)).toMatchObject({ pauses: 1 })
  })

  it('has its trial again when the one that went in sent nothing', () => {
    const trying = entered(OPEN, 10_000)
    const back = hear(trying, trying.life, { type: 'unused' }, 10_000)
    expect(back).toMatchObject({ name: 'open', until: 10_000, pauses: 1, reason: 'circuit_open' })
    expect(entered(back, 10_000)).toMatchObject({ name: 'trying' })
    const three = after(CLOSED, times(3, failed), 0)
    expect(hear(three, 0, { type: 'unused' }, 0)).toBe(three)
  })

  it.each<[Health]>([[works], [failed], [{ type: 'refused' }], [{ type: 'exhausted', until: 9e9 }]])(
    'hears nothing of %j from what went in before it opened, not while it is tried out either',
    (health) => {
      expect(hear(OPEN, 0, health, 5000)).toBe(OPEN)
      const trying = entered(OPEN, 10_000)
      expect(hear(trying, 0, health, 10_000)).toBe(trying)
      const closed = hear(trying, trying.life, works, 10_000)
      expect(hear(closed, 0, health, 10_000)).toBe(closed)
    },
  )

  it('lets one in between two answers of its trials, whatever comes in whatever order', () => {
    const health = fc.constantFrom<Health>(works, failed, { type: 'refused' }, { type: 'unused' })
    const step = fc.record({ waitMs: fc.nat(400_000), health, which: fc.nat(20) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let [circuit, now] = [CLOSED, 0]
        const lives: number[] = []
        for (const { waitMs, health: heard, which } of steps) {
          const before = circuit
          const next = letIn(circuit, (now += waitMs))
          if ('life' in next) lives.push((circuit = next).life)
          // A second one goes in only where the circuit is closed.
          if (circuit.name === 'trying') expect('life' in letIn(circuit, now)).toBe(false)
          expect(circuit.life).toBeGreaterThanOrEqual(before.life)
          const life = lives[which % Math.max(lives.length, 1)]
          if (life === undefined) continue
          const heardOf = hear(circuit, life, heard, now)
          if (life !== circuit.life) expect(heardOf).toBe(circuit)
          if (heardOf.name !== circuit.name) expect(heardOf.life).toBe(circuit.life + 1)
          circuit = heardOf
        }
      }),
    )
  })
})

describe('the circuits', () => {
  const pass = (circuits: Circuits, name = apns, now = 0): Pass => {
    const entry = circuits.enter(name, now)
    if (!('life' in entry)) throw new Error('it lets nothing in')
    return entry
  }

  it('pause for no longer when they did so by a clock that was ahead', () => {
    const circuits = new Circuits()
    circuits.hear(pass(circuits, apns, YEAR_MS), { type: 'refused' }, YEAR_MS)
    circuits.shift(-YEAR_MS)
    expect(circuits.open(0)).toEqual([apns])
    expect(circuits.enter(apns, 5 * 60_000)).toMatchObject({ name: apns })
  })

  it('count failures again when a push has worked by a clock that was ahead', () => {
    const circuits = new Circuits()
    const underWay = pass(circuits, apns, YEAR_MS)
    circuits.hear(pass(circuits, apns, YEAR_MS), works, YEAR_MS)
    circuits.shift(-YEAR_MS)
    circuits.hear(underWay, works, 0)
    for (let push = 1; push <= 5; push += 1) circuits.hear(pass(circuits, apns, push), failed, push)
    expect(circuits.open(5)).toEqual([apns])
  })

  it('of two providers, and of two services of one, do not know each other', () => {
    const circuits = new Circuits()
    const apple = { provider: 'webpush', service: 'push.apple.com' }
    circuits.hear(pass(circuits, apple), { type: 'refused' }, 0)
    expect(circuits.enter(apple, 0)).toEqual({ until: 300_000, reason: 'credentials_refused' })
    for (const other of [
      { provider: 'webpush', service: 'fcm.googleapis.com' },
      { provider: 'webpush' },
      apns,
    ])
      expect(circuits.enter(other, 0)).toHaveProperty('life')
    expect(circuits.open(0)).toEqual([apple])
  })

  it('tell which are left alone now, and not those that may be tried out', () => {
    const circuits = new Circuits()
    exhaust(circuits, 'apns', 5000)
    expect(circuits.open(4999)).toEqual([apns])
    expect(circuits.open(5000)).toEqual([])
    pass(circuits, apns, 5000)
    expect(circuits.open(5000)).toEqual([])
  })

  it('count the failures of pushes that went in together as one each, and the late ones not at all', () => {
    const circuits = new Circuits()
    const passes = Array.from({ length: 20 }, () => pass(circuits))
    for (const one of passes) circuits.hear(one, failed, 0)
    expect(circuits.enter(apns, 0)).toEqual({ until: 10_000, reason: 'circuit_open' })
    const trial = pass(circuits, apns, 10_000)
    for (const one of passes) circuits.hear(one, failed, 10_000)
    expect(circuits.enter(apns, 10_000)).toEqual({ until: 11_000, reason: 'circuit_open' })
    circuits.hear(trial, works, 10_500)
    expect(circuits.enter(apns, 10_500)).toHaveProperty('life')
  })

  it('stay closed for pushes that hung, when one that went in later was taken', () => {
    const circuits = new Circuits()
    const hung = Array.from({ length: 9 }, () => pass(circuits, apns, 0))
    circuits.hear(pass(circuits, apns, 14_000), works, 14_100)
    for (const one of hung) circuits.hear(one, failed, 15_000)
    expect(circuits.enter(apns, 15_000)).toHaveProperty('life')
    for (let index = 0; index < 5; index += 1) circuits.hear(pass(circuits, apns, 15_000), failed, 15_000)
    expect(circuits.enter(apns, 15_000)).toEqual({ until: 25_000, reason: 'circuit_open' })
  })

  it('stay closed for pushes that hung while the clock went back, when one that went in later was taken', () => {
    const circuits = new Circuits()
    const hung = Array.from({ length: 9 }, () => pass(circuits, apns, YEAR_MS))
    circuits.shift(-YEAR_MS)
    circuits.hear(pass(circuits, apns, 14_000), works, 14_100)
    for (const one of hung) circuits.hear(one, failed, 15_000)
    expect(circuits.enter(apns, 15_000)).toHaveProperty('life')
  })

  it('are of the provider, or of the service that it names for a target', () => {
    const target = { token: 'https://push.example' } as PushTarget
    const provider = new ScriptedProvider('webpush')
    expect(circuitOf(provider, target)).toEqual({ provider: 'webpush' })
    const serviceOf = ({ token }: PushTarget): string => token.slice(8)
    expect(circuitOf(Object.assign(provider, { serviceOf }), target)).toEqual({
      ...{ provider: 'webpush', service: 'push.example' },
    })
  })
})
