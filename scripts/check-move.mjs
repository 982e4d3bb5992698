// Bundles and runs the check of `herald store move` with as many messages and devices as one likes.
// Usage: npm run check:move -- --messages 100000 --devices 50
import { runBundled } from './bundled.mjs'
import { buildGateway } from './gateway.mjs'

buildGateway()
await runBundled('tests/gateway/postgres/check-move.ts')
