import { importPKCS8, SignJWT, type JWTPayload } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HmsFake } from '@herald/push-fakes/hms-fake'
import { ACCOUNT, otherKey, ownKey, PROJECT, startFake, TOKEN } from '../providers/hms/hms-under-test'

const AUDIENCE = 'https://oauth-login.cloud.huawei.com/oauth2/v3/token'

let fake: HmsFake
beforeEach(async () => {
  fake = await startFake({ devices: [{ token: TOKEN }, { token: 'foreign', fault: 'noRight' }] })
})
afterEach(() => fake.close())

/** Signed by jose, so that the fake and the provider cannot agree on an error. */
async function bearer(changes: JWTPayload = {}, { alg = 'PS256', key = ownKey } = {}): Promise<string> {
  const iat = Math.floor(Date.now() / 1000)
  return new SignJWT({ iss: ACCOUNT, aud: AUDIENCE, iat, exp: iat + 3600, ...changes })
    .setProtectedHeader({ alg, kid: ownKey.keyId, typ: 'JWT' })
    .sign(await importPKCS8(key.pem, alg))
}

const notification = { category: 'MARKETING', title: 'a', body: 'b', clickAction: { actionType: 0 } }
const right = { payload: { notification }, target: { token: [TOKEN] } }

async function send(body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${fake.url}/v3/${PROJECT}/messages:send`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await bearer()}`, 'push-type': '0', ...headers },
    body: JSON.stringify(body),
  })
  return (await response.json()) as { code: string; msg: string }
}

describe('the fake of HMS', () => {
  it('takes what another library signed', async () => {
    expect(await send(right)).toMatchObject({ code: '80000000' })
    expect(fake.tray(TOKEN)).toHaveLength(1)
  })

  const hourAgo = Math.floor(Date.now() / 1000) - 3700
  it.each([
    ['another audience', '80200001', { aud: 'https://evil.example' }, {}],
    ['another account', '80200001', { iss: '1' }, {}],
    ['a life of a day', '80200001', { exp: hourAgo + 90_000 }, {}],
    ['an hour ago', '80200005', { iat: hourAgo, exp: hourAgo + 3600 }, {}],
    ['another key', '80200001', {}, { key: otherKey }],
    ['another algorithm', '80200001', {}, { alg: 'RS256' }],
  ])('does not sign in %s', async (_what, code, changes, how) => {
    const answer = await send(right, { authorization: `Bearer ${await bearer(changes, how)}` })
    expect(answer.code).toBe(code)
    expect(fake.pushes).toEqual([])
  })

  const changed = (changes: object) => ({
    ...right,
    payload: { notification: { ...notification, ...changes } },
  })
  it.each([
    ['an unknown token', '80300007', { ...right, target: { token: ['x'] } }],
    ['a token of another project', '80300007', { ...right, target: { token: ['foreign'] } }],
    ['no tokens', '80100003', { ...right, target: { token: [] } }],
    ['a category that was not granted', '80300007', changed({ category: 'IM' })],
    ['an empty title', '80100003', changed({ title: '' })],
    ['a badge of 100', '80100003', changed({ badge: { setNum: 100 } })],
    ['a misspelt field', '80100003', changed({ boddy: 'x' })],
    ['a ttl of a month', '80100003', { ...right, pushOptions: { ttl: 2_592_000 } }],
    [
      '4 KB and more',
      '80300008',
      changed({ clickAction: { actionType: 0, data: { x: '文'.repeat(1366) } } }),
    ],
  ])('refuses %s', async (_what, code, body) => {
    expect((await send(body)).code).toBe(code)
    expect(fake.pushes).toEqual([])
  })

  it('wants to know the kind of push', async () => {
    expect((await send(right, { 'push-type': '6' })).code).toBe('80100003')
  })
})
