import { jwtVerify } from 'jose'
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AccessToken, NoAccessToken, type GivenToken } from '../../../gateway/providers/access-token'
import { refusedCredentials } from '../../../gateway/providers/outcomes'
import { CallFailure } from '../../../gateway/providers/service-call'
import { signJwt } from '../../../gateway/providers/sign-jwt'

const LIFE_MS = 3_600_000
const SPARE_MS = 300_000

/** A service that gives out numbered tokens, until it does not. */
function openService() {
  const clock = { ms: 1_000_000 }
  const service: { given: number; fault: Error | undefined } = { given: 0, fault: undefined }
  const token = new AccessToken(
    (): Promise<GivenToken> => {
      if (service.fault) return Promise.reject(service.fault)
      service.given += 1
      const expires = clock.ms + LIFE_MS
      return Promise.resolve({ text: `token-${String(service.given)}`, renewAt: expires - SPARE_MS, expires })
    },
    () => clock.ms,
  )
  const signal = new AbortController().signal
  const use = (refused: readonly string[] = []) =>
    token.use(
      signal,
      (text) => Promise.resolve(text),
      (text) => refused.includes(text),
    )
  return { clock, service, token, use }
}

describe('an access token', () => {
  it('is asked for once by however many pushes begin at once, and kept until shortly before its end', async () => {
    const { clock, service, use } = openService()
    expect(await Promise.all([use(), use(), use()])).toEqual(['token-1', 'token-1', 'token-1'])
    clock.ms += LIFE_MS - SPARE_MS - 1
    expect(await use()).toBe('token-1')
    clock.ms += 1
    expect(await use()).toBe('token-2')
    expect(service.given).toBe(2)
  })

  it('is asked for anew when the clock was set back, since it would be one of the future', async () => {
    const { clock, use } = openService()
    await use()
    clock.ms -= 1
    expect(await use()).toBe('token-2')
  })

  it('is renewed once when the service refuses it, and then the answer stands', async () => {
    const { use } = openService()
    expect(await use(['token-1'])).toBe('token-2')
    expect(await use(['token-2', 'token-3'])).toBe('token-3')
  })

  it('is used to its end while there is no other', async () => {
    const { clock, service, use } = openService()
    await use()
    service.fault = new CallFailure('no answer: ECONNREFUSED')
    clock.ms += LIFE_MS - 1
    expect(await use()).toBe('token-1')
    clock.ms += 1
    await expect(use()).rejects.toMatchObject({
      outcome: { type: 'retry', why: 'no access token: no answer: ECONNREFUSED', unknown: false },
    })
  })

  it('says in the service’s words why there is none', async () => {
    const { service, use, token } = openService()
    service.fault = new NoAccessToken(refusedCredentials('the key was deleted'))
    await expect(use()).rejects.toMatchObject({ outcome: { type: 'refused', why: 'the key was deleted' } })
    token.close()
  })
})

describe('a JWT for a push service', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  it.each([
    ['ES256', ec],
    ['RS256', rsa],
    ['PS256', rsa],
  ] as const)('signed with %s is what another library verifies', async (alg, { privateKey, publicKey }) => {
    const jwt = signJwt({ alg, kid: 'key-1' }, { iss: 'team', iat: 1 }, privateKey)
    const { protectedHeader, payload } = await jwtVerify(jwt, publicKey, { algorithms: [alg] })
    expect(protectedHeader).toEqual({ alg, kid: 'key-1' })
    expect(payload).toEqual({ iss: 'team', iat: 1 })
  })
})
