// `npm run cluster`: three gateways, a PostgreSQL, three NATS nodes and a balancer on this machine, whose parts one can kill.
import { findNats, findPostgres, NATS_MISSING, POSTGRES_MISSING } from '@herald/engines/find'
import { runBundled } from './bundled.mjs'
import { buildGateway } from './gateway.mjs'

const missing = [
  ...(findPostgres() === undefined ? [POSTGRES_MISSING] : []),
  ...(findNats() === undefined ? [NATS_MISSING] : []),
]
if (missing.length > 0) {
  console.error(missing.join('\n\n'))
  process.exitCode = 1
} else {
  buildGateway()
  await runBundled('tests/gateway/cluster/play.ts')
}
