// `npm run pack:gateway`: makes one file that installs the gateway with its app and its command line tool, for machines
// without a clone:  npm i -g herald-gateway-<version>.tgz  and then  herald serve
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildDocs } from './docs.mjs'
import { buildGateway } from './gateway.mjs'
import { runNpm } from './npm.mjs'
import { buildClient } from './uni.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const STAGE = join(ROOT, 'dist', 'pack', 'gateway')
const BUNDLES = ['main.js', 'herald.js', 'writer.js']
/** The one package that cannot be bundled: it brings SQLite as a binary, in packages of its own for each system. */
const UNBUNDLED = 'libsql'

/** Makes the package and answers the path of its file. @returns {Promise<string>} */
export async function packGateway() {
  await buildClient('h5', { ifStale: true })
  const docs = await buildDocs({ ifStale: true })
  buildGateway()
  rmSync(STAGE, { recursive: true, force: true })
  mkdirSync(join(STAGE, 'dist'), { recursive: true })
  for (const name of BUNDLES) cpSync(join(ROOT, 'gateway', 'dist', name), join(STAGE, 'dist', name))
  cpSync(join(ROOT, 'gateway', 'bin', 'herald.mjs'), join(STAGE, 'bin', 'herald.mjs'))
  cpSync(join(ROOT, 'dist', 'build', 'h5'), join(STAGE, 'app'), {
    recursive: true,
    filter: (source) => !source.endsWith('.map'),
  })
  // Read now and then, and mostly over a fast network: the compressed copies would be a third of the package.
  cpSync(docs, join(STAGE, 'docs'), { recursive: true, filter: (source) => !/\.(?:br|gz)$/.test(source) })
  cpSync(join(ROOT, 'gateway', 'herald.service'), join(STAGE, 'herald.service'))
  cpSync(join(ROOT, 'gateway', 'INSTALL.md'), join(STAGE, 'README.md'))
  cpSync(join(ROOT, 'LICENSE'), join(STAGE, 'LICENSE'))
  writeFileSync(join(STAGE, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`)
  const words = ['pack', STAGE, '--json', '--pack-destination', join(ROOT, 'dist', 'pack')]
  const answer = runNpm(words)
  /** @type {unknown} */
  const told = JSON.parse(answer)
  const [packed] = /** @type {{ filename: string }[]} */ (told)
  if (packed === undefined) throw new Error('npm packed nothing')
  return join(ROOT, 'dist', 'pack', packed.filename)
}

/** What is in the bundles is no dependency any more. */
function manifest() {
  const { name, version, description, license, type, bin, engines } = readJson('gateway/package.json')
  const exact = readJson(`node_modules/${UNBUNDLED}/package.json`).version
  const dependencies = { [UNBUNDLED]: exact }
  return { name, version, description, license, type, bin, engines, dependencies }
}

/** @param {string} path @returns {Record<string, unknown>} */
function readJson(path) {
  /** @type {unknown} */
  const told = JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
  return /** @type {Record<string, unknown>} */ (told)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    const file = await packGateway()
    console.log(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB`)
    console.log(`Install it with  npm i -g ${file}  and run  herald serve`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
