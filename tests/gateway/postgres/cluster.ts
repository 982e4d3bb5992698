import { onTestFinished } from 'vitest'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'
import { MemoryStorage } from '../../../services/storage/memory'
import { CoreClient } from '../process/core-client'
import { newDatabase } from './new-database'

/** Real gateways on one database, one beside the other. They are gone when the test has ended. */
export async function startCluster(
  count: number,
  env: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess[]> {
  const store = { HERALD_STORE: await newDatabase(), ...env }
  const first = await started(store)
  const others = await Promise.all(Array.from({ length: count - 1 }, () => started(store)))
  return [first, ...others]
}

async function started(env: Record<string, string>): Promise<GatewayProcess> {
  const gateway = await startGateway(env)
  onTestFinished(() => gateway.dispose())
  return gateway
}

/** The app's core at one of them. */
export async function connect(
  gateway: GatewayProcess,
  token: string,
  device: string,
  storage = new MemoryStorage(),
): Promise<CoreClient> {
  const client = await CoreClient.start(gateway.url, token, device, storage)
  onTestFinished(() => {
    client.stop()
  })
  return client
}
