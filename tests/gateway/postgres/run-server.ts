import { PostgresServer } from '@herald/engines/postgres'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import { PostgresEngine } from '../../../gateway/stores/postgres/engine'
import { Primary } from '../../../gateway/stores/postgres/primary'

declare module 'vitest' {
  interface ProvidedContext {
    /** The connection URI of a server, without a database. */
    postgres: string
  }
}

/** What every store of a test begins as. */
export const TEMPLATE = 'empty'

/** One server for all tests of the project. It need not outlive a power cut. */
export default async function ({ provide }: TestProject): Promise<() => Promise<void>> {
  const server = await PostgresServer.start({ settings: { fsync: 'off' } })
  const client = new Client({ connectionString: server.uri() })
  await client.connect()
  await client.query(`CREATE DATABASE ${TEMPLATE}`)
  await client.end()
  const onFault = (detail: string): void => {
    throw new Error(detail)
  }
  const primary = new Primary({ targets: [server.uri(TEMPLATE)], connections: 1, onFault })
  await new PostgresEngine(primary, onFault).prepare()
  await primary.close()
  provide('postgres', server.uri(''))
  return () => server.dispose()
}
