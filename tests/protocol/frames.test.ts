import {
  closeCodes,
  closeName,
  mayReconnect,
  parseClientFrame,
  parseServerFrame,
  retryHintMs,
  retryReason,
} from '@herald/protocol'
import { describe, expect, it } from 'vitest'

const hello = {
  type: 'hello',
  token: 'hld_secret',
  device: { id: 'abcdefgh', platform: 'h5' },
  state: 'foreground',
  cursors: { all: { epoch: 'e', seq: 0 } },
}

describe('parsing a frame', () => {
  it('takes a well-formed frame', () => {
    expect(parseClientFrame(JSON.stringify(hello))).toEqual({ ok: true, frame: hello })
  })

  it('ignores fields that it does not know, in either direction', () => {
    expect(parseClientFrame(JSON.stringify({ ...hello, later: 1 }))).toEqual({ ok: true, frame: hello })
    expect(parseServerFrame('{"type":"pong","later":1}')).toEqual({ ok: true, frame: { type: 'pong' } })
  })

  it.each([
    ['text that is no JSON', '{', 'json'],
    ['JSON that is no object', '[]', 'shape'],
    ['null', 'null', 'shape'],
    ['no type', '{}', 'shape'],
    ['an unknown type', '{"type":"dance"}', 'unknown'],
    ['a type of the other end', '{"type":"welcome"}', 'unknown'],
    ['a missing field', JSON.stringify({ ...hello, token: undefined }), 'shape'],
    ['an unknown state', JSON.stringify({ ...hello, state: 'asleep' }), 'shape'],
    [
      'a feed outside the grammar',
      JSON.stringify({ ...hello, cursors: { 'user:': { epoch: 'e', seq: 1 } } }),
      'shape',
    ],
    ['a negative seq', JSON.stringify({ ...hello, cursors: { all: { epoch: 'e', seq: -1 } } }), 'shape'],
    ['an unsafe seq', '{"type":"ack","feed":"all","epoch":"e","seq":1e300}', 'shape'],
    [
      'a range that ends before it begins',
      '{"type":"read","feed":"all","epoch":"e","ranges":[[2,1]]}',
      'shape',
    ],
    ['no range at all', '{"type":"read","feed":"all","epoch":"e","ranges":[]}', 'shape'],
  ])('refuses %s', (_name, text, problem) => {
    expect(parseClientFrame(text)).toMatchObject({ ok: false, problem })
  })

  it('says what is wrong without repeating a value, which may be a secret', () => {
    const parsed = parseClientFrame(JSON.stringify({ ...hello, device: 'hld_secret', state: 'hld_secret' }))
    expect(parsed.ok).toBe(false)
    expect(JSON.stringify(parsed)).not.toContain('hld_secret')
    expect(parsed).toMatchObject({ detail: expect.stringContaining('device') as unknown })
  })
})

describe('close codes', () => {
  it('say by their range whether a client comes back', () => {
    expect(mayReconnect(closeCodes.going_away)).toBe(true)
    expect(mayReconnect(closeCodes.token_revoked)).toBe(false)
    for (const code of [1000, 1001, 1006, 1009, 3000, 4000, 4499, 5000])
      expect([code, mayReconnect(code)]).toEqual([code, true])
    for (const code of [4500, 4999]) expect([code, mayReconnect(code)]).toEqual([code, false])
  })

  it('are all different, in their ranges, and have reasons that fit into a close frame', () => {
    const codes = Object.values(closeCodes)
    expect(new Set(codes).size).toBe(codes.length)
    for (const [name, code] of Object.entries(closeCodes)) {
      expect(code).toBeGreaterThanOrEqual(4000)
      expect(code).toBeLessThan(5000)
      expect(closeName(code)).toBe(name)
      expect(name).toMatch(/^[a-z_]{1,60}$/)
    }
    expect(closeName(4999)).toBeUndefined()
  })

  it('carry a time to spread the return over', () => {
    expect(retryHintMs(retryReason('going_away', 5000))).toBe(5000)
    expect(retryHintMs('going_away')).toBe(0)
    expect(retryHintMs('retry=999999999')).toBe(60_000)
  })
})
