import { build, type Plugin } from 'esbuild'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { workspaceAliases } from '../../../../scripts/workspaces.mjs'

const ROOT = resolve(import.meta.dirname, '../../../..')

/** For an app with a chat account, beside what every app has loaded by then: bytes after gzip. */
const BUDGET_BYTES = 16_000

/** What uni's build for H5 leaves out by its conditional comments. */
const forH5: Plugin = {
  name: 'h5',
  setup: (bundler) => {
    bundler.onLoad({ filter: /services.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/\/\/ #ifndef H5\n[^]*?\/\/ #endif\n/g, ''),
      loader: 'ts',
    }))
  },
}

it('is small, and loads what computes without WebCrypto only where there is none', async () => {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    // What a gateway's account needs too is in chunks that both share.
    entryPoints: [
      ...['services/sources/xmpp/chat-source.ts', 'services/sources/gateway-source.ts'],
      ...['services/connection/connection.ts', 'services/storage/storage.ts'],
    ],
    ...{ bundle: true, splitting: true, minify: true, format: 'esm', target: 'es2018', outdir: 'none' },
    ...{ write: false, metafile: true, alias: workspaceAliases(ROOT), plugins: [forH5] },
  })
  const chat = outputFiles.find(({ path }) => path.endsWith('chat-source.js'))
  expect(chat && gzipSync(chat.contents, { level: 9 }).length).toBeLessThanOrEqual(BUDGET_BYTES)
  const eager = Object.entries(metafile.outputs).filter(([path]) => !path.includes('library-hashes'))
  const parts = eager.flatMap(([, { inputs }]) => Object.keys(inputs))
  expect(parts).toContain('services/sources/xmpp/chat-session.ts')
  expect(parts.filter((path) => path.includes('@noble'))).toEqual([])
})
