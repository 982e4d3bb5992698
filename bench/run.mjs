// Bundles a part of the bench with the programs that it starts beside itself (`<name>-*.ts`), and runs it.
// Usage: node bench/run.mjs <name> [its arguments]
import * as esbuild from 'esbuild'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const ROOT = resolve(import.meta.dirname, '..')
const OUT = join(ROOT, 'dist', 'bench')
const [name = ''] = process.argv.splice(2, 1)

const programs = readdirSync(join(ROOT, 'bench')).filter(
  (file) => file === `${name}.ts` || (file.startsWith(`${name}-`) && file.endsWith('.ts')),
)

/**
 * Lets the modules of these folders find what lies beside them, though they end up in one file in `dist/bench`.
 * @type {import('esbuild').Plugin}
 */
const ownFolders = {
  name: 'own-folders',
  setup(build) {
    build.onLoad(
      { filter: /[\\/](?:e2e|scripts|emulator|bench[\\/]client)[\\/][^\\/]+\.(?:ts|mjs)$/ },
      ({ path }) => ({
        contents: readFileSync(path, 'utf8')
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
        loader: extname(path) === '.ts' ? 'ts' : 'js',
      }),
    )
  },
}

await esbuild.build({
  absWorkingDir: ROOT,
  entryPoints: programs.map((file) => `bench/${file}`),
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  alias: { '@herald/protocol': join(ROOT, 'protocol', 'index.ts') },
  plugins: [ownFolders],
  logLevel: 'warning',
})
await import(pathToFileURL(join(OUT, `${name}.mjs`)).href)
