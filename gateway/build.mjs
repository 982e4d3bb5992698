// Bundles the gateway: its server, its command line tool and the store's writer thread, each with the packages that it
// uses. To find and read these one by one takes as long as the rest of a start, and devices wait for a restart.
import { build } from 'esbuild'
import { resolve } from 'node:path'

const FOLDER = import.meta.dirname

/** Packages in CommonJS ask for Node's modules and for what lies beside them, which modules have no words for. */
const COMMONJS = `import { createRequire as createRequireOfBundle } from 'node:module'
const require = createRequireOfBundle(import.meta.url)
const { filename: __filename, dirname: __dirname } = import.meta`

await build({
  absWorkingDir: FOLDER,
  entryPoints: { main: 'main.ts', herald: 'cli/herald.ts', writer: 'store/writer.ts' },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  // Finds a binary beside itself.
  external: ['libsql'],
  banner: { js: COMMONJS },
  alias: { '@herald/protocol': resolve(FOLDER, '..', 'protocol', 'index.ts') },
  sourcemap: true,
  logLevel: 'warning',
})
