// Bundles the gateway: its server, its command line tool and the store's writer thread, each with the packages that it
// uses. To find and read these one by one takes as long as the rest of a start, and devices wait for a restart.
import { build } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const FOLDER = import.meta.dirname

/** Packages in CommonJS ask for Node's modules and for what lies beside them, which modules have no words for. */
const COMMONJS = `import { createRequire as createRequireOfBundle } from 'node:module'
const require = createRequireOfBundle(import.meta.url)
const { filename: __filename, dirname: __dirname } = import.meta`

/**
 * When this source was made: it cannot be earlier than that where it runs. The same for every build of a commit; where
 * there is no repository, now.
 */
function builtMs() {
  const epoch = process.env.SOURCE_DATE_EPOCH
  if (epoch !== undefined && /^\d+$/.test(epoch)) return Number(epoch) * 1000
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], {
    cwd: FOLDER,
    encoding: 'utf8',
  })
  return status === 0 && /^\d+\s*$/.test(stdout) ? Number(stdout) * 1000 : Date.now()
}

await build({
  absWorkingDir: FOLDER,
  entryPoints: { main: 'main.ts', herald: 'cli/herald.ts', writer: 'stores/sqlite/writer.ts' },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  // The first finds a binary beside itself; the second is asked for by nobody.
  external: ['libsql', 'pg-native'],
  banner: { js: COMMONJS },
  alias: { '@herald/protocol': resolve(FOLDER, '..', 'protocol', 'index.ts') },
  define: { HERALD_BUILT_MS: String(builtMs()) },
  sourcemap: true,
  logLevel: 'warning',
})
