// Bundles the fuzzers of tests/gateway/hostile/fuzz and runs them against a gateway of their own.
// Usage: npm run fuzz -- --frames 1000000 --requests 20000 --seed 1
import * as esbuild from 'esbuild'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildGateway } from './gateway.mjs'
import { ownFolders } from './own-folders.mjs'
import { workspaceAliases } from './workspaces.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const PROGRAM = join(ROOT, 'dist', 'fuzz', 'fuzz.mjs')

buildGateway()
await esbuild.build({
  absWorkingDir: ROOT,
  entryPoints: ['tests/gateway/hostile/fuzz/fuzz.ts'],
  outfile: PROGRAM,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  alias: workspaceAliases(),
  plugins: [ownFolders],
  sourcemap: true,
  logLevel: 'warning',
})
await import(pathToFileURL(PROGRAM).href)
