import type { Admitted } from '../../../gateway/contracts/directory'
import { HeraldError, TokenInfoSchema, type User } from '@herald/protocol'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { JwtSettings } from '../../../gateway/process/config'
import { ConfigError } from '../../../gateway/process/config-error'
import { verifyJwt } from '../../../gateway/users/jwt'

const SECRET = 'a secret of the shop that is long enough'
const ISSUER = 'https://shop.example.com'
const AUDIENCE = 'herald'

const settings: JwtSettings = { algorithm: 'HS256', issuer: ISSUER, audience: AUDIENCE, key: SECRET }

/** A directory of users in memory; it counts how often it made one. */
function openUsers(...ids: string[]) {
  const users = new Map<string, User>(ids.map((id) => [id, { id, name: id }]))
  const created: User[] = []
  return {
    created,
    async admitUser(id: string, name = id): Promise<Admitted> {
      await Promise.resolve()
      const known = users.get(id)
      if (known) return { user: known, created: false }
      const user = { id, name }
      users.set(id, user)
      created.push(user)
      return { user, created: true }
    },
  }
}

interface Signing {
  readonly alg?: string
  readonly key?: Parameters<SignJWT['sign']>[0]
  readonly expires?: string | number | null
  readonly header?: object
}

function sign(
  claims: JWTPayload,
  { alg = 'HS256', key = Buffer.from(SECRET), expires = '5m', header = {} }: Signing = {},
) {
  const jwt = new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'ann', ...claims })
    .setProtectedHeader({ alg, ...header })
    .setIssuedAt()
  return (expires === null ? jwt : jwt.setExpirationTime(expires)).sign(key)
}

/** A JWT with these claims as they are written, which a number that no double holds needs. */
function signRaw(times: string): string {
  const claims = `{"iss":"${ISSUER}","aud":"${AUDIENCE}","sub":"ann",${times}}`
  const signed = ['{"alg":"HS256"}', claims].map((part) => Buffer.from(part).toString('base64url')).join('.')
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}

const refusal = async (token: string, users = openUsers('ann'), with_ = settings): Promise<string> => {
  try {
    await verifyJwt(with_, users)(token)
    return 'accepted'
  } catch (error) {
    return error instanceof HeraldError ? error.code : String(error)
  }
}

describe('the name in a JWT', () => {
  it('holds no characters that command: a tab there keeps nobody out', async () => {
    const users = openUsers()
    const token = await sign({ sub: 'new-2', name: 'A\tB\u001b[2J\u202e' })
    const principal = await verifyJwt(settings, users)(token)
    expect(principal?.user?.name).toBe('A\uFFFDB\uFFFD[2J\uFFFD')
  })
})

describe('a JWT of the backend', () => {
  it('reads as the user that it names, and nothing more', async () => {
    const claims = { scopes: { admin: true, publish: ['*'] }, admin: true, publish: ['*'] }
    const principal = await verifyJwt(settings, openUsers('ann'))(await sign(claims))
    expect(principal?.user).toEqual({ id: 'ann', name: 'ann' })
    expect(principal?.token).toMatchObject({
      id: 'jwt:ann',
      user: 'ann',
      scopes: { read: true, admin: false, publish: [] },
    })
  })

  it('says when it ends, so that sockets end with it', async () => {
    const expires = Math.floor(Date.now() / 1000) + 300
    const principal = await verifyJwt(settings, openUsers('ann'))(await sign({}, { expires }))
    expect(principal?.token.expires).toBe(expires * 1000)
  })

  it('creates a user who is not known yet, once, also for two requests at the same time', async () => {
    const users = openUsers()
    const verify = verifyJwt(settings, users)
    const token = await sign({ sub: 'new-1', name: '新用户' })
    const [first, second] = await Promise.all([verify(token), verify(token)])
    expect([first?.user, second?.user]).toEqual(Array(2).fill({ id: 'new-1', name: '新用户' }))
    expect(users.created).toHaveLength(1)
  })

  it('may have fractions of seconds in its times: they are told in whole milliseconds, its end never later', async () => {
    const exp = Math.floor(Date.now() / 1000) + 600.4971235
    const principal = await verifyJwt(
      settings,
      openUsers('ann'),
    )(signRaw(`"exp":${String(exp)},"iat":1700000000.9876`))
    expect(v.parse(TokenInfoSchema, principal?.token)).toMatchObject({
      created: 1_700_000_000_987,
      expires: Math.floor(exp * 1000),
    })
  })

  it('is left to others when it is no JWT', async () => {
    expect(await verifyJwt(settings, openUsers())('hld_opaque')).toBeUndefined()
  })
})

