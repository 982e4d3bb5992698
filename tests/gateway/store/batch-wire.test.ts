import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeCalls,
  decodeOutcomes,
  encodeCalls,
  encodeOutcomes,
  type Outcome,
} from '../../../gateway/stores/sqlite/batch-wire'
import type { Call } from '../../../gateway/stores/sqlite/commands'

const append: fc.Arbitrary<Call> = fc
  .record({
    feed: fc.constantFrom('all', 'topic:a'),
    json: fc.string(),
    key: fc.option(fc.record({ scope: fc.string(), key: fc.string(), fingerprint: fc.string() }), {
      nil: undefined,
    }),
    id: fc.string(),
    newEpoch: fc.string(),
    now: fc.nat(),
  })
  .map((args) => ({ name: 'append', args }))
const other: fc.Arbitrary<Call> = fc
  .string()
  .map((feed) => ({ name: 'openFeed', args: { feed, newEpoch: 'e' } }))
const calls = fc.array(fc.oneof(append, other))

const appended = fc.record({
  kind: fc.constant('appended' as const),
  epoch: fc.string(),
  from: fc.nat(),
  seq: fc.nat(),
  time: fc.nat(),
})
const failure: fc.Arbitrary<Outcome> = fc.record({
  ok: fc.constant(false as const),
  kind: fc.constantFrom('storage' as const, 'fault' as const),
  detail: fc.string(),
})

/** An outcome such as the call could have. */
function outcomeOf(call: Call): fc.Arbitrary<Outcome> {
  const result =
    call.name === 'append'
      ? fc.oneof(appended, fc.constant({ kind: 'conflict' }))
      : fc.oneof(fc.constant(undefined), fc.string(), fc.record({ kind: fc.constant('appended') }))
  return fc.oneof(
    result.map((value): Outcome => ({ ok: true, result: value })),
    failure,
  )
}

describe('what travels between the threads', () => {
  it('says the same calls in the same order', () => {
    fc.assert(
      fc.property(calls, (list) => {
        expect(decodeCalls(encodeCalls(list))).toEqual(list)
      }),
    )
  })

  it('says the same outcome of each call', () => {
    const batch = calls.chain((list) =>
      fc.tuple(fc.constant(list), fc.tuple(...list.map((call) => outcomeOf(call)))),
    )
    fc.assert(
      fc.property(batch, ([list, outcomes]) => {
        expect(decodeOutcomes(encodeOutcomes(list, outcomes))).toEqual(outcomes)
      }),
    )
  })
})
