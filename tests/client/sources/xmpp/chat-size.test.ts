import { build, type BuildOptions, type Plugin, type PluginBuild } from 'esbuild'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { workspaceAliases } from '../../../../scripts/workspaces.mjs'

const ROOT = resolve(import.meta.dirname, '../../../..')

/** For an app with a chat account, beside what every app has loaded by then: bytes after gzip. */
const BUDGET_BYTES = 16 * 1_024
/** And once more for an account that is in a room. */
const ROOMS_BUDGET_BYTES = 2_800

/** As vite.config.ts builds for H5. */
const TARGET = ['chrome87', 'safari15', 'firefox90']

/** What uni's build for H5 leaves out by its conditional comments. */
const forH5: Plugin = {
  name: 'h5',
  setup: (bundler) => {
    bundler.onLoad({ filter: /services.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/\/\/ #ifndef H5\n[^]*?\/\/ #endif\n/g, ''),
      loader: 'ts',
    }))
    // What both need is in the part of the chats, from which alone the rooms are loaded.
    bundler.onResolve({ filter: /\/rooms$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    )
  },
}

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  format: 'esm',
  target: TARGET,
  outdir: 'none',
  write: false,
  metafile: true,
  alias: workspaceAliases(ROOT),
  plugins: [forH5],
} satisfies BuildOptions

const zipped = (contents: Uint8Array): number => gzipSync(contents, { level: 9 }).length

it('is small, and loads what computes without WebCrypto only where there is none', async () => {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    // What a gateway's account needs too is in chunks that both share.
    entryPoints: [
      ...['services/sources/xmpp/chat-source.ts', 'services/sources/gateway-source.ts'],
      ...['services/connection/connection.ts', 'services/storage/storage.ts'],
    ],
    splitting: true,
  })
  const chat = outputFiles.find(({ path }) => path.endsWith('chat-source.js'))
  expect(chat && zipped(chat.contents)).toBeLessThanOrEqual(BUDGET_BYTES)
  const eager = Object.entries(metafile.outputs).filter(([path]) => !path.includes('library-hashes'))
  const parts = eager.flatMap(([, { inputs }]) => Object.keys(inputs))
  expect(parts).toContain('services/sources/xmpp/chat-session.ts')
  expect(parts.filter((path) => path.includes('@noble'))).toEqual([])
})

it('has the rooms apart, and they are small', async () => {
  const ofRooms = ['services/sources/xmpp/room.ts', 'services/sources/xmpp/rooms.ts']
  const { metafile } = await build({ ...OPTIONS, entryPoints: ['services/sources/xmpp/chat-source.ts'] })
  expect(Object.keys(metafile.inputs).filter((path) => ofRooms.includes(path))).toEqual([])
  const own = {
    name: 'own',
    setup: (bundler: PluginBuild) => {
      bundler.onResolve({ filter: /.*/ }, ({ path, kind }) =>
        kind === 'entry-point' || path === './room' ? undefined : { path, external: true },
      )
    },
  }
  const { outputFiles } = await build({
    ...OPTIONS,
    plugins: [own],
    entryPoints: ['services/sources/xmpp/rooms.ts'],
  })
  const [rooms] = outputFiles
  expect(rooms && zipped(rooms.contents)).toBeLessThanOrEqual(ROOMS_BUDGET_BYTES)
})
