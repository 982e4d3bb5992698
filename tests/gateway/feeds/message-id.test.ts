import { MessageSchema } from '@herald/protocol'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { openMessageIds } from '../../../gateway/stores/message-id'

const NOW = 1_790_000_000_000
const V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('the ids of messages', () => {
  it('are UUIDs of version 7 that hold the time, as the protocol has them', () => {
    const id = openMessageIds()(NOW)
    expect(id).toMatch(V7)
    expect(v.is(MessageSchema.entries.id, id)).toBe(true)
    expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(NOW)
  })

  it('grow strictly, also within a millisecond and when the clock goes back', () => {
    const steps = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 2, maxLength: 200 })
    fc.assert(
      fc.property(steps, (moves) => {
        const newId = openMessageIds()
        let now = NOW
        const ids = moves.map((move) => newId((now += move)))
        expect(ids).toEqual([...new Set(ids)].sort())
      }),
    )
  })

  it('grow over more of them than a millisecond can count', () => {
    const newId = openMessageIds()
    const ids = Array.from({ length: 10_000 }, () => newId(NOW))
    expect(ids.every((id) => V7.test(id))).toBe(true)
    expect(ids).toEqual([...new Set(ids)].sort())
  })

  it('of two makers do not meet', () => {
    const [one, other] = [openMessageIds(), openMessageIds()]
    const ids = Array.from({ length: 2000 }, (_, index) => (index % 2 === 0 ? one : other)(NOW))
    expect(new Set(ids).size).toBe(ids.length)
  })
})
