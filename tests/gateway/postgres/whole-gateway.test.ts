import { describe, expect, it, onTestFinished } from 'vitest'
import { startGateway } from '../../../e2e/gateway-process'
import { MemoryStorage } from '../../../services/storage/memory'
import { CoreClient } from '../process/core-client'
import { killUnderLoad } from '../process/kill-under-load'
import { newDatabase } from './new-database'
import { startPair } from './pair'

const KILLS = 5

describe('a gateway on PostgreSQL', () => {
  it(`loses no acknowledged message, and shows none twice, over ${String(KILLS)} kills under load`, async () => {
    await killUnderLoad(KILLS, { HERALD_STORE: await newDatabase() })
  }, 180_000)

  it('keeps its sockets when the primary is killed, and goes on with the standby', async () => {
    const { primary, standby, uri } = await startPair()
    const gateway = await startGateway({ HERALD_STORE: uri })
    onTestFinished(() => gateway.dispose())
    const { token } = await gateway.readToken('me')
    const client = await CoreClient.start(gateway.url, token, 'device-failover', new MemoryStorage())
    onTestFinished(() => {
      client.stop()
    })
    await gateway.publish('user:me', { body: 'before' })
    await primary.kill()
    standby.promote()
    await expect
      .poll(async () => (await gateway.publish('user:me', { body: 'after' })).status, { interval: 500 })
      .toBe(201)
    await expect.poll(() => client.rows('user:me').map(({ body }) => body)).toContain('after')
    expect(client.welcomes).toBe(1)
  }, 120_000)

  it('says what is wrong with an address that is none, without the password', async () => {
    const started = startGateway({ HERALD_STORE: 'postgres://me:secret-1@127.0.0.1:1/none' })
    const error: unknown = await started.catch((reason: unknown) => reason)
    expect(String(error)).toContain('no database takes writes: 127.0.0.1')
    expect(String(error)).not.toContain('secret-1')
  })
})
