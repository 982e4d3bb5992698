import { PostgresServer } from '@herald/engines/postgres'
import { Client } from 'pg'
import { expect, onTestFinished } from 'vitest'

/** A primary that waits for its standby, and the address of both. They are gone when the test has ended. */
export async function startPair(): Promise<{
  primary: PostgresServer
  standby: PostgresServer
  uri: string
}> {
  const primary = await PostgresServer.start()
  onTestFinished(() => primary.dispose())
  const standby = await PostgresServer.start({ primary })
  onTestFinished(() => standby.dispose())
  await primary.set({ synchronous_standby_names: 'standby' })
  await expect.poll(() => standbyState(primary)).toBe('sync')
  const hosts = [primary, standby].map(({ port }) => `127.0.0.1:${String(port)}`)
  return { primary, standby, uri: `postgres://herald@${hosts.join(',')}/postgres` }
}

/** Whether the primary waits for its standby: `sync`, or `async`. */
async function standbyState(primary: PostgresServer): Promise<string | undefined> {
  const client = new Client({ connectionString: primary.uri() })
  await client.connect()
  const { rows } = await client.query<{ sync_state: string }>('SELECT sync_state FROM pg_stat_replication')
  await client.end()
  return rows[0]?.sync_state
}
