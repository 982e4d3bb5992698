import { PostgresServer } from '@herald/engines/postgres'
import { Client } from 'pg'
import { expect, onTestFinished } from 'vitest'

export interface Pair {
  readonly primary: PostgresServer
  readonly standby: PostgresServer
  /** The address of both. */
  readonly uri: string
}

/** A primary with a standby, for which it waits unless the test says otherwise. They are gone when the test has ended. */
export async function startPair({ isWaitedFor = true } = {}): Promise<Pair> {
  const primary = await PostgresServer.start()
  onTestFinished(() => primary.dispose())
  const standby = await PostgresServer.start({ primary })
  onTestFinished(() => standby.dispose())
  if (isWaitedFor) await primary.set({ synchronous_standby_names: 'standby' })
  await expect.poll(() => standbyState(primary)).toBe(isWaitedFor ? 'sync' : 'async')
  const hosts = [primary, standby].map(({ port }) => `127.0.0.1:${String(port)}`)
  return { primary, standby, uri: `postgres://herald@${hosts.join(',')}/postgres` }
}

/** Whether the primary waits for its standby: `sync`, or `async`. */
export async function standbyState(primary: PostgresServer): Promise<string | undefined> {
  const [row] = await askServer<{ sync_state: string }>(primary, 'SELECT sync_state FROM pg_stat_replication')
  return row?.sync_state
}

/** The standby takes over as it was when it was cut off: what the primary was told since then is lost. */
export async function failOver({ primary, standby }: Pair, lost: () => Promise<void>): Promise<void> {
  const current = 'SELECT replay_lsn = pg_current_wal_lsn() AS current FROM pg_stat_replication'
  await expect.poll(async () => (await askServer(primary, current))[0]).toEqual({ current: true })
  await standby.kill()
  await lost()
  await primary.kill()
  await standby.run()
  standby.promote()
}

export async function askServer<Row extends object>(server: PostgresServer, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: server.uri() })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}
