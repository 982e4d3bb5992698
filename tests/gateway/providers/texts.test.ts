import { parsePushPayload } from '@herald/protocol'
import * as fc from 'fast-check'
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { barePayload, fitPayload } from '../../../gateway/providers/fit-payload'
import { cutToLength } from '../../../gateway/providers/cut-text'
import { messagePayload } from './push-alerts'

describe('cutToLength', () => {
  it('leaves what fits, and marks a cut', () => {
    expect(cutToLength('磁盘已满', 4)).toBe('磁盘已满')
    expect(cutToLength('磁盘已满了', 4)).toBe('磁盘已…')
    expect(cutToLength('one two', 5)).toBe('one…')
  })

  it('splits no character, not even one of several code points', () => {
    expect(cutToLength('ab👩‍👩‍👧cd', 6)).toBe('ab…')
    expect(cutToLength('💾💾💾', 4)).toBe('💾…')
  })

  it('is never too long, always well-formed, and a beginning of the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 30 }), (text, max) => {
        const cut = cutToLength(text, max)
        expect(cut.length).toBeLessThanOrEqual(max)
        expect(Buffer.from(cut).toString()).toBe(cut)
        const whole = Buffer.from(text).toString()
        if (whole.length > max) expect(whole.startsWith(cut.slice(0, -1))).toBe(true)
        else expect(cut).toBe(whole)
      }),
    )
  })

  it('replaces half characters, which no service takes', () => {
    expect(cutToLength('a\ud83d', 10)).toBe('a\ufffd')
  })
})

describe('fitPayload', () => {
  const id = randomUUID()
  const whole = messagePayload(id, { title: 't', body: 'b'.repeat(1000) })

  it('leaves what fits', () => {
    expect(fitPayload(whole, () => true)).toBe(whole)
  })

  it('takes the texts out of a message, which the device then fetches', () => {
    const fitted = fitPayload(whole, (text) => text.length < 500)
    expect(fitted).toBe(barePayload(whole))
    expect(parsePushPayload(fitted)).toEqual(parsePushPayload(messagePayload(id)))
  })

  it.each(['summary', 'clear'] as const)('keeps the newest ids of a %s, which come last', (type) => {
    const ids = Array.from({ length: 50 }, () => randomUUID())
    const payload = {
      herald: 1,
      type,
      to: 'recipient-hash',
      badge: 1,
      ids,
      ...(type === 'summary' && { count: 50 }),
    }
    const fitted = parsePushPayload(fitPayload(JSON.stringify(payload), (text) => text.length <= 800))
    const kept = fitted !== undefined && fitted.type !== 'message' ? fitted.ids : []
    expect(kept.length).toBeGreaterThan(10)
    expect(kept).toEqual(ids.slice(-kept.length))
  })

  it('answers nothing when nothing fits, or when it is no payload', () => {
    expect(fitPayload(whole, () => false)).toBeUndefined()
    expect(fitPayload('{"a":1}', (text) => text.length < 3)).toBeUndefined()
  })
})
