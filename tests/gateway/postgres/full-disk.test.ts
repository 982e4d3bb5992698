import { PostgresServer } from '@herald/engines/postgres'
import { Client } from 'pg'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'
import { connect } from './cluster'
import { openPostgres } from './database'
import { askServer } from './pair'
import { TEMPLATE } from './run-server'
import { makeSmallDisk, mayMakeDisks } from './small-disk'

const MAY_MAKE = mayMakeDisks()
if (!MAY_MAKE)
  process.stdout.write('a full disk of the database is not tested: that needs root on Linux, and mount\n')

/** Publishes that fill what a database has left within its own pages, and then some. */
const ENOUGH = 2000

const TEXT = 'x'.repeat(3000)

/** A database of the project's server whose tables are on a disk of their own. */
async function databaseOn(folder: string): Promise<string> {
  const server = inject('postgres')
  const client = new Client({ connectionString: `${server}postgres` })
  await client.connect()
  const name = `small_${String(process.pid)}`
  await client.query(`CREATE TABLESPACE ${name} LOCATION '${folder}'`)
  await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} TABLESPACE ${name}`)
  onTestFinished(async () => {
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`)
    await client.query(`DROP TABLESPACE ${name}`)
    await client.end()
  })
  return `${server}${name}`
}

const publish = (gateway: GatewayProcess, key: string) =>
  gateway.request('POST', '/v1/feeds/user:me/messages', {
    ...{ token: gateway.publishToken, headers: { 'Idempotency-Key': key } },
    body: { title: key, body: TEXT },
  })

describe.runIf(MAY_MAKE)('a gateway whose database has no room left on its disk', () => {
  it('refuses publishes and keeps its sockets; when there is room it goes on, and nothing answered is lost', async () => {
    const disk = makeSmallDisk(40)
    const gateway = await startGateway({ HERALD_STORE: await databaseOn(disk.folder) })
    onTestFinished(() => gateway.dispose())
    const { token } = await gateway.readToken('me')
    const client = await connect(gateway, token, 'device-0001')
    expect((await publish(gateway, 'first')).status).toBe(201)
    await expect.poll(() => client.rows('user:me').length).toBe(1)

    disk.fill()
    const answered = ['first']
    let refused: Awaited<ReturnType<typeof publish>> | undefined
    for (let count = 0; count < ENOUGH && !refused; count += 1) {
      const answer = await publish(gateway, String(count))
      if (answer.status === 201) answered.push(String(count))
      else refused = answer
    }
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'storage_unavailable' } } })
    const refusedKey = String(answered.length - 1)
    expect((await publish(gateway, refusedKey)).status).toBe(503)
    const page = await gateway.request('GET', '/v1/feeds/user:me/messages?after=0&limit=1', { token })
    expect(page).toMatchObject({ status: 200, body: { messages: [{ seq: 1, title: 'first' }] } })
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503)
    expect([client.state.name, client.welcomes]).toEqual(['live', 1])

    disk.free()
    await expect.poll(async () => (await publish(gateway, refusedKey)).status).toBeLessThan(202)
    answered.push(refusedKey)
    await expect.poll(() => client.rows('user:me').length).toBe(answered.length)
    const rows = client.rows('user:me').map(({ seq, title }) => [seq, title])
    expect(rows).toEqual(answered.map((title, index) => [index + 1, title]))
    expect(client.welcomes).toBe(1)
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200)
  })
})

describe.runIf(MAY_MAKE)('a store whose primary ends since its log has no room', () => {
  it('has all that was answered when the disk has room again', async () => {
    const disk = makeSmallDisk(120)
    const server = await PostgresServer.start({ under: disk.folder })
    onTestFinished(() => server.dispose())
    const { log } = await openPostgres({ uri: server.uri() })
    const answered: string[] = []
    const isTaken = async (): Promise<boolean> => {
      const stored = await log.append('topic:a', { body: 'x', priority: 3 }).catch(() => undefined)
      if (stored) answered.push(stored.id)
      return stored !== undefined
    }
    expect(await isTaken()).toBe(true)
    disk.fill()
    // The next part of its log is a file of its own, for which there is no room: PostgreSQL ends with a PANIC.
    await askServer(server, 'SELECT pg_switch_wal()').catch(() => undefined)
    while (await isTaken());
    disk.free()
    if (server.hasEnded) await server.run()
    await expect.poll(isTaken).toBe(true)
    const stored = (await log.read('topic:a', { after: 0, limit: 10_000 })).map(({ id }) => id)
    expect(answered.filter((id) => !stored.includes(id))).toEqual([])
    expect(new Set(stored).size).toBe(stored.length)
  })
})
