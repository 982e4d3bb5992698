import type { CreatedToken, SignedIn, SignInCode, TokenInfo } from '@herald/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError, openTestGateway, type Method, type TestGateway } from './test-gateway'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await openTestGateway()
})

afterAll(async () => {
  await gateway.close()
})

const asAdmin = (method: Method, url: string, body?: unknown) =>
  gateway.call(method, url, { token: gateway.tokens.admin, ...(body === undefined ? {} : { body }) })

const statusOfMe = async (token: string): Promise<number> =>
  (await gateway.call('GET', '/v1/me', { token })).statusCode

describe('users', () => {
  it('are created with a name, or called by their id', async () => {
    const named = await asAdmin('POST', '/v1/users', { id: 'carl', name: '卡尔' })
    expect(named.statusCode).toBe(201)
    expect(named.json()).toEqual({ id: 'carl', name: '卡尔' })
    expect((await asAdmin('POST', '/v1/users', { id: 'dora' })).json()).toEqual({ id: 'dora', name: 'dora' })
    const { users } = (await asAdmin('GET', '/v1/users')).json<{ users: { id: string }[] }>()
    expect(users.map(({ id }) => id)).toEqual(['ann', 'bob', 'carl', 'dora'])
  })

  it('exist once', async () => {
    expectError(await asAdmin('POST', '/v1/users', { id: 'ann' }), 'user_exists')
  })

  it.each([
    [{}],
    [{ id: '' }],
    [{ id: 'a b' }],
    [{ id: '../x' }],
    [{ id: 'x'.repeat(65) }],
    [{ id: 'x', name: '' }],
    [{ id: 'x', admin: true }],
  ])('are not created from %.40j', async (body) => {
    expectError(await asAdmin('POST', '/v1/users', body), 'invalid_body')
  })
})

describe('tokens', () => {
  it('of a user act as that user', async () => {
    const answer = await asAdmin('POST', '/v1/users/ann/tokens', { read: true, label: 'phone', ttl: 60 })
    expect(answer.statusCode).toBe(201)
    const { token, info } = answer.json<CreatedToken>()
    expect(info).toMatchObject({
      user: 'ann',
      label: 'phone',
      scopes: { read: true, admin: false, publish: [] },
    })
    expect(info.expires).toBe(info.created + 60_000)
    expect(await statusOfMe(token)).toBe(200)
  })

  it('without a user publish or administer, and never read', async () => {
    const { token } = (await asAdmin('POST', '/v1/tokens', { publish: ['user:*'] })).json<CreatedToken>()
    const publish = (feed: string) =>
      gateway.call('POST', `/v1/feeds/${feed}/messages`, { token, body: { body: 'x' } })
    expect((await publish('user:ann')).statusCode).toBe(201)
    expectError(await publish('topic:x'), 'publish_forbidden')
    expectError(await asAdmin('POST', '/v1/tokens', { read: true }), 'invalid_body')
  })

  it('that could do nothing are not made', async () => {
    expectError(await asAdmin('POST', '/v1/tokens', {}), 'invalid_body')
    expectError(await asAdmin('POST', '/v1/users/ann/tokens', { label: 'x' }), 'invalid_body')
  })

  it.each([
    [{ publish: ['nonsense'], read: true }],
    [{ publish: 'topic:x' }],
    [{ read: 'yes' }],
    [{ admin: true, ttl: 0 }],
    [{ admin: true, user: 'ann' }],
  ])('are not made from %.60j', async (body) => {
    expectError(await asAdmin('POST', '/v1/users/ann/tokens', body), 'invalid_body')
  })

  it('need a user who exists', async () => {
    expectError(await asAdmin('POST', '/v1/users/nobody/tokens', { read: true }), 'user_not_found')
    expectError(await asAdmin('GET', '/v1/users/nobody/tokens'), 'user_not_found')
    expectError(await asAdmin('POST', '/v1/users/a%2Fb/sign-in-codes'), 'user_not_found')
  })

  it('are listed without their secrets', async () => {
    const { token, info } = (
      await asAdmin('POST', '/v1/users/bob/tokens', { read: true })
    ).json<CreatedToken>()
    const list = await asAdmin('GET', '/v1/users/bob/tokens')
    expect(list.json<{ tokens: TokenInfo[] }>().tokens).toContainEqual(info)
    expect(list.body).not.toContain(token)
    const withoutUser = (await asAdmin('GET', '/v1/tokens')).json<{ tokens: TokenInfo[] }>().tokens
    expect(withoutUser.every(({ user }) => user === null)).toBe(true)
  })

  it('are revoked by an administrator, for good and at once', async () => {
    const { token, info } = (
      await asAdmin('POST', '/v1/users/bob/tokens', { read: true })
    ).json<CreatedToken>()
    const told: string[] = []
    gateway.bus.on('revoked', ({ tokenId }) => told.push(tokenId))
    expect((await asAdmin('DELETE', `/v1/tokens/${info.id}`)).statusCode).toBe(204)
    expect(told).toEqual([info.id])
    expectError(await gateway.call('GET', '/v1/me', { token }), 'token_revoked')
    expectError(await asAdmin('DELETE', '/v1/tokens/t_unknown'), 'token_not_found')
  })

  it('revoke themselves, which is a sign-out, and no others', async () => {
    const { token, info } = (
      await asAdmin('POST', '/v1/users/bob/tokens', { read: true })
    ).json<CreatedToken>()
    const other = (await asAdmin('POST', '/v1/users/bob/tokens', { read: true })).json<CreatedToken>()
    expectError(await gateway.call('DELETE', `/v1/tokens/${other.info.id}`, { token }), 'admin_required')
    expect((await gateway.call('DELETE', `/v1/tokens/${info.id}`, { token })).statusCode).toBe(204)
    expectError(await gateway.call('GET', '/v1/me', { token }), 'token_revoked')
    expect(await statusOfMe(other.token)).toBe(200)
  })

  it('end when their time is over', async () => {
    const { token } = (
      await asAdmin('POST', '/v1/users/bob/tokens', { read: true, ttl: 5 })
    ).json<CreatedToken>()
    expect(await statusOfMe(token)).toBe(200)
    gateway.clock.ms += 6000
    expectError(await gateway.call('GET', '/v1/me', { token }), 'token_expired')
  })
})

