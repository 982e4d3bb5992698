// Knows whether a build is older than what it was made from, by a hash of the content: clones have no useful times.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const SOURCES = [
  'App.vue',
  'main.ts',
  'index.html',
  'manifest.json',
  'pages.json',
  'theme.json',
  'vite.config.ts',
  'package-lock.json',
  'components',
  'locale',
  'pages',
  'protocol',
  'public',
  'services',
  'static',
  'sdk',
  'store',
  'scripts/uni.mjs',
]

/** @param {string} path @returns {string[]} */
function filesOf(path) {
  const stat = statSync(join(ROOT, path), { throwIfNoEntry: false })
  if (stat === undefined) return []
  if (stat.isFile()) return [path]
  return readdirSync(join(ROOT, path))
    .filter((name) => name !== 'node_modules')
    .sort()
    .flatMap((name) => filesOf(`${path}/${name}`))
}

function hashSources() {
  const hash = createHash('sha256')
  for (const file of SOURCES.flatMap(filesOf)) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

/** @param {string} platform */
const outputOf = (platform) => join(ROOT, 'dist', 'build', platform)
/** @param {string} platform */
const stampOf = (platform) => join(ROOT, 'dist', 'stamps', platform)

/** Whether the platform's build is missing or was made from other sources. @param {string} platform */
export function isStale(platform) {
  const stamp = stampOf(platform)
  if (!existsSync(stamp) || !existsSync(outputOf(platform))) return true
  return readFileSync(stamp, 'utf8') !== hashSources()
}

/**
 * Runs a build and remembers its sources. A failed or interrupted one leaves no stamp.
 * @param {string} platform @param {() => Promise<void>} build
 */
export async function stamped(platform, build) {
  const stamp = stampOf(platform)
  rmSync(stamp, { force: true })
  // Taken before the build: a source changed while it runs makes the build stale.
  const hash = hashSources()
  await build()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, hash)
}
