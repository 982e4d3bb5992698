// Measures what a browser fetches before the app's first page is of use, gzipped, and fails above the budgets for script.
import { createServer } from 'node:http'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { requireChromium } from './setup.mjs'

/** For the list of somebody who is signed in, from storage; and for the page that a new device sees first. */
export const FIRST_PAGE_BUDGET_BYTES = 90_000
/** For all that an app loads by itself: nothing is hidden by fetching it a moment later. */
export const ALL_BUDGET_BYTES = 143_100
const H5 = resolve(import.meta.dirname, '..', 'dist', 'build', 'h5')

/** As services/session keeps it in uni's storage. The gateway does not answer here, so the token may be anything. */
const SESSION = JSON.stringify({
  value: {
    ...{ server: 'http://127.0.0.1:9', token: 'hld_none', tokenId: 't_none', origin: 'link' },
    user: { id: 'me', name: 'me' },
  },
})
const ROWS = 30

/** The ways in, and what is on the screen when the page is of use. */
const FIRST_PAGES = [
  { name: 'start', hash: '', shown: '.form' },
  { name: 'sign-in', hash: '#/pages/sign-in/sign-in', shown: '.form' },
  { name: 'inbox, signed in', hash: '', shown: '.list .row .title', session: SESSION },
]

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
 * Puts a list into the app's storage, as services/storage/indexed-db keeps it: a list that is not shown fails the
 * measurement. Runs in the browser. @param {number} count
 */
function storeRows(count) {
  /** @type {Promise<void>} */
  const stored = new Promise((done, fail) => {
    const opening = indexedDB.open('herald', 1)
    opening.onerror = () => fail(new Error('the database does not open', { cause: opening.error }))
    opening.onupgradeneeded = () => {
      const db = opening.result
      db.createObjectStore('feeds', { keyPath: 'feed' })
      db.createObjectStore('rows', { keyPath: ['feed', 'seq'] }).createIndex('id', 'id')
      for (const name of ['hidden', 'presented'])
        db.createObjectStore(name, { autoIncrement: true }).createIndex('id', '', { unique: true })
    }
    opening.onsuccess = () => {
      const feed = 'user:me'
      const writing = opening.result.transaction(['feeds', 'rows', 'presented'], 'readwrite')
      const record = {
        feed,
        epoch: 'e1',
        from: 1,
        head: count,
        read: [],
        muted: false,
        low: 1,
        cursor: count,
      }
      writing.objectStore('feeds').put(record)
      for (let seq = 1; seq <= count; seq += 1) {
        const row = {
          id: `id-${seq}`,
          feed,
          seq,
          time: Date.now() - seq,
          title: `Title ${seq}`,
          body: 'Body',
        }
        writing.objectStore('rows').put({ ...row, priority: 3 })
        writing.objectStore('presented').add(row.id)
      }
      writing.onabort = () => fail(new Error('the list is not stored', { cause: writing.error }))
      writing.oncomplete = () => {
        opening.result.close()
        done()
      }
    }
  })
  return stored
}

/** Notes the moment at which the page is of use, on the page's own clock. @param {string} selector */
function watchFor(selector) {
  const observer = new MutationObserver(() => {
    if (document.querySelector(selector) === null) return
    observer.disconnect()
    // The frame that shows it comes after its scripts: what they ask for counts.
    requestAnimationFrame(() =>
      Object.assign(window, { shownAt: performance.timeOrigin + performance.now() }),
    )
  })
  observer.observe(document, { childList: true, subtree: true })
}

/**
 * What one page fetches in a fresh profile, before it is of use and by itself after that.
 * @param {import('playwright-core').Browser} browser @param {string} origin @param {FIRST_PAGES[number]} page
 */
async function measure(browser, origin, { hash, shown, session }) {
  // The service worker fetches nothing that the first page waits for, and everything after it.
  const context = await browser.newContext({ serviceWorkers: 'block', locale: 'en' })
  const page = await context.newPage()
  if (session !== undefined) {
    await page.goto(`${origin}/favicon.svg`)
    await page.evaluate(storeRows, ROWS)
    await context.addInitScript((text) => localStorage.setItem('herald.session', text), session)
  }
  await context.addInitScript(watchFor, shown)
  /** @type {import('playwright-core').Response[]} */
  const responses = []
  page.on('response', (response) => responses.push(response))
  await page.goto(`${origin}/${hash}`, { waitUntil: 'networkidle' })
  await page.waitForFunction(() => Reflect.has(window, 'shownAt'))
  const shownAt = Number(await page.evaluate(() => String(Reflect.get(window, 'shownAt'))))
  const bytes = { script: 0, stylesheet: 0, other: 0, requests: 0, 'script after': 0, 'shown after ms': 0 }
  for (const response of responses.filter((one) => one.ok())) {
    const kind = response.request().resourceType()
    const size = gzipSync(await response.body(), { level: 9 }).length
    const isFirst = response.request().timing().startTime <= shownAt
    if (isFirst) bytes.requests += 1
    if (isFirst) bytes[kind === 'script' || kind === 'stylesheet' ? kind : 'other'] += size
    else if (kind === 'script') bytes['script after'] += size
  }
  bytes['shown after ms'] = Math.round(shownAt - (await page.evaluate(() => performance.timeOrigin)))
  await context.close()
  return bytes
}

/** Measures every way in, one after the other. */
export async function measureFirstPages() {
  const server = await serve()
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const args = ['--no-sandbox', '--disable-gpu']
  const browser = await chromium.launch({ executablePath: requireChromium(), args })
  try {
    const rows = []
    for (const page of FIRST_PAGES)
      rows.push({ page: page.name, ...(await measure(browser, `http://127.0.0.1:${port}`, page)) })
    return rows
  } finally {
    await browser.close()
    server.close()
  }
}

async function printAndHold() {
  const rows = await measureFirstPages()
  console.table(rows)
  const scripts = readdirSync(join(H5, 'assets')).filter((name) => name.endsWith('.js'))
  const kept = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(join(H5, 'assets', name))).length, 0)
  console.log(`The service worker keeps all pages for a start without a network: ${kept} bytes of script.`)
  for (const row of rows) {
    const all = row.script + row['script after']
    const fits = row.script > 0 && row.script <= FIRST_PAGE_BUDGET_BYTES && all <= ALL_BUDGET_BYTES
    const verdict = fits ? 'within' : 'ABOVE'
    console.log(
      `${row.page}: ${row.script} bytes of script after gzip before it is of use (budget ${FIRST_PAGE_BUDGET_BYTES}), ` +
        `${all} with what follows (budget ${ALL_BUDGET_BYTES}): ${verdict} the budget.`,
    )
    if (!fits) process.exitCode = 1
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  await printAndHold()