describe('a JWT is refused', () => {
  it('after its end, a little clock difference aside', async () => {
    const now = Math.floor(Date.now() / 1000)
    expect(await refusal(await sign({}, { expires: now - 60 }))).toBe('token_expired')
    expect(await refusal(await sign({}, { expires: now - 5 }))).toBe('accepted')
  })

  it.each<[string, JWTPayload, Signing]>([
    ['without an end', {}, { expires: null }],
    ['of another issuer', { iss: 'https://evil.example' }, {}],
    ['for another audience', { aud: 'shop' }, {}],
    ['before its time', { nbf: Math.floor(Date.now() / 1000) + 600 }, {}],
    ['with another key', {}, { key: Buffer.from('x'.repeat(40)) }],
    [
      'with a stronger algorithm that was not agreed',
      {},
      { alg: 'HS512', key: Buffer.from(SECRET.repeat(2)) },
    ],
    ['without a user', { sub: undefined }, {}],
    ['for a user id outside the grammar', { sub: '../admin' }, {}],
    ['with an extension that must be understood', {}, { header: { crit: ['exp'], exp: 1 } }],
  ])('%s', async (_name, claims, signing) => {
    const token = await sign(claims, signing).catch(() => 'a.b.c')
    expect(await refusal(token)).toBe('token_invalid')
  })

  it.each([
    ['exp', '"exp":1e17'],
    ['exp', '"exp":1e309'],
    ['iat', '"exp":4000000000,"iat":-1'],
    ['iat', '"exp":4000000000,"iat":-0.001'],
    ['iat', '"exp":4000000000,"iat":1e300'],
    ['iat', '"exp":4000000000,"iat":1e309'],
  ])('by the name of the claim, when its %s is no time: %s', async (claim, times) => {
    const users = openUsers()
    const verified = verifyJwt(settings, users)(signRaw(times))
    await expect(verified).rejects.toMatchObject({ code: 'token_invalid' })
    await expect(verified).rejects.toThrow(`The claim ${claim} is not a time`)
    expect(users.created, 'and makes no user').toEqual([])
  })

  it('without a signature', async () => {
    const unsigned = new UnsecuredJWT({ sub: 'ann' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setExpirationTime('5m')
      .encode()
    expect(await refusal(unsigned)).toBe('token_invalid')
  })

  it('that is three words with dots between', async () => {
    expect(await refusal('a.b.c')).toBe('token_invalid')
  })

  it('that brings its own key, or says where to fetch one', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const { key } = await spki('ES256')
    const header = {
      jwk: await exportJWK(publicKey),
      jku: 'http://127.0.0.1:1/keys',
      x5u: 'http://127.0.0.1:1/x',
    }
    const token = await sign({}, { alg: 'ES256', key: privateKey, header })
    expect(await refusal(token, openUsers('ann'), { ...settings, algorithm: 'ES256', key })).toBe(
      'token_invalid',
    )
  })

  it('that is signed with the public key as if it were a shared secret', async () => {
    const { key } = await spki('RS256')
    const token = await sign({}, { alg: 'HS256', key: Buffer.from(key) })
    expect(await refusal(token, openUsers('ann'), { ...settings, algorithm: 'RS256', key })).toBe(
      'token_invalid',
    )
  })
})

async function spki(algorithm: 'RS256' | 'ES256' | 'EdDSA') {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  return { privateKey, key: await exportSPKI(publicKey), jwk: JSON.stringify(await exportJWK(publicKey)) }
}

describe('a public key', () => {
  it.each<['RS256' | 'ES256' | 'EdDSA']>([['RS256'], ['ES256'], ['EdDSA']])(
    'verifies %s, as PEM and as JWK',
    async (algorithm) => {
      const { privateKey, key, jwk } = await spki(algorithm)
      const token = await sign({}, { alg: algorithm, key: privateKey })
      for (const form of [key, jwk]) {
        const principal = await verifyJwt({ ...settings, algorithm, key: form }, openUsers('ann'))(token)
        expect(principal?.user?.id).toBe('ann')
      }
    },
  )

  it('of another kind than the algorithm stops the start', async () => {
    const { key } = await spki('RS256')
    expect(() => verifyJwt({ ...settings, algorithm: 'ES256', key }, openUsers())).toThrow(ConfigError)
    expect(() => verifyJwt({ ...settings, algorithm: 'RS256', key: 'nonsense' }, openUsers())).toThrow(
      /HERALD_JWT_KEY_FILE/,
    )
  })

  it('is asked for when somebody gives the private one', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(() => verifyJwt({ ...settings, algorithm: 'ES256', key }, openUsers())).toThrow(ConfigError)
  })
})
