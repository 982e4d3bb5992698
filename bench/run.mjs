// Bundles a bench and what it measures, and runs it. Usage: node bench/run.mjs <name> [its arguments]
import { build } from 'esbuild'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const ROOT = resolve(import.meta.dirname, '..')
const OUT = join(ROOT, 'dist', 'bench')
const [name = ''] = process.argv.splice(2, 1)

await build({
  absWorkingDir: ROOT,
  entryPoints: [`bench/${name}.ts`, `bench/${name}-server.ts`],
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  alias: { '@herald/protocol': join(ROOT, 'protocol', 'index.ts') },
  logLevel: 'warning',
})
await import(pathToFileURL(join(OUT, `${name}.mjs`)).href)