describe('a sign-in code', () => {
  const newCode = async (): Promise<string> =>
    (await asAdmin('POST', '/v1/users/ann/sign-in-codes')).json<SignInCode>().code
  const signIn = (body: unknown) => gateway.call('POST', '/v1/sign-in', { body })
  const peek = (body: unknown) => gateway.call('POST', '/v1/sign-in/peek', { body })

  it('is exchanged for a token that reads as the user, once', async () => {
    const code = await newCode()
    const answer = await signIn({ code, label: 'Ann’s phone' })
    expect(answer.statusCode).toBe(201)
    const { token, info, user } = answer.json<SignedIn>()
    expect(user).toEqual({ id: 'ann', name: 'Ann' })
    expect(info).toMatchObject({
      user: 'ann',
      label: 'Ann’s phone',
      scopes: { publish: [], read: true, admin: false },
    })
    expect(await statusOfMe(token)).toBe(200)
    expectError(await signIn({ code }), 'sign_in_code_invalid')
  })

  it('tells whose it is without being used up, as often as it is asked', async () => {
    const code = await newCode()
    for (let times = 0; times < 3; times++) {
      const answer = await peek({ code })
      expect(answer.statusCode).toBe(200)
      expect(answer.json()).toEqual({ user: { id: 'ann', name: 'Ann' }, expires: expect.any(Number) })
    }
    expect((await signIn({ code })).statusCode).toBe(201)
    expectError(await peek({ code }), 'sign_in_code_invalid')
  })

  it('tells nothing of who is disabled, once it has expired, or when nobody made it', async () => {
    const code = await newCode()
    expectError(await peek({ code: 'x'.repeat(20) }), 'sign_in_code_invalid')
    expectError(await peek({ code, label: 'x' }), 'invalid_body')
    gateway.clock.ms += 61 * 60_000
    expectError(await peek({ code }), 'sign_in_code_invalid')
    const another = await newCode()
    await asAdmin('POST', '/v1/users/ann/disable')
    expectError(await peek({ code: another }), 'sign_in_code_invalid')
    await asAdmin('POST', '/v1/users/ann/enable')
  })

  it('lets one of two in who come at the same time', async () => {
    const code = await newCode()
    const answers = await Promise.all([signIn({ code }), signIn({ code })])
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 401])
  })

  it('is worth nothing after an hour', async () => {
    const code = await newCode()
    gateway.clock.ms += 61 * 60_000
    expectError(await signIn({ code }), 'sign_in_code_invalid')
  })

  it.each([
    [{}],
    [{ code: 'short' }],
    [{ code: 'x'.repeat(65) }],
    [{ code: 'a b c d e f g' }],
    [{ code: 1 }],
  ])('of another shape is refused: %.40j', async (body) => {
    expectError(await signIn(body), 'invalid_body')
  })

  it('that nobody made is refused', async () => {
    expectError(await signIn({ code: 'x'.repeat(20) }), 'sign_in_code_invalid')
  })
})
