// Bundles the gateway: its server, its command line tool and the store's writer thread.
// Packages stay outside, except the protocol, which is TypeScript.
import { build } from 'esbuild'
import { resolve } from 'node:path'

const FOLDER = import.meta.dirname

await build({
  absWorkingDir: FOLDER,
  entryPoints: { main: 'main.ts', herald: 'cli/herald.ts', writer: 'store/writer.ts' },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  alias: { '@herald/protocol': resolve(FOLDER, '..', 'protocol', 'index.ts') },
  sourcemap: true,
  logLevel: 'warning',
})
