// What the packed client costs a host, whose own build minifies it and leaves out what it does not import.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { transformSync } from 'esbuild'
import { rollup } from 'rollup'

/** Chunks that a host fetches only when it does what they are for, by the name of their source. */
const ON_DEMAND = /^h5-(?:give-worker|web-push)-/

/** The same for one that draws the banner by itself. */
const WITH_BANNER = /^h5-overlay-/

/** @param {{ readonly code: string }} chunk */
const minified = ({ code }) => transformSync(code, { minify: true, charset: 'utf8' }).code

/** Everything that a host can import. @param {string} folder @param {string} platform */
function whole(folder, platform) {
  return readdirSync(join(folder, 'js'))
    .filter((name) => name.startsWith(platform))
    .map((name) => minified({ code: readFileSync(join(folder, 'js', name), 'utf8') }))
}

/** What is left for a host that draws everything by itself. @param {string} folder @param {string} platform */
const headless = async (folder, platform) =>
  fetched(await used(folder, platform, [], 'banner: false'))
    .filter(({ fileName }) => !WITH_BANNER.test(fileName))
    .map(minified)

/** Of that, what its own first page waits for. @param {string} folder @param {string} platform */
const headlessFirst = async (folder, platform) => first(await used(folder, platform, [], 'banner: false'))

/** What is left for a host with these two, without their templates, which its build compiles. @param {string} folder @param {string} platform */
async function withInbox(folder, platform) {
  const names = ['herald-banner', 'herald-inbox'].flatMap((tag) => importedBy(folder, tag))
  return fetched(await used(folder, platform, names, '')).map(minified)
}

/** All that a host fetches by itself. @param {readonly import('rollup').OutputChunk[]} chunks */
const fetched = (chunks) => chunks.filter(({ fileName }) => !ON_DEMAND.test(fileName))

/** The entry with what it imports. @param {readonly import('rollup').OutputChunk[]} chunks */
function first(chunks) {
  const needed = new Set(chunks.filter(({ isEntry }) => isEntry))
  for (const { imports } of needed)
    for (const chunk of chunks) if (imports.includes(chunk.fileName)) needed.add(chunk)
  return [...needed].map(minified)
}

/** What a component and those in it import of the bundle. @param {string} folder @param {string} tag @returns {string[]} */
function importedBy(folder, tag) {
  const files = new Set([join(folder, 'components', tag, `${tag}.vue`)])
  /** @type {string[]} */
  const names = []
  for (const file of files) {
    const source = readFileSync(file, 'utf8')
    names.push(...[...source.matchAll(/(herald\$\d+) as/g)].map(([, name]) => String(name)))
    for (const [, path] of source.matchAll(/from '(\.[^']*\.vue)'/g))
      files.add(join(file, '..', String(path)))
  }
  return names
}

/**
 * The chunks that are left for a host that imports these names, and makes Herald.
 * @param {string} folder @param {string} platform @param {readonly string[]} names @param {string} options
 */
async function used(folder, platform, names, options) {
  const entry = join(folder, 'js', 'host.js')
  const host = `import { createHerald } from './${platform}.js'
${names.length > 0 ? `export { ${[...new Set(names)].join(', ')} } from './${platform}.js'` : ''}
export default createHerald({ server: '', ${options} })`
  const bundle = await rollup({
    input: entry,
    external: (id) => id === 'vue' || id === '@dcloudio/uni-app' || id.endsWith('.vue'),
    plugins: [
      {
        name: 'host',
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? host : null),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'es' })
  return output.filter((chunk) => chunk.type === 'chunk')
}

/**
 * Most bytes: after gzip, or of a mini-program, which is not sent so, as they are. `inOne`: of the npm form on H5, which is one file.
 * @type {readonly { name: string, platform: string, of: (folder: string, platform: string) => string[] | Promise<string[]>, most: number, inOne?: number, zipped: boolean }[]}
 */
const BUDGETS = [
  { name: 'h5', platform: 'h5', of: whole, most: 72_100, inOne: 67_900, zipped: true },
  {
    ...{ name: 'h5, headless, before the first page', platform: 'h5', of: headlessFirst },
    ...{ most: 11_700, inOne: 52_700, zipped: true },
  },
  { name: 'h5, headless', platform: 'h5', of: headless, most: 48_000, inOne: 52_700, zipped: true },
  { name: 'h5, banner and inbox', platform: 'h5', of: withInbox, most: 55_600, inOne: 57_200, zipped: true },
  { name: 'app', platform: 'app', of: whole, most: 67_700, zipped: true },
  { name: 'mp', platform: 'mp', of: whole, most: 175_000, zipped: false },
  { name: 'mp, headless', platform: 'mp', of: headless, most: 123_200, zipped: false },
]

/** The sizes of a package, in bytes, each with the most that it may be. @param {string} folder */
export function sizesOf(folder) {
  const isInOne = !readdirSync(join(folder, 'js')).some((name) => name.startsWith('h5-'))
  return Promise.all(
    BUDGETS.map(async ({ name, platform, of, most, inOne = most, zipped }) => {
      const files = await of(folder, platform)
      const sizes = files.map((text) =>
        zipped ? gzipSync(text, { level: 9 }).length : Buffer.byteLength(text),
      )
      return { name, most: isInOne ? inOne : most, size: sizes.reduce((sum, size) => sum + size, 0) }
    }),
  )
}
