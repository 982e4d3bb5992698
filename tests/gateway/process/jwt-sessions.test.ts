import { closeCodes, SUBPROTOCOL, type SessionList } from '@herald/protocol'
import { SignJWT } from 'jose'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'
import { temporaryFolder } from '../temporary-store'

const SECRET = 'a secret of the shop that is long enough'

async function startWithJwts(): Promise<GatewayProcess> {
  const file = join(temporaryFolder(), 'secret')
  writeFileSync(file, SECRET)
  const gateway = await startGateway({
    ...{ HERALD_STATIC: '', HERALD_JWT_ALG: 'HS256', HERALD_JWT_KEY_FILE: file },
    ...{ HERALD_JWT_ISSUER: 'shop', HERALD_JWT_AUDIENCE: 'herald' },
  })
  onTestFinished(() => gateway.dispose())
  return gateway
}

const jwtOf = (user: string): Promise<string> =>
  new SignJWT({ iss: 'shop', aud: 'herald', sub: user })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(Buffer.from(SECRET))

/** Joins, and answers when it was welcomed, with the code that ends it. */
async function joinAs(url: string, token: string, device: string): Promise<{ closed: Promise<number> }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/socket`, [SUBPROTOCOL])
  onTestFinished(() => {
    socket.terminate()
  })
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => {
      const hello = { type: 'hello', token, device: { id: device, platform: 'ios' } }
      socket.send(JSON.stringify({ ...hello, state: 'foreground', cursors: {} }))
    })
    socket.once('message', resolve)
  })
  return { closed }
}

describe('devices that are signed in by JWTs', () => {
  it('signs one device out and no other, whatever is asked to be revoked', { timeout: 60_000 }, async () => {
    const gateway = await startWithJwts()
    const token = await jwtOf('ann')
    const phone = await joinAs(gateway.url, token, 'the-phone')
    const tablet = await joinAs(gateway.url, token, 'the-tablet')
    const body = { platform: 'ios' }
    await gateway.request('PUT', '/v1/me/devices/the-phone', { token, body })
    const list = async (query: string): Promise<SessionList['sessions']> => {
      const answer = await gateway.request('GET', `/v1/me/sessions${query}`, { token })
      return (answer.body as unknown as SessionList).sessions
    }
    expect(await list('?device=the-tablet')).toMatchObject([
      { id: 'device:the-phone', current: false, devices: [{ state: 'foreground', platform: 'ios' }] },
      { id: 'device:the-tablet', current: true, created: null },
    ])

    for (const who of [{ token }, { token: gateway.adminToken }]) {
      const answer = await gateway.request('DELETE', '/v1/tokens/jwt:ann', who)
      expect([answer.status, answer.body.error?.code]).toEqual([404, 'token_not_found'])
    }
    expect(await list('')).toHaveLength(2)

    expect((await gateway.request('DELETE', '/v1/me/devices/the-phone', { token })).status).toBe(204)
    expect(await phone.closed).toBe(closeCodes.token_revoked)
    expect((await list('')).map(({ id }) => id)).toEqual(['device:the-tablet'])

    const back = await joinAs(gateway.url, token, 'the-phone')
    const unnamed = await gateway.request('DELETE', '/v1/me/sessions', { token })
    expect(unnamed.body.error?.code).toBe('invalid_query')
    const ended = await gateway.request('DELETE', '/v1/me/sessions?device=the-tablet', { token })
    expect(ended.body).toEqual({ ended: 1 })
    expect(await back.closed).toBe(closeCodes.token_revoked)

    await gateway.request('DELETE', '/v1/users/ann', { token: gateway.adminToken })
    expect(await tablet.closed).toBe(closeCodes.user_disabled)
    const after = await gateway.request('GET', '/v1/me', { token })
    expect([after.status, after.body.error?.code]).toEqual([403, 'user_disabled'])
    const { body: users } = await gateway.request('GET', '/v1/users', { token: gateway.adminToken })
    expect(JSON.stringify(users)).not.toContain('ann')
  })
})
