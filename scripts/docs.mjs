// `npm run docs`: makes the documents' site, dist/docs, which the gateway serves at /docs/. With --if-stale only when a document changed.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vitepress'
import { compressTexts } from './compress.mjs'
import { documents, writePages } from './docs-pages.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const SITE = join(ROOT, 'dist', 'docs')
const STAMP = join(ROOT, 'dist', 'stamps', 'docs')
const OWN = ['scripts/docs.mjs', 'scripts/docs-pages.mjs', 'package-lock.json']

function hashOfSources() {
  const config = join(ROOT, 'docs', '.vitepress')
  const settings = readdirSync(config, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const files = [...documents(), ...OWN].map((file) => join(ROOT, file))
  const hash = createHash('sha256')
  for (const file of [...files, ...settings].sort()) hash.update(`${file}\0`).update(readFileSync(file))
  return hash.digest('hex')
}

/** Builds the site and answers its folder. @param {{ ifStale?: boolean }} [options] */
export async function buildDocs({ ifStale = false } = {}) {
  const hash = hashOfSources()
  const isThere = existsSync(join(SITE, 'index.html')) && existsSync(STAMP)
  if (ifStale && isThere && readFileSync(STAMP, 'utf8') === hash) return SITE
  rmSync(STAMP, { force: true })
  writePages(join(ROOT, 'dist', 'docs-pages'))
  await build(join(ROOT, 'docs'))
  compressTexts(SITE)
  mkdirSync(dirname(STAMP), { recursive: true })
  writeFileSync(STAMP, hash)
  return SITE
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildDocs({ ifStale: process.argv.includes('--if-stale') })
}
