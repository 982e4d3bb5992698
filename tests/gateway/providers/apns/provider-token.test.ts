import { verify } from 'node:crypto'
import { createPrivateKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ProviderToken } from '../../../../gateway/providers/apns/provider-token'
import { HandClock, makeKey, TEAM } from './apns-under-test'

const MINUTE_MS = 60_000

function make() {
  const clock = new HandClock()
  const key = makeKey()
  let early = 0
  const apnsKey = { teamId: TEAM, keyId: key.atApple.keyId, privateKey: createPrivateKey(key.pem) }
  const token = new ProviderToken(apnsKey, clock, () => (early += 1))
  return { clock, key, token, early: () => early }
}

describe('a provider token', () => {
  it('is what RFC 7519 and Apple say, signed with the key', () => {
    const { clock, key, token } = make()
    const [header = '', claims = '', signature = ''] = token.current().split('.')
    const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
    expect(read(header)).toEqual({ alg: 'ES256', kid: key.atApple.keyId })
    expect(read(claims)).toEqual({ iss: TEAM, iat: Math.floor(clock.wall / 1000) })
    const signed = Buffer.from(`${header}.${claims}`)
    const publicKey = { key: key.atApple.publicKey, dsaEncoding: 'ieee-p1363' } as const
    expect(verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('is made once and lasts 50 minutes', () => {
    const { clock, token, early } = make()
    const first = token.current()
    clock.pass(49 * MINUTE_MS)
    expect(token.current()).toBe(first)
    clock.pass(2 * MINUTE_MS)
    expect(token.current()).not.toBe(first)
    expect(early()).toBe(0)
  })

  it('is not renewed within 20 minutes, whatever APNs says', () => {
    const { clock, token } = make()
    const first = token.current()
    clock.pass(19 * MINUTE_MS)
    expect(token.renew(first)).toBeUndefined()
    expect(token.current()).toBe(first)
    clock.pass(2 * MINUTE_MS)
    expect(token.renew(first)).not.toBe(first)
  })

  it('is renewed once for all the pushes that were refused with the same one', () => {
    const { clock, token } = make()
    const first = token.current()
    clock.pass(30 * MINUTE_MS)
    const second = token.renew(first)
    expect(token.renew(first)).toBe(second)
    expect(token.current()).toBe(second)
  })

  it('is made anew when the clock was set, and tells the connections', () => {
    const { clock, token, early } = make()
    const wrong = token.current()
    clock.wall += 2 * 3_600_000
    clock.pass(MINUTE_MS)
    const right = token.current()
    expect(right).not.toBe(wrong)
    expect(early()).toBe(1)
    expect(token.current()).toBe(right)
    clock.wall -= 3_600_000
    expect(token.current()).not.toBe(right)
  })
})
