// Bundles a part of the bench with the programs that it starts beside itself (`<name>-*.ts`), and runs it.
// Usage: node tools/bench/run.mjs <name> [its arguments]
import * as esbuild from 'esbuild'
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ownFolders } from '../../scripts/own-folders.mjs'
import { workspaceAliases } from '../../scripts/workspaces.mjs'

const ROOT = resolve(import.meta.dirname, '..', '..')
const OUT = join(ROOT, 'dist', 'bench')
const [name = ''] = process.argv.splice(2, 1)

const programs = readdirSync(import.meta.dirname).filter(
  (file) => file === `${name}.ts` || (file.startsWith(`${name}-`) && file.endsWith('.ts')),
)

await esbuild.build({
  absWorkingDir: ROOT,
  entryPoints: programs.map((file) => `tools/bench/${file}`),
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  alias: workspaceAliases(),
  plugins: [ownFolders],
  logLevel: 'warning',
})
await import(pathToFileURL(join(OUT, `${name}.mjs`)).href)
