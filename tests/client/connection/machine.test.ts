import { closeCodes } from '@herald/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BACKOFF_CAP_MS,
  CONNECT_TIMEOUT_MS,
  DOUBTED_DIAL_MS,
  FROZEN_MS,
  initialState,
  next,
  PONG_TIMEOUT_MS,
  PROBE_TIMEOUT_MS,
  type Effect,
  type Event,
  type State,
} from '@/services/connection/machine'

const NOW = 1_000_000
const HEARTBEAT_MS = 25_000

const stopped: State = { name: 'stopped', code: 0 }
const replaced: State = { name: 'stopped', code: 4520 }
const suspended: State = { name: 'suspended' }
const waiting: State = { name: 'waiting', attempt: 3, code: 1006, dueAt: NOW + 500 }
const connecting: State = { name: 'connecting', attempt: 2, startedAt: NOW - 100, dueAt: NOW + 900 }
const quiet: State = { name: 'live', attempt: 4, heartbeatMs: HEARTBEAT_MS, phase: 'quiet', dueAt: NOW }
const probing: State = { ...quiet, phase: 'probing' }

const step = (state: State, event: Event, now = NOW, random = 0.5) => next(state, event, { now, random })
const kinds = (effects: readonly Effect[]): string[] => effects.map(({ type }) => type)

const start: Event = { type: 'start' }
const stop: Event = { type: 'stop' }
const suspend: Event = { type: 'suspend' }
const foreground: Event = { type: 'foreground' }
const regained: Event = { type: 'networkRegained' }
const lost: Event = { type: 'networkLost' }
const opened: Event = { type: 'opened' }
const welcomed: Event = { type: 'welcomed', heartbeatMs: HEARTBEAT_MS }
const heard: Event = { type: 'heard' }
const pong: Event = { type: 'pong' }
const timer: Event = { type: 'timer' }
const renewed: Event = { type: 'renewed' }
const expired: State = { name: 'stopped', code: closeCodes.token_expired }
const refused: Event = { type: 'refused', code: 4510 }
const broken: Event = { type: 'broken', reason: 'hole' }
const closed = (code: number, reason = ''): Event => ({ type: 'closed', code, reason })

describe('every state and event', () => {
  test.each<[string, State, Event, State['name'], string[]]>([
    ['stopped, start', stopped, start, 'connecting', ['dial', 'timer']],
    ['stopped, stop', stopped, stop, 'stopped', ['clearTimer']],
    ['stopped, suspend', stopped, suspend, 'stopped', []],
    ['stopped, foreground', stopped, foreground, 'stopped', []],
    ['stopped because replaced, foreground', replaced, foreground, 'connecting', ['dial', 'timer']],
    ['stopped, network regained', stopped, regained, 'stopped', []],
    ['stopped, a late close', stopped, closed(1006), 'stopped', []],
    ['stopped, a late timer', stopped, timer, 'stopped', []],
    ['stopped, a new token', stopped, renewed, 'stopped', []],
    ['stopped because the token expired, a new one', expired, renewed, 'connecting', ['dial', 'timer']],
    ['stopped because replaced, a new token', replaced, renewed, 'stopped', []],
    ['suspended, a new token', suspended, renewed, 'suspended', []],
    ['waiting, a new token', waiting, renewed, 'connecting', ['dial', 'timer']],
    ['connecting, a new token', connecting, renewed, 'connecting', ['close', 'dial', 'timer']],
    ['stopped, a late refusal', stopped, refused, 'stopped', []],
    ['suspended, a late refusal', suspended, refused, 'suspended', []],
    ['waiting, a late refusal', waiting, refused, 'waiting', []],
    ['connecting, refused', connecting, refused, 'stopped', ['close', 'clearTimer']],
    ['live, refused', quiet, refused, 'stopped', ['close', 'clearTimer']],
    ['live, a new token', quiet, renewed, 'connecting', ['close', 'dial', 'timer']],
    ['suspended, foreground', suspended, foreground, 'connecting', ['dial', 'timer']],
    ['suspended, start', suspended, start, 'connecting', ['dial', 'timer']],
    ['suspended, stop', suspended, stop, 'stopped', ['clearTimer']],
    ['suspended, network regained', suspended, regained, 'suspended', []],
    ['suspended, a late close', suspended, closed(1006), 'suspended', []],
    ['waiting, timer', waiting, timer, 'connecting', ['dial', 'timer']],
    ['waiting, foreground', waiting, foreground, 'connecting', ['dial', 'timer']],
    ['waiting, network regained', waiting, regained, 'connecting', ['dial', 'timer']],
    ['waiting, start', waiting, start, 'connecting', ['dial', 'timer']],
    ['waiting, network lost', waiting, lost, 'waiting', []],
    ['waiting, suspend', waiting, suspend, 'suspended', ['clearTimer']],
    ['waiting, stop', waiting, stop, 'stopped', ['clearTimer']],
    ['waiting, a late close', waiting, closed(4510), 'waiting', []],
    ['connecting, opened', connecting, opened, 'connecting', ['hello', 'timer']],
    ['connecting, welcomed', connecting, welcomed, 'live', ['timer']],
    ['connecting, closed', connecting, closed(1006), 'waiting', ['timer']],
    ['connecting, timer', connecting, timer, 'waiting', ['close', 'timer']],
    ['connecting, broken', connecting, broken, 'waiting', ['close', 'timer']],
    ['connecting, foreground', connecting, foreground, 'connecting', []],
    ['connecting, start', connecting, start, 'connecting', []],
    ['connecting, suspend', connecting, suspend, 'suspended', ['close', 'clearTimer']],
    ['connecting, stop', connecting, stop, 'stopped', ['close', 'clearTimer']],
    ['live, heard', quiet, heard, 'live', []],
    ['live, pong', quiet, pong, 'live', []],
    ['live, heartbeat is due', quiet, timer, 'live', ['ping', 'timer']],
    ['live, foreground', quiet, foreground, 'live', ['ping', 'timer']],
    ['live, network regained', quiet, regained, 'live', ['ping', 'timer']],
    ['live, network lost', quiet, lost, 'live', ['ping', 'timer']],
    ['live, start', quiet, start, 'live', ['ping', 'timer']],
    ['live, second welcome', quiet, welcomed, 'live', []],
    ['live, closed', quiet, closed(4001), 'waiting', ['timer']],
    ['live, broken', quiet, broken, 'waiting', ['close', 'timer']],
    ['live, suspend', quiet, suspend, 'suspended', ['close', 'clearTimer']],
    ['live, stop', quiet, stop, 'stopped', ['close', 'clearTimer']],
    ['probing, heard', probing, heard, 'live', ['timer']],
    ['probing, pong', probing, pong, 'live', ['timer']],
    ['probing, no answer', probing, timer, 'waiting', ['close', 'timer']],
  ])('%s', (_name, state, event, name, effects) => {
    const result = step(state, event)
    expect(result.state.name).toBe(name)
    expect(kinds(result.effects)).toEqual(effects)
  })
})

