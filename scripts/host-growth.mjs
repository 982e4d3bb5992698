// What Herald adds to the H5 release of an empty app, built by uni's own compiler: `npm run pack:sdk` counts the package alone.
//   node scripts/host-growth.mjs        the plugin, in parts that are fetched when they are needed
//   node scripts/host-growth.mjs npm    npm's form, which is one file
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { compile, putClient } from './build-host.mjs'
import { packSdk } from './pack-sdk.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const OUT = join(ROOT, 'dist', 'host-growth')
const EXAMPLE = join(ROOT, 'examples', 'shop-vuex')
const FORM = process.argv[2] === 'npm' ? 'npm' : 'plugin'
const FROM = { plugin: './uni_modules/herald-inbox', npm: '@herald/uni' }[FORM]

const EASYCOM = { custom: { '^herald-(.*)': '@herald/uni/components/herald-$1/herald-$1.vue' } }

/** In chunks that are fetched only by a host with a service worker, or with a banner: what nothing else says. */
const OF_WORKER = /showNotification|userVisibleOnly/
const OF_BANNER = /aria-live/

/** @param {string} options */
const made = (options) => `import { createHerald } from '${FROM}'

export const herald = createHerald({ server: 'https://gateway.invalid', token: async () => null, ${options} })
`

const HOSTS = [
  { name: 'empty', herald: '', page: '<view>Shop</view>', unused: [] },
  {
    name: 'headless',
    herald: made('banner: false'),
    page: '<view>Shop</view>',
    unused: [OF_WORKER, OF_BANNER],
  },
  { name: 'banner and inbox', herald: made(''), page: '<herald-inbox />', unused: [OF_WORKER] },
]

/** @typedef {(typeof HOSTS)[number]} Host */

/** Writes the host's sources, with the package where its maker would put it. @param {Host} host @param {Awaited<ReturnType<typeof packSdk>>} packed */
function write({ name, herald, page }, packed) {
  const folder = join(OUT, FORM, name.replaceAll(' ', '-'))
  const input = join(folder, 'src')
  rmSync(folder, { recursive: true, force: true })
  for (const file of ['index.html', 'package.json', 'vite.config.js', 'src/manifest.json'])
    cpSync(join(EXAMPLE, file), join(folder, file), { recursive: true })
  const use = herald === '' ? '' : 'app.use(herald)'
  /** @type {Record<string, string>} */
  const files = {
    'App.vue': '<script>\nexport default {}\n</script>\n',
    'main.js': `import { createSSRApp } from 'vue'
import App from './App.vue'
${herald === '' ? '' : "import { herald } from './herald'"}
export function createApp() {
  const app = createSSRApp(App)
  ${use}
  return { app }
}
`,
    'pages.json': JSON.stringify({
      pages: [{ path: 'pages/home/home' }],
      ...(FORM === 'npm' && { easycom: EASYCOM }),
    }),
    'pages/home/home.vue': `<template>\n  ${page}\n</template>\n`,
    ...(herald !== '' && { 'herald.js': herald }),
  }
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(input, file)), { recursive: true })
    writeFileSync(join(input, file), text)
  }
  if (herald !== '') putClient(folder, input, packed, FORM)
  return { folder, input }
}

/** The scripts of a build, with what each imports before it runs. @param {string} folder */
function scriptsOf(folder) {
  const assets = join(folder, 'assets')
  return readdirSync(assets)
    .filter((name) => name.endsWith('.js'))
    .map((name) => {
      const code = readFileSync(join(assets, name), 'utf8')
      const imports = [...code.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)].map(([, file]) => String(file))
      return { name, code, imports, size: gzipSync(code, { level: 9 }).length }
    })
}

/** Bytes after gzip: before the first page, of all that is fetched by itself, and of all that there is. @param {Host} host @param {string} folder */
function measure({ unused }, folder) {
  const scripts = scriptsOf(folder)
  const first = new Set(scripts.filter(({ name }) => /^(?:index|pages-home)/.test(name)))
  for (const { imports } of first)
    for (const script of scripts) if (imports.includes(script.name)) first.add(script)
  const fetched = scripts.filter((script) => first.has(script) || !unused.some((of) => of.test(script.code)))
  /** @param {Iterable<(typeof scripts)[number]>} some */
  const sum = (some) => [...some].reduce((total, { size }) => total + size, 0)
  return { 'before the first page': sum(first), fetched: sum(fetched), all: sum(scripts) }
}

const packed = await packSdk()
/** @type {Record<string, ReturnType<typeof measure>>} */
const sizes = {}
for (const host of HOSTS) {
  const place = write(host, packed)
  const output = join(place.folder, 'dist')
  await compile(place, 'h5', output)
  sizes[host.name] = measure(host, output)
}
console.table(sizes)
