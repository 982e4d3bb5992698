import { NatsCluster } from '@herald/engines/nats'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { GatewayProcess } from '../../../e2e/gateway-process'
import { connect, startCluster } from '../postgres/cluster'
import type { CoreClient } from '../process/core-client'

/** Within this a hint that was lost is found, ms; and what the machine takes beside. */
const FOUND_MS = 5000
const SLACK_MS = 1000

/** Three gateways that hear each other by three NATS nodes, and a device at each. */
async function startThree() {
  const nats = await NatsCluster.start()
  onTestFinished(() => nats.dispose())
  const gateways = await startCluster(3, { HERALD_BUS: nats.uri() })
  const [a] = gateways
  if (!a) throw new Error('three were asked for')
  const { token } = await a.readToken('me')
  const clients = await Promise.all(
    gateways.map((gateway, index) => connect(gateway, token, `device-000${String(index)}`)),
  )
  await expect.poll(() => clients.map(({ state }) => state.name)).toEqual(['live', 'live', 'live'])
  await expect.poll(() => busesOf(gateways)).toEqual(['1', '1', '1'])
  return { nats, gateways, a, clients }
}

const busesOf = (gateways: readonly GatewayProcess[]): Promise<(string | undefined)[]> =>
  Promise.all(
    gateways.map(async ({ url }) => {
      const text = await (await fetch(`${url}/metrics`)).text()
      return /^herald_bus_connected (\d)$/m.exec(text)?.[1]
    }),
  )

/** Publishes at one; resolves to how long it takes until each of the devices has it, ms. */
async function publishAndTime(
  gateway: GatewayProcess,
  clients: readonly CoreClient[],
  body: string,
): Promise<number> {
  const begun = performance.now()
  const { status } = await gateway.publish('user:me', { body })
  expect(status).toBe(201)
  for (const client of clients)
    await expect.poll(() => client.rows('user:me').at(-1)?.body, { interval: 20 }).toBe(body)
  return performance.now() - begun
}

describe('three gateways with a NATS cluster of three', () => {
  it('bring what is published to all devices while one node and then two are killed, and when they are back', async () => {
    const { nats, gateways, a, clients } = await startThree()
    await publishAndTime(a, clients, 'all nodes')
    const [first, second] = nats.servers
    await first?.kill()
    expect(await publishAndTime(a, clients, 'two nodes')).toBeLessThan(FOUND_MS + SLACK_MS)
    await second?.kill()
    expect(await publishAndTime(a, clients, 'one node')).toBeLessThan(FOUND_MS + SLACK_MS)
    await expect.poll(() => busesOf(gateways)).toEqual(['1', '1', '1'])
    await first?.run()
    await second?.run()
    await publishAndTime(a, clients, 'all again')
    for (const client of clients) expect(new Set(client.alerted).size).toBe(client.alerted.length)
  })

  it('find what is published within five seconds while the bus is dead for ten, with no socket lost', async () => {
    const { nats, gateways, a, clients } = await startThree()
    await Promise.all(nats.servers.map((server) => server.kill()))
    await expect.poll(() => busesOf(gateways)).toEqual(['0', '0', '0'])
    const dead = performance.now()
    for (let count = 0; performance.now() - dead < 10_000; count += 1)
      expect(await publishAndTime(a, clients, `dead ${String(count)}`)).toBeLessThan(FOUND_MS + SLACK_MS)
    const ready = await fetch(`${a.url}/readyz`)
    expect(ready.status).toBe(200)
    await Promise.all(nats.servers.map((server) => server.run()))
    await expect.poll(() => busesOf(gateways)).toEqual(['1', '1', '1'])
    await publishAndTime(a, clients, 'again')
    for (const client of clients) {
      expect(client.welcomes).toBe(1)
      const seqs = client.rows('user:me').map(({ seq }) => seq)
      expect(seqs).toEqual(seqs.map((_, index) => index + 1))
    }
  }, 120_000)

  it('start without a bus and without a way to it, and hear each other once there is one', async () => {
    const nats = await NatsCluster.start({ count: 1 })
    onTestFinished(() => nats.dispose())
    await nats.servers[0]?.kill()
    const gateways = await startCluster(2, { HERALD_BUS: nats.uri() })
    expect(await busesOf(gateways)).toEqual(['0', '0'])
    await nats.servers[0]?.run()
    await expect.poll(() => busesOf(gateways)).toEqual(['1', '1'])
  })
})
