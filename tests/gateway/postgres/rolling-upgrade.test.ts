import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { GatewayProcess } from '../../../e2e/gateway-process'
import { GATEWAY_MAIN } from '../../../scripts/gateway.mjs'
import { NEWEST_SCHEMA } from '../../../gateway/stores/postgres/schema'
import { Client } from 'pg'
import { connect } from './cluster'
import { emptyDatabase } from './new-database'
import { buildOlderGateway, hasOlderGateway, OLDER_SCHEMA } from './older-gateway'

const HAS_OLDER = hasOlderGateway()
if (!HAS_OLDER)
  process.stdout.write(
    'a rolling upgrade is not tested: this clone has no history to build an older gateway from\n',
  )

async function started(store: string, program: string): Promise<GatewayProcess> {
  const gateway = new GatewayProcess({ HERALD_STORE: store }, program)
  onTestFinished(() => gateway.dispose())
  await gateway.start()
  return gateway
}

async function schemaOf(store: string): Promise<number | undefined> {
  const client = new Client({ connectionString: store })
  await client.connect()
  try {
    return (await client.query<{ version: number }>('SELECT version FROM herald_schema')).rows[0]?.version
  } finally {
    await client.end()
  }
}

describe.runIf(HAS_OLDER)('two gateways of an older version that are upgraded one after the other', () => {
  let older: string
  beforeAll(() => {
    older = buildOlderGateway()
  }, 180_000)

  it('serve side by side with the newer one: nothing is missed, doubled or unread again', async () => {
    const store = await emptyDatabase()
    const first = await started(store, older)
    const second = await started(store, older)
    expect(await schemaOf(store)).toBe(OLDER_SCHEMA)
    const { token } = await first.readToken('me')
    const atFirst = await connect(first, token, 'device-0001')
    const atSecond = await connect(second, token, 'device-0002')
    const have = async (...bodies: string[]): Promise<void> => {
      for (const client of [atFirst, atSecond])
        await expect.poll(() => client.rows('user:me').map(({ body }) => body)).toEqual(bodies)
    }
    await first.publish('user:me', { body: 'by older ones' })
    await have('by older ones')

    expect(await first.stop()).toBe(0)
    await first.start(GATEWAY_MAIN)
    expect(await schemaOf(store)).toBe(NEWEST_SCHEMA)
    await expect.poll(() => atFirst.welcomes).toBe(2)
    await first.publish('user:me', { body: 'by the newer one' })
    await second.publish('user:me', { body: 'by the older one' })
    await have('by older ones', 'by the newer one', 'by the older one')
    expect(atSecond.welcomes).toBe(1)
    await atSecond.read('user:me', [[1, 2]])
    await expect.poll(() => atFirst.unread('user:me')).toBe(1)
    await atFirst.read('user:me', [[3, 3]])
    await expect.poll(() => atSecond.unread('user:me')).toBe(0)
    const { token: other, id } = await second.readToken('me')
    const guest = await connect(first, other, 'device-0003')
    await expect.poll(() => guest.state.name).toBe('live')
    await second.revoke(id)
    await expect.poll(() => guest.state).toMatchObject({ name: 'stopped', closeName: 'token_revoked' })

    // What has ended does not come back: an older gateway does not start on the newer schema.
    const late = new GatewayProcess({ HERALD_STORE: store }, older)
    onTestFinished(() => late.dispose())
    await expect(late.start()).rejects.toThrow(/newer than this gateway's 3/)

    expect(await second.stop()).toBe(0)
    await second.start(GATEWAY_MAIN)
    await expect.poll(() => atSecond.welcomes).toBe(2)
    await first.publish('user:me', { body: 'by newer ones' })
    await have('by older ones', 'by the newer one', 'by the older one', 'by newer ones')
    for (const client of [atFirst, atSecond]) {
      expect(new Set(client.alerted).size).toBe(client.alerted.length)
      expect(client.unread('user:me')).toBe(1)
    }
  })
})
