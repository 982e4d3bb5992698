// `npm run first-minute`: what the README says at its top, done by a program: a fresh clone, `npm ci`, `npm start`, the QR code read
// from the terminal's own output, the list on a phone-sized screen, and by TLS of an own authority a notification and a push.
//   npm run first-minute             in a fresh clone of what is committed here
//   npm run first-minute -- --here   in this checkout, without clone and install
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { runNpm } from './npm.mjs'
import { ownFolders } from './own-folders.mjs'
import { workspaceAliases } from './workspaces.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const OUT = join(ROOT, 'e2e', 'out', 'first-minute.mjs')

/** @param {string} text */
const say = (text) => console.log(`first-minute: ${text}`)

/** Runs it and says how long it took. @param {string} what @param {() => unknown} deed */
function timed(what, deed) {
  const begun = performance.now()
  deed()
  say(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
}

/** @param {string} folder */
function clone(folder) {
  timed('git clone', () => execFileSync('git', ['clone', '--quiet', ROOT, folder]))
  timed('npm ci', () => runNpm(['ci', '--no-audit', '--no-fund'], { cwd: folder }))
}

async function load() {
  await build({
    entryPoints: [join(ROOT, 'e2e', 'first-minute.ts')],
    outfile: OUT,
    ...{ bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'warning' },
    alias: workspaceAliases(),
    plugins: [ownFolders],
  })
  /** @type {unknown} */
  const loaded = await import(pathToFileURL(OUT).href)
  return /** @type {typeof import('../e2e/first-minute')} */ (loaded)
}

/** Programs beside Node and Chromium: a terminal, an authority, and what tells Chromium to trust it. */
const PROGRAMS = { script: 'bsdutils', openssl: 'openssl', certutil: 'libnss3-tools' }

function requirePrograms() {
  const missing = Object.entries(PROGRAMS).filter(
    ([name]) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
  )
  if (missing.length === 0) return
  throw new Error(`It needs ${missing.map(([name, from]) => `${name} (Debian: ${from})`).join(', ')}.`)
}

const isHere = process.argv.includes('--here')
const folder = isHere ? ROOT : mkdtempSync(join(tmpdir(), 'herald-clone-'))
try {
  requirePrograms()
  if (!isHere) clone(folder)
  const { showFirstMinute } = await load()
  await showFirstMinute(folder, say)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  if (!isHere) rmSync(folder, { recursive: true, force: true })
}
