// A plugin for a host's vite.config.js. In CommonJS: as long as a project's package.json does not say `"type": "module"`, its settings are loaded
// so, and could not load anything else.
const { readFileSync } = require('node:fs')
const { join } = require('node:path')

const WORKER = 'herald-sw.js'

/**
 * Puts the service worker into an H5 build and before the dev server, at the root of the app: there the option `worker:
 * 'herald-sw.js'` finds it, under a sub-path too. Has the dev server leave the package as it is, so that there is one copy of it.
 * @returns {import('vite').Plugin}
 */
module.exports = function herald() {
  const source = readFileSync(join(__dirname, WORKER), 'utf8')
  let base = '/'
  return {
    name: 'herald',
    config: () => ({ optimizeDeps: { exclude: ['@herald/uni'] } }),
    configResolved(config) {
      base = config.base
    },
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        if ((request.url ?? '').split('?')[0] !== `${base}${WORKER}`) {
          next()
          return
        }
        response.setHeader('Content-Type', 'text/javascript')
        response.setHeader('Cache-Control', 'no-cache')
        response.end(source)
      })
    },
    generateBundle() {
      if (process.env.UNI_PLATFORM === 'h5') this.emitFile({ type: 'asset', fileName: WORKER, source })
    },
  }
}
