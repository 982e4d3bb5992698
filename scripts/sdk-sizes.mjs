// What the packed client costs a host, whose own build minifies it and leaves out what it does not import.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { transformSync } from 'esbuild'
import { rollup } from 'rollup'

/** In the chunk that only a host with a service worker fetches. */
const OF_WORKER = /userVisibleOnly/

/** @param {string} code */
const minified = (code) => transformSync(code, { minify: true, charset: 'utf8' }).code

/** Everything that a host can import. @param {string} folder @param {string} platform */
function whole(folder, platform) {
  return readdirSync(join(folder, 'js'))
    .filter((name) => name.startsWith(platform))
    .map((name) => minified(readFileSync(join(folder, 'js', name), 'utf8')))
}

/** What is left for a host that draws everything by itself. @param {string} folder @param {string} platform */
const headless = (folder, platform) => used(folder, platform, [], 'banner: false')

/** What is left for a host with these two, without their templates, which its build compiles. @param {string} folder @param {string} platform */
const withInbox = (folder, platform) =>
  used(folder, platform, [...importedBy(folder, 'herald-banner'), ...importedBy(folder, 'herald-inbox')], '')

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
 * What is left for a host that imports these names, and makes Herald.
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
  return output
    .map((chunk) => (chunk.type === 'chunk' ? minified(chunk.code) : ''))
    .filter((code) => !OF_WORKER.test(code))
}

/**
 * Most bytes: after gzip, or of a mini-program, which is not sent so, as they are.
 * @type {readonly { name: string, platform: string, of: (folder: string, platform: string) => string[] | Promise<string[]>, most: number, zipped: boolean }[]}
 */
const BUDGETS = [
  { name: 'h5', platform: 'h5', of: whole, most: 70_500, zipped: true },
  { name: 'h5, headless', platform: 'h5', of: headless, most: 51_700, zipped: true },
  { name: 'h5, banner and inbox', platform: 'h5', of: withInbox, most: 56_000, zipped: true },
  { name: 'app', platform: 'app', of: whole, most: 67_500, zipped: true },
  { name: 'mp', platform: 'mp', of: whole, most: 175_000, zipped: false },
  { name: 'mp, headless', platform: 'mp', of: headless, most: 128_500, zipped: false },
]

/** The sizes of a package, in bytes, each with the most that it may be. @param {string} folder */
export function sizesOf(folder) {
  return Promise.all(
    BUDGETS.map(async ({ name, platform, of, most, zipped }) => {
      const files = await of(folder, platform)
      const sizes = files.map((text) =>
        zipped ? gzipSync(text, { level: 9 }).length : Buffer.byteLength(text),
      )
      return { name, most, size: sizes.reduce((sum, size) => sum + size, 0) }
    }),
  )
}
