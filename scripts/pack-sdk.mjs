// `npm run pack:sdk`: makes of the client what other apps import. Two forms of the same files:
//   dist/sdk/uni_modules/herald-inbox   for HBuilderX, and for src/uni_modules of a CLI project
//   dist/sdk/npm                        for `npm i`, as @herald/uni
// `--check` makes them twice and compares, and holds them to their rules and budgets.
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import ts from 'typescript'
import { pastTheDoor, protocolFiles } from './sdk-protocol.mjs'
import { sizesOf } from './sdk-sizes.mjs'
import { typesOf } from './sdk-types.mjs'
import { coreEntry, packVue, vueFilesOf } from './sdk-vue.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const OUT = join(ROOT, 'dist', 'sdk')
const ID = 'herald-inbox'
const NPM_NAME = '@herald/uni'
const PROTOCOL = protocolFiles(ROOT)
const require = createRequire(import.meta.url)

/** uni's own reading of conditional comments, which has no typings. */
const UNI = '@dcloudio/uni-cli-shared'
/** @type {unknown} */
const preprocessor = require(`${UNI}/lib/preprocess`)
const { preprocess } =
  /** @type {{ preprocess: (code: string, context: object, options: { type: string }) => string }} */ (
    preprocessor
  )
/** @type {unknown} */
const contexts = require(`${UNI}/dist/preprocess/context.js`)
const { initScopedPreContext } =
  /** @type {{ initScopedPreContext: (platform: string) => { preVueContext: object } }} */ (contexts)

/** One bundle for each, by the word of uni's conditional comments that is true there alone. */
const PLATFORMS = [
  { name: 'h5', platform: 'h5', when: 'H5' },
  { name: 'app', platform: 'app', when: 'APP-PLUS' },
  { name: 'harmony', platform: 'app-harmony', when: 'APP-HARMONY' },
  { name: 'mp', platform: 'mp-weixin', when: 'MP' },
]

/** What a package may hold, by the rules of uni_modules. */
const ALLOWED =
  /^(?:components|js|static|pages)\/|^(?:package\.json|(?:index|mock)\.(?:js|d\.ts)|readme\.md|changelog\.md|license\.md|pages_init\.json)$/

/** Leaves of each source what the platform's builds would keep. @param {string} platform @returns {import('esbuild').Plugin} */
function forPlatform(platform) {
  const { preVueContext } = initScopedPreContext(platform)
  return {
    name: 'herald:platform',
    setup(bundler) {
      // Schemas do nothing when they are loaded: those that nobody uses are left out.
      bundler.onResolve({ filter: /^@herald\/protocol\// }, ({ path }) => ({
        path: join(ROOT, 'protocol', `${basename(path)}.ts`),
        sideEffects: false,
      }))
      // Compiled by the host's own build, for its platform: they are named from where the bundle lies.
      bundler.onResolve({ filter: /\.vue$/ }, ({ path, resolveDir }) => ({
        path: vuePath(relative(ROOT, resolve(resolveDir, path)).split(sep).join('/')),
        external: true,
      }))
      bundler.onResolve({ filter: /^\./ }, ({ path, resolveDir }) =>
        resolveDir === join(ROOT, 'protocol')
          ? { path: join(resolveDir, `${path}.ts`), sideEffects: false }
          : null,
      )
      bundler.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
        contents: withoutPrivate(path, preprocess(sourceOf(path), preVueContext, { type: 'js' })),
        loader: 'ts',
      }))
    },
  }
}

/** @param {string} path */
const sourceOf = (path) => pastTheDoor(readFileSync(path, 'utf8'), PROTOCOL)

/**
 * Private members as plain ones with a name of their own: whatever a host compiles to, they cost no WeakMaps.
 * @param {string} path @param {string} code
 */
function withoutPrivate(path, code) {
  const file = createHash('sha256').update(relative(ROOT, path)).digest('hex').slice(0, 8)
  /** @type {ts.PrivateIdentifier[]} */
  const found = []
  /** @param {ts.Node} node */
  const look = (node) => {
    if (ts.isPrivateIdentifier(node)) found.push(node)
    node.forEachChild(look)
  }
  look(ts.createSourceFile(path, code, ts.ScriptTarget.Latest, true))
  return found
    .reverse()
    .reduce(
      (text, node) =>
        `${text.slice(0, node.getStart())}_p_${file}_${node.text.slice(1)}${text.slice(node.getEnd())}`,
      code,
    )
}

/** @param {string} source  from the root */
const vuePath = (source) => `../${packedPath(source)}`

/** Where a component lies in the package: what a host writes as a tag is where easycom looks, the rest beside it. */
export function packedPath(/** @type {string} */ source) {
  if (source.startsWith('sdk/components/')) return source.slice('sdk/'.length)
  return `components/parts/${source.replace(/^(?:sdk|components)\//, '').replaceAll('/', '-')}`
}

/** @param {(typeof PLATFORMS)[number]} target @param {string} entry @param {string} out @param {boolean} split */
async function bundle({ name, platform }, entry, out, split) {
  await build({
    stdin: { contents: pastTheDoor(entry, PROTOCOL), resolveDir: ROOT, sourcefile: 'entry.ts', loader: 'ts' },
    outdir: join(out, 'js'),
    entryNames: name,
    chunkNames: `${name}-[name]-[hash]`,
    splitting: split && name === 'h5',
    bundle: true,
    format: 'esm',
    target: 'es2020',
    mangleProps: /^_p_/,
    charset: 'utf8',
    // Not its spaces: with them esbuild drops the word that a call does nothing else, and a host would keep what it never uses.
    minifyIdentifiers: true,
    minifySyntax: true,
    external: ['vue', '@dcloudio/uni-app'],
    treeShaking: true,
    legalComments: 'none',
    plugins: [forPlatform(platform)],
    tsconfigRaw: { compilerOptions: { target: 'ES2022', useDefineForClassFields: false } },
  })
}

