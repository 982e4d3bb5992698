import type { CreatedToken, SignedIn, SignInCode } from '@herald/protocol'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { openTestGateway, type TestGateway } from './test-gateway'

const FROM = '192.0.2.7'

let gateway: TestGateway
let adminId: string

beforeAll(async () => {
  gateway = await openTestGateway()
  adminId = (await gateway.directory.authenticate(gateway.tokens.admin)).token.id
})

afterAll(async () => {
  await gateway.close()
})

beforeEach(() => {
  gateway.audited.length = 0
})

const asAdmin = (path: string, body?: object) =>
  gateway.call('POST', path, { token: gateway.tokens.admin, from: FROM, ...(body && { body }) })

describe('a change of who may use the gateway leaves a line', () => {
  it('for a user', async () => {
    await asAdmin('/v1/users', { id: 'carl' })
    expect(gateway.audited).toEqual([
      { event: 'user_created', address: FROM, tokenId: adminId, target: 'carl', user: undefined },
    ])
  })

  it('for a sign-in code and the sign-in by it', async () => {
    const { code } = (await asAdmin('/v1/users/ann/sign-in-codes')).json<SignInCode>()
    const signedIn = await gateway.call('POST', '/v1/sign-in', { body: { code }, from: FROM })
    const { info, token } = signedIn.json<SignedIn>()
    expect(gateway.audited).toMatchObject([
      { event: 'code_created', address: FROM, tokenId: adminId, target: 'ann' },
      { event: 'signed_in', address: FROM, target: info.id, user: 'ann' },
    ])
    expect(JSON.stringify(gateway.audited)).not.toContain(code)
    expect(JSON.stringify(gateway.audited)).not.toContain(token)
  })

  it('for tokens, with and without a user, made and revoked', async () => {
    const mine = (await asAdmin('/v1/users/ann/tokens', { read: true })).json<CreatedToken>()
    const other = (await asAdmin('/v1/tokens', { publish: ['*'] })).json<CreatedToken>()
    await gateway.call('DELETE', `/v1/tokens/${other.info.id}`, { token: gateway.tokens.admin, from: FROM })
    await gateway.call('DELETE', `/v1/tokens/${mine.info.id}`, { token: mine.token, from: FROM })
    expect(gateway.audited).toMatchObject([
      { event: 'token_created', tokenId: adminId, target: mine.info.id, user: 'ann' },
      { event: 'token_created', tokenId: adminId, target: other.info.id },
      { event: 'token_revoked', tokenId: adminId, target: other.info.id },
      { event: 'token_revoked', tokenId: mine.info.id, target: mine.info.id },
    ])
    for (const { token } of [mine, other]) expect(JSON.stringify(gateway.audited)).not.toContain(token)
  })

  it('for a device', async () => {
    await gateway.call('DELETE', '/v1/me/devices/device-1234', { token: gateway.tokens.reader })
    expect(gateway.audited).toMatchObject([{ event: 'device_removed', target: 'device-1234', user: 'ann' }])
  })

  it('and none when it was not made', async () => {
    await asAdmin('/v1/users', { id: 'ann' })
    await asAdmin('/v1/users/nobody/sign-in-codes')
    expect(gateway.audited).toEqual([])
  })
})

describe('a refusal leaves a line', () => {
  it('for 401 with the address and the route, and nothing of what was sent', async () => {
    const secret = gateway.tokens.unknown
    await gateway.call('DELETE', `/v1/tokens/${secret}?t=${secret}`, { token: secret, from: '192.0.2.11' })
    const refused = {
      event: 'refused',
      code: 'token_invalid',
      address: '192.0.2.11',
      route: '/v1/tokens/:id',
    }
    expect(gateway.audited).toMatchObject([refused])
    expect(JSON.stringify(gateway.audited)).not.toContain(secret)
  })

  it('for 403 with the token and the target', async () => {
    const token = gateway.tokens.reader
    const { id } = (await gateway.directory.authenticate(token)).token
    await gateway.call('DELETE', '/v1/tokens/t_other', { token, from: '192.0.2.12' })
    expect(gateway.audited).toMatchObject([{ code: 'admin_required', tokenId: id, target: 't_other' }])
    await gateway.call('GET', '/v1/me', { from: '192.0.2.13', headers: { origin: 'https://evil.example' } })
    expect(gateway.audited[1]).toMatchObject({ code: 'origin_forbidden', address: '192.0.2.13' })
  })

  it('for 429, once for a flood, which fills the request log no more than the audit', async () => {
    const limited = await openTestGateway({ env: { HERALD_RATE_ADDRESS: '2', HERALD_LOG_LEVEL: 'info' } })
    onTestFinished(() => limited.close())
    for (let count = 0; count < 50; count++)
      await limited.call('GET', '/v1/me', { token: limited.tokens.reader })
    expect(limited.audited).toMatchObject([{ code: 'rate_limited' }])
    const lines = limited.logged.map((line) => JSON.parse(line) as { level: string; status?: number })
    expect(lines.filter(({ status }) => status === 429).every(({ level }) => level === 'debug')).toBe(true)
    limited.audit.flush()
    expect(limited.audited).toMatchObject([{}, { code: 'rate_limited', repeated: 47 }])
  })

  it('and other answers leave none', async () => {
    await gateway.call('GET', '/nothing')
    await gateway.call('GET', '/v1/me', { token: gateway.tokens.reader })
    await gateway.call('POST', '/v1/sign-in', { body: {} })
    expect(gateway.audited).toEqual([])
  })
})