describe('backoff', () => {
  test.each([
    [0, 1_000],
    [1, 2_000],
    [5, 32_000],
    [6, 60_000],
    [500, 60_000],
  ])('after attempt %i waits a random part of %i ms', (attempt, most) => {
    const delay = (random: number) => step({ ...connecting, attempt }, closed(1006), NOW, random).effects[0]
    expect(delay(0)).toEqual({ type: 'timer', ms: 0 })
    expect(delay(0.5)).toEqual({ type: 'timer', ms: most / 2 })
    expect(delay(0.999_999)).toEqual({ type: 'timer', ms: most })
  })

  test.each([
    [0, 0.49, 0],
    [0, 0.5, 1],
    [3, 0.49, 3],
    [3, 0.5, 4],
  ])('after attempt %i and a draw of %d is at %i', (attempt, random, after) => {
    expect(step({ ...connecting, attempt }, closed(1006), NOW, random).state).toMatchObject({
      attempt: after,
    })
  })

  test('never asks for more than twice the outage and a second', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 100 }),
        (draws) => {
          let state: State = { ...quiet, attempt: 0 }
          let now = NOW
          for (const random of draws) {
            // The draw that this device could have had instead, at worst.
            const [worst] = next(state, closed(1006), { now, random: 0.999_999 }).effects
            expect(worst).toMatchObject({ type: 'timer' })
            if (worst?.type === 'timer') expect(worst.ms).toBeLessThanOrEqual(2 * (now - NOW) + 1001)
            state = next(state, closed(1006), { now, random }).state
            if (state.name === 'waiting') now = state.dueAt
            state = next(state, timer, { now, random }).state
          }
        },
      ),
    )
  })

  test('is not reset by a welcome, and is by the first answer to a heartbeat', () => {
    const live = step({ ...connecting, attempt: 7 }, welcomed).state
    expect(live).toMatchObject({ name: 'live', attempt: 7 })
    expect(step(live, heard).state).toMatchObject({ attempt: 7 })
    expect(step(live, pong).state).toMatchObject({ attempt: 0 })
  })

  test('spreads a return over the time that a gateway names as it goes', () => {
    expect(step(quiet, closed(4000, 'going_away retry=20000')).effects).toEqual([
      { type: 'timer', ms: 10_000 },
    ])
    expect(step(quiet, closed(4000, 'going_away retry=999999999')).effects).toEqual([
      { type: 'timer', ms: 30_000 },
    ])
    expect(step(quiet, closed(closeCodes.busy, 'busy retry=20000')).effects).toEqual([
      { type: 'timer', ms: 10_000 },
    ])
    expect(step({ ...quiet, attempt: 0 }, closed(1006, 'retry=20000')).effects).toEqual([
      { type: 'timer', ms: 500 },
    ])
  })

  test.each([1000, 1001, 1006, 1008, 1009, 1011, 1013, 4000, 4001, 4499, 3000, 5000])(
    'dials again after %i',
    (code) => {
      expect(step(quiet, closed(code)).state.name).toBe('waiting')
    },
  )

  test.each([4500, 4510, 4511, 4512, 4520, 4999])('stops for %i, and says so', (code) => {
    expect(step(quiet, closed(code))).toEqual({
      state: { name: 'stopped', code },
      effects: [{ type: 'clearTimer' }],
    })
  })
})

