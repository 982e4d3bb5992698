// Measures what a browser fetches for the app's first page, gzipped, and fails above the budget for script.
import { createServer } from 'node:http'
import { readFileSync, statSync } from 'node:fs'
import { extname, join, resolve, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { requireChromium } from './setup.mjs'

const SCRIPT_BUDGET_BYTES = 100 * 1024
const H5 = resolve(import.meta.dirname, '..', 'dist', 'build', 'h5')
/** What a first visit shows, by three ways in; and the inbox of somebody who has signed in, whose code comes from the cache. */
const FIRST_PAGES = { start: '', 'sign-in': '#/pages/sign-in/sign-in', inbox: '#/pages/inbox/inbox' }

/** As services/session keeps it in uni's storage. The gateway does not answer here, so the token may be anything. */
const SESSION = JSON.stringify({
  value: {
    ...{ server: 'http://127.0.0.1:9', token: 'hld_none', tokenId: 't_none', origin: 'link' },
    user: { id: 'me', name: 'me' },
  },
})
/** @type {Record<string, string>} */
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
}

/** Serves the build, and 404 for all else: the app is measured without a gateway. @returns {Promise<import('node:http').Server>} */
function serve() {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const file = join(H5, pathname === '/' ? 'index.html' : decodeURIComponent(pathname))
    const isFile = file.startsWith(H5 + sep) && statSync(file, { throwIfNoEntry: false })?.isFile()
    if (isFile !== true) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' })
    response.end(readFileSync(file))
  })
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)))
}

/**
 * The gzipped bytes by kind that one page fetches in a fresh profile.
 * @param {import('playwright-core').Browser} browser @param {string} url @param {string} [session]
 */
async function measure(browser, url, session) {
  // The service worker fetches nothing that the first page waits for.
  const context = await browser.newContext({ serviceWorkers: 'block' })
  if (session !== undefined) {
    await context.addInitScript((text) => localStorage.setItem('herald.session', text), session)
  }
  const page = await context.newPage()
  /** @type {import('playwright-core').Response[]} */
  const responses = []
  page.on('response', (response) => responses.push(response))
  await page.goto(url, { waitUntil: 'networkidle' })
  const bytes = { document: 0, script: 0, stylesheet: 0, other: 0 }
  for (const response of responses.filter((one) => one.ok())) {
    const kind = response.request().resourceType()
    const slot = kind === 'document' || kind === 'script' || kind === 'stylesheet' ? kind : 'other'
    bytes[slot] += gzipSync(await response.body(), { level: 9 }).length
  }
  await context.close()
  return bytes
}

const server = await serve()
const address = server.address()
const port = typeof address === 'object' && address !== null ? address.port : 0
const args = ['--no-sandbox', '--disable-gpu']
const browser = await chromium.launch({ executablePath: requireChromium(), args })
const rows = []
for (const [name, hash] of Object.entries(FIRST_PAGES)) {
  rows.push({ page: name, ...(await measure(browser, `http://127.0.0.1:${port}/${hash}`)) })
}
const signedIn = await measure(browser, `http://127.0.0.1:${port}/`, SESSION)
await browser.close()
server.close()

console.table([...rows, { page: 'inbox, signed in', ...signedIn }])
const most = Math.max(...rows.map((row) => row.script))
const verdict = most <= SCRIPT_BUDGET_BYTES ? 'within' : 'above'
console.log(
  `First page: ${most} bytes of script after gzip, ${verdict} the budget of ${SCRIPT_BUDGET_BYTES}.`,
)
if (most === 0 || most > SCRIPT_BUDGET_BYTES) process.exitCode = 1
