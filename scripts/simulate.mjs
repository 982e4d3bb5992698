// Bundles the simulator of tests/gateway/simulation with its worker, and runs it.
// Usage: npm run simulate -- --schedules 100000 --workers 2 --first 1 --state run.json
import * as esbuild from 'esbuild'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { workspaceAliases } from './workspaces.mjs'

const ROOT = resolve(import.meta.dirname, '..')

/** Where the bundle is. */
export const SIMULATION_FOLDER = join(ROOT, 'dist', 'simulation')

/**
 * @param {{ root?: string, outdir?: string, plugins?: import('esbuild').Plugin[] }} [options] `plugins` may change what
 *   is bundled
 */
export async function buildSimulation({ root = ROOT, outdir = SIMULATION_FOLDER, plugins = [] } = {}) {
  const simulation = 'tests/gateway/simulation'
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: {
      simulate: `${simulation}/simulate.ts`,
      'simulate-worker': `${simulation}/simulate-worker.ts`,
    },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    packages: 'external',
    alias: { ...workspaceAliases(root), '@': root },
    sourcemap: true,
    logLevel: 'warning',
    plugins,
  })
  return join(outdir, 'simulate.mjs')
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await import(pathToFileURL(await buildSimulation()).href)
