import { describe, expect, it } from 'vitest'
import type { GatewayProcess } from '../../../e2e/gateway-process'
import { connect, startCluster } from './cluster'

const three = async (
  env?: Record<string, string>,
): Promise<[GatewayProcess, GatewayProcess, GatewayProcess]> => {
  const [a, b, c] = await startCluster(3, env)
  if (!a || !b || !c) throw new Error('three were asked for')
  return [a, b, c]
}

/** The ports in the names of all gateways, as one of them tells them. */
async function portsKnownTo(gateway: GatewayProcess): Promise<(string | undefined)[]> {
  const { gateways } = (await gateway.request('GET', '/v1/status')).body as { gateways: { name: string }[] }
  return gateways.map(({ name }) => name.split(':')[1])
}

describe('three gateways on one database', () => {
  it('bring what is published at one to the devices at all of them, once and in order', async () => {
    const [a, b, c] = await three()
    const { token } = await a.readToken('me')
    const clients = await Promise.all(
      [a, b, c].map((gateway, index) => connect(gateway, token, `device-000${String(index)}`)),
    )
    const bodies = Array.from({ length: 20 }, (_, index) => ({ body: 'x'.repeat(100 * (index + 1)) }))
    await a.publishMany('user:me', bodies)
    await b.publish('user:me', { body: 'from b' })
    await c.publish('user:me', { body: 'last' })
    for (const client of clients) {
      await expect.poll(() => client.rows('user:me').length).toBe(22)
      expect(client.rows('user:me').map(({ seq }) => seq)).toEqual(
        Array.from({ length: 22 }, (_, index) => index + 1),
      )
      expect(new Set(client.alerted).size).toBe(client.alerted.length)
    }
  })

  it('have one socket of a device between them: the newest one, however often it hops', async () => {
    const gateways = await three()
    const { token } = await gateways[0].readToken('me')
    for (let hop = 0; hop < 6; hop += 1) {
      const gateway = gateways[hop % 3] ?? gateways[0]
      const client = await connect(gateway, token, 'device-0001')
      await expect.poll(() => client.state.name).toBe('live')
      const before = gateways.filter((other) => other !== gateway)
      await expect
        .poll(async () => (await Promise.all(before.map((other) => other.connections()))).join())
        .toBe('0,0')
      await gateway.publish('user:me', { body: String(hop) })
      await expect.poll(() => client.rows('user:me').at(-1)?.body).toBe(String(hop))
      expect(client.state.name).toBe('live')
      client.stop()
    }
  })

  it('know how many they are, and give up one that is killed, whose device goes on at another', async () => {
    const [a, b, c] = await three()
    // Whoever is ready has said what it is called.
    for (const gateway of [a, b, c]) expect(await portsKnownTo(gateway)).toContain(new URL(gateway.url).port)
    const metricsOf = async (gateway: GatewayProcess) => (await fetch(`${gateway.url}/metrics`)).text()
    await expect.poll(() => metricsOf(a)).toMatch(/^herald_gateways 3$/m)
    expect(await metricsOf(a)).toMatch(/^herald_bus_connected 1$/m)
    await expect
      .poll(async () => (await a.request('GET', '/v1/status')).body.gateways)
      .toMatchObject([a, b, c].map(() => ({ bus: 'ok', version: '0.1.0' })))
    const ports = [a, b, c].map(({ url }) => new URL(url).port)
    await expect.poll(async () => (await portsKnownTo(b)).sort()).toEqual([...ports].sort())
    expect(await metricsOf(a)).toMatch(
      /^herald_gateway_connections\{gateway="[^"]+:\d+",version="[^"]+",bus="ok"\} 0$/m,
    )
    expect(await (await fetch(`${c.url}/readyz`)).json()).toMatchObject({ ok: true, bus: 'ok' })
    const { token } = await a.readToken('me')
    const lost = await connect(c, token, 'device-0001')
    await expect.poll(() => lost.state.name).toBe('live')
    await c.kill()
    lost.stop()
    const client = await connect(b, token, 'device-0001')
    await a.publish('user:me', { body: 'after' })
    await expect.poll(() => client.rows('user:me').map(({ body }) => body)).toEqual(['after'])
    await expect.poll(() => metricsOf(a)).toMatch(/^herald_gateways 2$/m)
    expect(client.state.name).toBe('live')
  })

  it('refuse an address that has failed to sign in at all of them together', async () => {
    const [a, b, c] = await three({ HERALD_RATE_FAILURES: '6' })
    const signIn = async (gateway: GatewayProcess) =>
      (await gateway.request('POST', '/v1/sign-in', { body: { code: 'abcdefghijklmnop' } })).body.error?.code
    for (const gateway of [a, b, c, a, b, c]) expect(await signIn(gateway)).toBe('sign_in_code_invalid')
    for (const gateway of [a, b, c]) await expect.poll(() => signIn(gateway)).toBe('rate_limited')
  })

  it('end the sockets of a token that is revoked at another one', async () => {
    const [a, b] = await three()
    const { token, id } = await a.readToken('me')
    const client = await connect(b, token, 'device-0001')
    await expect.poll(() => client.state.name).toBe('live')
    await a.revoke(id)
    await expect.poll(() => client.state).toMatchObject({ name: 'stopped', closeName: 'token_revoked' })
    expect((await b.request('GET', '/v1/me', { token })).status).toBe(401)
  })
})
