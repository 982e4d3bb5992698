// Bundles a program in TypeScript and runs it: for scripts that are made of what the tests have.
import * as esbuild from 'esbuild'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { workspaceAliases } from './workspaces.mjs'

const ROOT = resolve(import.meta.dirname, '..')

/** @param {string} entry its path from the root */
export async function runBundled(entry) {
  // One folder below the root, as what it is made of: that finds the gateway's program from where it stands.
  const outfile = join(ROOT, 'dist', `${basename(entry, '.ts')}.mjs`)
  await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
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
}