/** The stand-in for a gateway needs nothing of the client, so that nobody who does not preview has it. @param {string} out */
async function bundleMock(out) {
  await build({
    entryPoints: [join(ROOT, 'sdk', 'mock.ts')],
    outfile: join(out, 'mock.js'),
    bundle: true,
    format: 'esm',
    target: 'es2020',
    charset: 'utf8',
    minifySyntax: true,
    plugins: [forPlatform('h5')],
    tsconfigRaw: { compilerOptions: { target: 'ES2022', useDefineForClassFields: false } },
  })
}

/**
 * What every form has.
 * @param {string} out @param {Awaited<ReturnType<typeof typesOf>>} types
 * @param {(from: string) => string} core  how a component names the bundle
 * @param {boolean} split  whether H5 fetches parts when it needs them: of a package in node_modules uni gives such parts names that no browser resolves
 */
async function packInto(out, types, core, split) {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(join(out, 'js'), { recursive: true })
  const sources = vueFilesOf(ROOT)
  const entry = coreEntry(ROOT, sources)
  for (const target of PLATFORMS) await bundle(target, entry.code, out, split)
  for (const source of sources) {
    const path = packedPath(source)
    write(out, path, packVue(ROOT, source, { path, core: core(path), names: entry.names, packedPath }))
  }
  cpSync(join(ROOT, 'sdk', 'tokens.css'), join(out, 'components', 'parts', 'tokens.css'))
  const each = PLATFORMS.map(
    ({ name, when }) => `// #ifdef ${when}\nexport * from './js/${name}.js'\n// #endif\n`,
  )
  write(out, 'index.js', each.join(''))
  write(out, 'index.d.ts', types.index)
  await bundleMock(out)
  write(out, 'mock.d.ts', types.mock)
  for (const name of ['vite.cjs', 'vite.d.cts'])
    cpSync(join(ROOT, 'sdk', 'package', name), join(out, 'js', name))
  write(out, 'js/herald-sw.js', workerOfHost())
  for (const name of ['readme.md', 'changelog.md'])
    cpSync(join(ROOT, 'sdk', 'package', name), join(out, name))
  cpSync(join(ROOT, 'LICENSE'), join(out, 'license.md'))
}

/** Herald's service worker for a host: one file, which knows that it is a guest. */
function workerOfHost() {
  const [worker, push] = ['sw.js', 'push.js'].map((name) => readFileSync(join(ROOT, 'public', name), 'utf8'))
  return `self.heraldGuest = true\n${String(worker).replace("importScripts('push.js')\n", () => String(push))}`
}

/** Makes both forms. @param {string} [out] */
export async function packSdk(out = OUT) {
  const plugin = join(out, 'uni_modules', ID)
  const npm = join(out, 'npm')
  const types = await typesOf(ROOT)
  await packInto(plugin, types, (path) => `${'../'.repeat(path.split('/').length - 1)}index.js`, true)
  // By its name: a dev server that bundles packages beforehand then gives components and host the same copy.
  await packInto(npm, types, () => NPM_NAME, false)
  const { version } = readJson('package.json')
  // In node_modules uni finds no pages.
  for (const name of ['pages', 'pages_init.json'])
    cpSync(join(ROOT, 'sdk', 'package', name), join(plugin, name), { recursive: true })
  write(plugin, 'package.json', json({ ...readJson('sdk/package/uni-modules.json'), version }))
  write(npm, 'package.json', json({ ...readJson('sdk/package/npm.json'), version }))
  return { plugin, npm }
}

/** @param {string} out @param {string} path @param {string} text */
function write(out, path, text) {
  mkdirSync(dirname(join(out, path)), { recursive: true })
  writeFileSync(join(out, path), text)
}

/** @param {string} path @returns {Record<string, unknown>} */
function readJson(path) {
  /** @type {unknown} */
  const told = JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
  return /** @type {Record<string, unknown>} */ (told)
}

/** @param {unknown} value */
const json = (value) => `${JSON.stringify(value, null, 2)}\n`

/** @param {string} folder @returns {string[]} */
export function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}

/** @param {string} folder */
export function hashOf(folder) {
  const hash = createHash('sha256')
  for (const file of filesIn(folder))
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(folder, file)))
      .update('\0')
  return hash.digest('hex')
}

/** What is against the rules in a package; [] where nothing is. @param {string} folder @returns {Promise<string[]>} */
export async function faultsIn(folder) {
  const faults = filesIn(folder).flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8')
    return [
      ...(ALLOWED.test(file) ? [] : [`${file}: has no place in uni_modules`]),
      ...(/\.(?:js|vue|ts)$/.test(file) && /from\s*['"](?:@\/|node:|@herald\/protocol)/.test(text)
        ? [`${file}: imports what no host has`]
        : []),
    ]
  })
  for (const { name, size, most } of await sizesOf(folder))
    if (size > most) faults.push(`${name}: ${size} bytes, and ${most} is the budget`)
  return faults
}

async function main() {
  const { plugin, npm } = await packSdk()
  for (const [form, folder] of Object.entries({ plugin, npm }))
    for (const { name, size, most } of await sizesOf(folder))
      console.log(`${form}, ${name}: ${size} bytes of ${most}`)
  if (!process.argv.includes('--check')) return
  const again = await packSdk(join(OUT, 'again'))
  const faults = (await Promise.all([plugin, npm].map(faultsIn))).flat()
  if (hashOf(plugin) !== hashOf(again.plugin) || hashOf(npm) !== hashOf(again.npm))
    faults.push('packing twice makes two packages')
  rmSync(join(OUT, 'again'), { recursive: true })
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main()