describe('time', () => {
  test('gives an answer to a heartbeat 10 s, and to a doubt 3 s', () => {
    expect(step(quiet, timer).effects[1]).toEqual({ type: 'timer', ms: PONG_TIMEOUT_MS })
    expect(step(quiet, foreground).effects[1]).toEqual({ type: 'timer', ms: PROBE_TIMEOUT_MS })
  })

  test('asks once more when a deadline passed while the app was frozen', () => {
    const late = step(probing, timer, NOW + FROZEN_MS + 1)
    expect(late.state).toMatchObject({ name: 'live', phase: 'probing' })
    expect(late.effects).toEqual([{ type: 'ping' }, { type: 'timer', ms: PROBE_TIMEOUT_MS }])
  })

  test('takes a deadline as passed when the clock was set back meanwhile', () => {
    expect(step(probing, timer, NOW - 3_600_000).state.name).toBe('waiting')
    expect(step(quiet, timer, NOW - 3_600_000).effects[0]).toEqual({ type: 'ping' })
  })

  test('dials anew on foreground when a dial was frozen past its deadline', () => {
    const result = step(connecting, foreground, NOW + CONNECT_TIMEOUT_MS * 2)
    expect(kinds(result.effects)).toEqual(['close', 'dial', 'timer'])
    expect(result.state).toMatchObject({ name: 'connecting', attempt: 2 })
  })

  test('dials anew when the network is back, if the dial is older than a second', () => {
    expect(kinds(step(connecting, regained, NOW + 1_500).effects)).toEqual(['close', 'dial', 'timer'])
  })
})

describe('a dial that began just before the network was back', () => {
  const young: State = { ...connecting, dueAt: NOW - 100 + CONNECT_TIMEOUT_MS }

  test('has less time than another: it may go over the network that was lost', () => {
    const doubted = step(young, regained)
    expect(doubted.effects).toEqual([{ type: 'timer', ms: DOUBTED_DIAL_MS }])
    expect(doubted.state).toEqual({ ...young, dueAt: NOW + DOUBTED_DIAL_MS })
    expect(step(doubted.state, timer, NOW + DOUBTED_DIAL_MS).state.name).toBe('waiting')
  })

  test('has no more time than it had', () => {
    expect(step(connecting, regained)).toEqual({ state: connecting, effects: [] })
  })
})

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.constantFrom(
    start,
    stop,
    suspend,
    foreground,
    regained,
    lost,
    opened,
    heard,
    pong,
    timer,
    broken,
    refused,
  ),
  fc.record({ type: fc.constant('welcomed' as const), heartbeatMs: fc.integer({ min: 1_000, max: 60_000 }) }),
  fc.record({
    type: fc.constant('closed' as const),
    code: fc.oneof(fc.integer({ min: 1000, max: 1015 }), fc.integer({ min: 3999, max: 5001 })),
    reason: fc.constantFrom('', 'going_away retry=5000'),
  }),
)

/** `expect` is far too slow to be asked a million times. */
function must(holds: boolean, otherwise: string): void {
  if (!holds) expect.fail(otherwise)
}

test('any sequence of events keeps one socket and one timer, waits within its cap, and never dials while stopped', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          event: anyEvent,
          ms: fc.nat(100_000),
          random: fc.double({ min: 0, max: 0.999, noNaN: true }),
        }),
        { maxLength: 200 },
      ),
      (steps) => {
        let state: State = initialState
        let now = NOW
        let sockets = 0
        let timerSet = false
        for (const { event, ms, random } of steps) {
          now += ms
          const before = state
          // The class drops events that cannot be: of a socket or timer that is not there.
          if (event.type === 'closed' && sockets === 0) continue
          if (event.type === 'timer' && !timerSet) continue
          if (event.type === 'timer') timerSet = false
          if (event.type === 'closed') sockets -= 1
          const result = next(state, event, { now, random })
          state = result.state
          for (const effect of result.effects) {
            if (effect.type === 'dial') sockets += 1
            if (effect.type === 'close') sockets -= 1
            if (effect.type === 'clearTimer') timerSet = false
            if (effect.type === 'timer') {
              timerSet = true
              must(effect.ms >= 0 && effect.ms <= BACKOFF_CAP_MS, `waits ${String(effect.ms)} ms`)
            }
          }
          const expected = state.name === 'connecting' || state.name === 'live' ? 1 : 0
          must(sockets === expected, `has ${String(sockets)} sockets while ${state.name}`)
          // Never stuck: whatever is not at rest has a timer that will move it.
          const moves = state.name !== 'stopped' && state.name !== 'suspended'
          must(timerSet === moves, `has ${timerSet ? 'a' : 'no'} timer while ${state.name}`)
          const wanted = event.type === 'start' || event.type === 'foreground'
          must(
            before.name !== 'stopped' || wanted || !kinds(result.effects).includes('dial'),
            'dials stopped',
          )
        }
      },
    ),
    { numRuns: 2_000 },
  )
})
