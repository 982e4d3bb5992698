// Bundles and runs the check of `herald store move` with as many messages and devices as one likes.
// Usage: npm run check:move -- --messages 100000 --devices 50
import * as esbuild from 'esbuild'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildGateway } from './gateway.mjs'
import { workspaceAliases } from './workspaces.mjs'

const ROOT = resolve(import.meta.dirname, '..')

buildGateway()
// One folder below the root, as what it is made of: that finds the gateway's program from where it stands.
const outfile = join(ROOT, 'dist', 'check-move.mjs')
await esbuild.build({
  absWorkingDir: ROOT,
  entryPoints: ['tests/gateway/postgres/check-move.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  alias: { ...workspaceAliases(ROOT), '@': ROOT },
  logLevel: 'warning',
})
await import(pathToFileURL(outfile).href)
