import type { OwnSignInCode, SessionList, SignedIn } from '@herald/protocol'
import { DEVICE_TOKEN_TTL_MS } from '../../../gateway/contracts/directory'
import { maySignInOthers } from '../../../gateway/http/routes/own-sign-in-codes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError, openTestGateway, type TestGateway } from './test-gateway'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await openTestGateway()
})

afterAll(async () => {
  await gateway.close()
})

const ask = (token = gateway.tokens.reader, headers: Record<string, string> = {}) =>
  gateway.call('POST', '/v1/me/sign-in-codes', { token, headers })

const signIn = (code: string) => gateway.call('POST', '/v1/sign-in', { body: { code, label: 'Ann’s phone' } })

const sessionsOf = async (token: string): Promise<SessionList['sessions']> =>
  (await gateway.call('GET', '/v1/me/sessions', { token })).json<SessionList>().sessions

describe('a code for another device of one’s own', () => {
  it('signs in once as oneself, and the list of sessions says so by the id that the code told', async () => {
    const asked = await ask()
    expect(asked.statusCode, asked.body).toBe(201)
    const { code, session, created, expires } = asked.json<OwnSignInCode>()
    expect(expires - created).toBe(600_000)
    expect((await sessionsOf(gateway.tokens.reader)).some(({ id }) => id === session)).toBe(false)
    const { info, user } = (await signIn(code)).json<SignedIn>()
    expect(user.id).toBe('ann')
    expect(info).toMatchObject({ id: session, scopes: { publish: [], read: true, admin: false } })
    expect((await sessionsOf(gateway.tokens.reader)).find(({ id }) => id === session)).toMatchObject({
      label: 'Ann’s phone',
    })
    expectError(await signIn(code), 'sign_in_code_invalid')
  })

  it('can be passed on by a device that came by one', async () => {
    const { code } = (await ask()).json<OwnSignInCode>()
    const { token } = (await signIn(code)).json<SignedIn>()
    expect((await ask(token)).statusCode).toBe(201)
  })

  it('works for ten minutes', async () => {
    const { code } = (await ask()).json<OwnSignInCode>()
    gateway.clock.ms += 600_000
    expectError(await signIn(code), 'sign_in_code_invalid')
  })

  it('is refused to a token that was given for less than what it would make', async () => {
    const made = await gateway.directory.createToken('ann', {
      ...{ label: 'visit', publish: [], read: true, admin: false },
      ttl: 3600,
    })
    expectError(await ask(made.token), 'add_device_forbidden')
  })

  it('says where another device reaches a gateway that was asked as this machine', async () => {
    const asked = async (host: string) =>
      (await ask(gateway.tokens.reader, { host })).json<OwnSignInCode>().server
    expect(await asked('localhost:8787')).toBe('http://192.168.1.20:8787')
    expect(await asked('herald.example.com')).toBeNull()
  })
})

it('is made for a token whose end was stamped a moment before its beginning', () => {
  expect(maySignInOthers({ id: 't_1', created: 5, expires: DEVICE_TOKEN_TTL_MS })).toBe(true)
})

it('is refused to a JWT, which what it would make outlives', () => {
  expect(maySignInOthers({ id: 'jwt:ann', created: 0, expires: null })).toBe(false)
  expect(maySignInOthers({ id: 't_1', created: 0, expires: null })).toBe(true)
})
