import { PostgresServer } from '@herald/engines/postgres'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startGateway } from '../../../e2e/gateway-process'
import { temporaryFolder } from '../temporary-store'
import { move } from './moved-store'

/** With everything in it that has a meaning in a URI. */
const PASSWORD = 'p@ss:w/rd?#[%41] &é'

/** Asks for a password (SCRAM-SHA-256); one for all tests here. */
let server: PostgresServer

beforeAll(async () => {
  server = await PostgresServer.start({ password: PASSWORD, settings: { fsync: 'off' } })
  return () => server.dispose()
})

function passwordFile(text: string): string {
  const path = join(temporaryFolder(), 'password')
  writeFileSync(path, `${text}\n`)
  return path
}

async function changePassword(before: string, after: string): Promise<void> {
  const address = { host: '127.0.0.1', port: server.port, user: 'herald', database: 'postgres' }
  const client = new Client({ ...address, password: before })
  await client.connect()
  await client.query(`ALTER USER herald PASSWORD '${after}'`)
  // Who is connected stays so: as when an operator ends the sessions of the old one.
  await client.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'herald' AND pid <> pg_backend_pid()",
  )
  await client.end()
}

describe('the password of a database', () => {
  it('is read from its file, whatever characters it has, and anew when it was changed', async () => {
    const path = passwordFile(PASSWORD)
    const gateway = await startGateway({ HERALD_STORE: server.uri(), HERALD_STORE_PASSWORD_FILE: path })
    onTestFinished(() => gateway.dispose())
    expect((await gateway.publish('user:me', { body: 'before' })).status).toBe(201)
    writeFileSync(path, 'another one\n')
    await changePassword(PASSWORD, 'another one')
    onTestFinished(() => changePassword('another one', PASSWORD))
    await expect
      .poll(async () => (await gateway.publish('user:me', { body: 'after' })).status, { interval: 500 })
      .toBe(201)
    await gateway.stop()
  })

  it('that is wrong is said to be, and is not shown', async () => {
    const env = { HERALD_STORE: server.uri(), HERALD_STORE_PASSWORD_FILE: passwordFile('wrong-one') }
    const error: unknown = await startGateway(env).catch((reason: unknown) => reason)
    expect(String(error)).toContain('password authentication failed')
    expect(String(error)).not.toContain('wrong-one')
  })

  it('is read from its file by herald store move too', async () => {
    process.env['HERALD_STORE_PASSWORD_FILE'] = passwordFile(PASSWORD)
    onTestFinished(() => {
      delete process.env['HERALD_STORE_PASSWORD_FILE']
    })
    await expect(move(temporaryFolder(), '--to', server.uri())).rejects.toThrow('holds no store')
  })
})
