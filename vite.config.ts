import { createReadStream, readdirSync, statSync, writeFileSync } from 'node:fs'
import { extname, join, resolve, sep } from 'node:path'
import { parseManifestJsonOnce } from '@dcloudio/uni-cli-shared'
import uniPlugin from '@dcloudio/vite-plugin-uni'
import { plainViews } from './scripts/plain-views.mjs'
import { defineConfig, type Plugin } from 'vite'

// The package is CommonJS: its default export is wrapped once more by some loaders.
const uni = (uniPlugin as unknown as { default?: typeof uniPlugin }).default ?? uniPlugin
const publicDir = resolve(__dirname, 'public')
const PROTOCOL = resolve(__dirname, 'protocol')
const isH5 = process.env.UNI_PLATFORM === 'h5'

// A mini-program's titles and tabs are fixed at compile time, and what WeChat shows before our code runs, in its review
// and on share cards is read by Chinese. The manifest's `fallbackLocale` is for the other platforms.
if (process.env.UNI_PLATFORM === 'mp-weixin')
  Object.assign(parseManifestJsonOnce(__dirname) as object, { fallbackLocale: 'zh-Hans' })

const CONTENT_TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
}

/** Serves `public/` in dev: uni replaces Vite's own middleware for it, and /sw.js would answer 500. */
function servePublicDir(): Plugin {
  return {
    name: 'herald:public-dir',
    apply: 'serve',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/')
        const file = join(publicDir, path)
        const isFile = file.startsWith(publicDir + sep) && statSync(file, { throwIfNoEntry: false })?.isFile()
        if (isFile !== true) {
          next()
          return
        }
        response.setHeader('Content-Type', CONTENT_TYPES[extname(file)] ?? 'application/octet-stream')
        response.setHeader('Cache-Control', 'no-cache')
        createReadStream(file).pipe(response)
      })
    },
  }
}

/** Lists the files for the service worker, which keeps them so that every page opens without a network, with its icons. */
function listAssets(): Plugin {
  return {
    name: 'herald:list-assets',
    apply: 'build',
    writeBundle({ dir }) {
      if (!isH5 || dir === undefined) return
      // uni copies static/ later, as it is.
      const icons = readdirSync(join(__dirname, 'static', 'tab')).map((name) => `static/tab/${name}`)
      const assets = readdirSync(join(dir, 'assets')).map((name) => `assets/${name}`)
      writeFileSync(join(dir, 'assets.json'), JSON.stringify([...assets, ...icons].sort()))
    },
  }
}

/** What uni and Vuex would ship to browsers and Herald never runs; gzip bytes of the first page are counted by `npm run size`. */
const UNUSED_FEATURES = [
  ...['WXS', 'WX', 'LONGPRESS', 'RPX', 'UNI_CLOUD', 'I18N_ES', 'I18N_FR', 'I18N_ZH_HANT', 'TABBAR_MIDBUTTON'],
  ...['NAVIGATIONBAR_SEARCHINPUT', 'NAVIGATIONBAR_BUTTONS', 'NAVIGATIONBAR_TRANSPARENT'],
]

/**
 * What the list and most other pages are made of. In one file: a dozen files of some hundred bytes each would take a
 * request each, and compress worse. Left out is what only later pages have.
 */
const PARTS = [
  /\/components\/(?!herald-|banner-card|card-section|remote-image|setting-line|time-field|toggle-switch)/,
  /\/pages\/shell\/(?:appearance|bar-colours|clock|feed-|h5-chrome|open-link|overlay|page-)/,
  /\/sdk\/(?:connection-words|message-words)/,
]

/** Leaves out what is never run. Comes after uni's plugins, whose settings it overrides. */
function trimH5(): Plugin {
  return {
    name: 'herald:trim-h5',
    apply: 'build',
    config: () =>
      isH5
        ? { define: Object.fromEntries(UNUSED_FEATURES.map((name) => [`__UNI_FEATURE_${name}__`, 'false'])) }
        : {},
    transform(code, id) {
      // Schemas do nothing when they are loaded: those that the first page does not use go where they are used.
      if (isH5 && id.startsWith(PROTOCOL + sep)) return { code, map: null, moduleSideEffects: false }
      // Vuex keeps its devtools in a release, for a switch that nobody sets here.
      return isH5 && /[\\/]vuex\.esm-bundler\.js/.test(id)
        ? { code: code.replace(/^\s*addDevtools\(app, this\);$/m, ''), map: null }
        : undefined
    },
  }
}

export default defineConfig({
  // Only H5 has a web root. uni turns public/ off by default, and the service worker must sit at the root.
  publicDir: isH5 ? 'public' : undefined,
  plugins: [uni(isH5 ? { vueOptions: plainViews } : {}), servePublicDir(), listAssets(), trimH5()],
  build: {
    // The first with private methods, which are far larger when they are compiled away.
    ...(isH5 && {
      rollupOptions: {
        output: {
          onlyExplicitManualChunks: true,
          manualChunks: (id) => (PARTS.some((part) => part.test(id)) ? 'parts' : undefined),
        },
      },
      target: ['chrome87', 'safari15', 'firefox90'],
      modulePreload: { polyfill: false },
      terserOptions: { ecma: 2020, compress: { passes: 3 } },
    }),
  },
  // In dev the page's own origin answers as a gateway's would, by the one that runs beside it.
  server: { proxy: { '/v1': { target: process.env.HERALD_URL ?? 'http://localhost:8787', ws: true } } },
  resolve: { alias: { '@herald/protocol': join(PROTOCOL, 'index.ts') } },
})
