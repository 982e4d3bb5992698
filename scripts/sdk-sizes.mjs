// What the packed client costs a host, whose own build minifies it and leaves out what it does not import.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { transformSync } from 'esbuild'
import { rollup } from 'rollup'

/** @param {string} code */
const minified = (code) => transformSync(code, { minify: true, charset: 'utf8' }).code

/** Everything that a host can import. @param {string} folder @param {string} platform */
function whole(folder, platform) {
  return readdirSync(join(folder, 'js'))
    .filter((name) => name.startsWith(platform))
    .map((name) => minified(readFileSync(join(folder, 'js', name), 'utf8')))
}

/** What is left for a host that draws everything by itself. @param {string} folder @param {string} platform */
async function headless(folder, platform) {
  const entry = join(folder, 'js', 'headless.js')
  const host = `import { createHerald } from './${platform}.js'\nexport default createHerald({ server: '', banner: false })`
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
  return output.map((chunk) => (chunk.type === 'chunk' ? minified(chunk.code) : ''))
}

/**
 * Most bytes: after gzip, or of a mini-program, which is not sent so, as they are.
 * @type {readonly { name: string, platform: string, of: (folder: string, platform: string) => string[] | Promise<string[]>, most: number, zipped: boolean }[]}
 */
const BUDGETS = [
  { name: 'h5', platform: 'h5', of: whole, most: 66_000, zipped: true },
  { name: 'h5, headless', platform: 'h5', of: headless, most: 52_500, zipped: true },
  { name: 'app', platform: 'app', of: whole, most: 63_000, zipped: true },
  { name: 'mp', platform: 'mp', of: whole, most: 160_000, zipped: false },
  { name: 'mp, headless', platform: 'mp', of: headless, most: 130_000, zipped: false },
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
