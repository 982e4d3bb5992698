import type { CreatedToken, SessionList, SignInCode, SignInCodeList } from '@herald/protocol'
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

/** A user with so many tokens that read. */
async function makeUser(id: string, tokens: number): Promise<CreatedToken[]> {
  await asAdmin('POST', '/v1/users', { id })
  const made: CreatedToken[] = []
  for (let index = 0; index < tokens; index += 1) {
    const body = { read: true, label: `phone ${String(index)}` }
    made.push((await asAdmin('POST', `/v1/users/${id}/tokens`, body)).json<CreatedToken>())
  }
  return made
}

const sessionsOf = async (token: string, query = ''): Promise<SessionList['sessions']> =>
  (await gateway.call('GET', `/v1/me/sessions${query}`, { token })).json<SessionList>().sessions

describe('one’s own sessions', () => {
  it('are listed with the devices that stand on them, the last used first, and say which one asks', async () => {
    const [first, second] = await makeUser('carl', 2)
    if (!first || !second) throw new Error('there are no tokens')
    await gateway.call('PUT', '/v1/me/devices/phone-0001', {
      token: first.token,
      body: { platform: 'ios', app: '1' },
    })
    gateway.clock.ms += 600_000
    const sessions = await sessionsOf(second.token)
    expect(sessions.map(({ id, current }) => [id, current])).toEqual([
      [second.info.id, true],
      [first.info.id, false],
    ])
    expect(sessions[1]).toMatchObject({
      ...{ kind: 'token', label: 'phone 0', created: first.info.created, expires: null },
      lastUsed: gateway.clock.ms - 600_000,
      devices: [{ id: 'phone-0001', platform: 'ios', app: '1', state: 'away', push: false }],
    })
  })

  it('show a token that was never used as such', async () => {
    const [first, second] = await makeUser('dan', 2)
    const sessions = await sessionsOf(first?.token ?? '')
    expect(sessions.find(({ id }) => id === second?.info.id)).toMatchObject({ lastUsed: null, devices: [] })
  })

  it('are ended one by one, with the device that stands on it', async () => {
    const [first, second] = await makeUser('eve', 2)
    if (!first || !second) throw new Error('there are no tokens')
    await gateway.call('PUT', '/v1/me/devices/phone-0001', { token: second.token, body: { platform: 'ios' } })
    const { token } = first
    expect((await gateway.call('DELETE', `/v1/me/sessions/${second.info.id}`, { token })).statusCode).toBe(
      204,
    )
    expectError(await gateway.call('GET', '/v1/me', { token: second.token }), 'token_revoked')
    expect((await gateway.devices.get('eve', 'phone-0001'))?.ended).toBeDefined()
    expectError(
      await gateway.call('DELETE', `/v1/me/sessions/${second.info.id}`, { token }),
      'session_not_found',
    )
  })

  it('are never those of somebody else', async () => {
    const [own] = await makeUser('fay', 1)
    const [other] = await makeUser('gus', 1)
    const answer = await gateway.call('DELETE', `/v1/me/sessions/${other?.info.id ?? ''}`, {
      token: own?.token ?? '',
    })
    expectError(answer, 'session_not_found')
    expect(await sessionsOf(other?.token ?? '')).toHaveLength(1)
  })

  it('are ended all but the one that asks, with other devices on its token when it says which is its own', async () => {
    const [first, second] = await makeUser('hal', 3)
    if (!first || !second) throw new Error('there are no tokens')
    const { token } = first
    for (const id of ['phone-0001', 'phone-0002'])
      await gateway.call('PUT', `/v1/me/devices/${id}`, { token, body: { platform: 'ios' } })
    const ended = await gateway.call('DELETE', '/v1/me/sessions', { token })
    expect([ended.statusCode, ended.json()]).toEqual([200, { ended: 2 }])
    expect((await sessionsOf(token)).map(({ id }) => id)).toEqual([first.info.id])
    expect(await gateway.devices.listOf('hal')).toHaveLength(2)
    const again = await gateway.call('DELETE', '/v1/me/sessions?device=phone-0002', { token })
    expect(again.json()).toEqual({ ended: 1 })
    expect((await gateway.devices.listOf('hal')).map(({ id }) => id)).toEqual(['phone-0002'])
  })

  it('do not reach a token with more rights, which an administrator lists and ends', async () => {
    const [own] = await makeUser('ida', 1)
    const token = own?.token ?? ''
    const body = { read: true, publish: ['user:ida'], label: 'server' }
    const server = (await asAdmin('POST', '/v1/users/ida/tokens', body)).json<CreatedToken>()
    expect(await sessionsOf(token)).toHaveLength(1)
    expectError(
      await gateway.call('DELETE', `/v1/me/sessions/${server.info.id}`, { token }),
      'session_not_found',
    )
    expect((await gateway.call('DELETE', '/v1/me/sessions', { token })).json()).toEqual({ ended: 0 })
    expect(await sessionsOf(server.token)).toHaveLength(2)
    const all = (await asAdmin('GET', '/v1/users/ida/sessions')).json<SessionList>().sessions
    expect(all.map(({ id }) => id)).toContain(server.info.id)
    expect((await asAdmin('DELETE', `/v1/users/ida/sessions/${server.info.id}`)).statusCode).toBe(204)
    expectError(await gateway.call('GET', '/v1/me', { token: server.token }), 'token_revoked')
    expect((await asAdmin('DELETE', '/v1/users/ida/sessions')).json()).toEqual({ ended: 1 })
    expectError(await gateway.call('GET', '/v1/me', { token }), 'token_revoked')
    expectError(await asAdmin('GET', '/v1/users/nobody/sessions'), 'user_not_found')
  })
})

