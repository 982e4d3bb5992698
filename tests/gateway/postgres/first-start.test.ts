import { expect, it, onTestFinished } from 'vitest'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'
import { emptyDatabase } from './new-database'

it('gateways that start at once on an empty database have one store, one user and one key', async () => {
  const HERALD_STORE = await emptyDatabase()
  const gateways = await Promise.all(
    [0, 1, 2].map(async () => {
      const gateway = await startGateway({ HERALD_STORE })
      onTestFinished(() => gateway.dispose())
      return gateway
    }),
  )
  const [first] = gateways
  if (!first) throw new Error('three were asked for')
  const ask = async (gateway: GatewayProcess, path: string, token?: string): Promise<unknown> =>
    (await gateway.request('GET', path, { ...(token !== undefined && { token }) })).body
  const { token } = await first.readToken('me')
  const keys = await Promise.all(gateways.map((gateway) => ask(gateway, '/v1/push', token)))
  expect(keys[0]).toMatchObject({ webPush: { publicKey: expect.any(String) as unknown } })
  for (const [index, gateway] of gateways.entries()) {
    expect(keys[index]).toEqual(keys[0])
    // Each by the tokens that its own folder has.
    expect(await ask(gateway, '/v1/users')).toMatchObject({ users: [{ id: 'me' }] })
    expect(await gateway.publish('user:me', { body: 'x' })).toMatchObject({
      ...{ status: 201, body: { seq: index + 1 } },
    })
    expect(gateway.stderr).toBe('')
  }
})