describe('sign-in codes', () => {
  it('are listed without themselves, and taken back', async () => {
    await makeUser('jan', 0)
    const make = async () => (await asAdmin('POST', '/v1/users/jan/sign-in-codes')).json<SignInCode>()
    const [first, second, third] = [await make(), await make(), await make()]
    const list = await asAdmin('GET', '/v1/users/jan/sign-in-codes')
    expect(list.json<SignInCodeList>().codes).toHaveLength(3)
    expect(list.body).not.toContain(first.code)
    const path = `/v1/users/jan/sign-in-codes/${first.id}`
    expectError(await asAdmin('DELETE', path.replace('jan', 'ann')), 'sign_in_code_not_found')
    expect((await asAdmin('DELETE', path)).statusCode).toBe(204)
    expectError(await asAdmin('DELETE', path), 'sign_in_code_not_found')
    const signIn = (code: string) => gateway.call('POST', '/v1/sign-in', { body: { code } })
    expectError(await signIn(first.code), 'sign_in_code_invalid')
    expect((await signIn(second.code)).statusCode).toBe(201)
    expect((await asAdmin('DELETE', '/v1/users/jan/sign-in-codes')).statusCode).toBe(204)
    expectError(await signIn(third.code), 'sign_in_code_invalid')
  })
})

describe('a user', () => {
  it('is disabled, enabled and removed over the API', async () => {
    const [own] = await makeUser('kim', 1)
    const token = own?.token ?? ''
    expect((await asAdmin('POST', '/v1/users/kim/disable')).statusCode).toBe(204)
    expectError(await gateway.call('GET', '/v1/me', { token }), 'user_disabled')
    const publish = () =>
      asAdmin('GET', '/v1/users').then((answer) => answer.json<{ users: object[] }>().users)
    expect(await publish()).toContainEqual(
      expect.objectContaining({ id: 'kim', disabled: expect.any(Number) }),
    )
    expect((await asAdmin('POST', '/v1/users/kim/enable')).statusCode).toBe(204)
    expect((await gateway.call('GET', '/v1/me', { token })).statusCode).toBe(200)
    expect((await asAdmin('DELETE', '/v1/users/kim')).statusCode).toBe(204)
    expectError(await gateway.call('GET', '/v1/me', { token }), 'token_invalid')
    const sender = { token: gateway.tokens.publisherOfAll, body: { body: 'x' } }
    expectError(await gateway.call('POST', '/v1/feeds/user:kim/messages', sender), 'user_not_found')
    for (const [method, path] of [
      ['DELETE', ''],
      ['POST', '/disable'],
      ['POST', '/enable'],
    ] as const)
      expectError(await asAdmin(method, `/v1/users/kim${path}`), 'user_not_found')
  })
})
