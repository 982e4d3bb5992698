import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { readQrCode } from '../tests/gateway/cli/read-qr-code'
import { freePort } from '../tests/gateway/process/free-port'
import { launchBrowser, newDevice, PHONE } from './browser'
import { BrowserPush, keptSession } from './browser-push'
import { HeraldApp } from './herald-app'
import { trayOf } from './pushes'
import { launchRealTabs } from './real-tabs'
import { until } from './until'
import { workerOf } from './worker'

/** How long a phone may take from the scan to the list. */
const MAX_LIST_MS = 2000
/** `npm start` in a fresh clone builds the app first. */
const START_TIMEOUT_MS = 900_000

type Say = (line: string) => void

/** `npm start` of a checkout on a terminal of its own, as a person sees it. */
class Started {
  out = ''
  readonly #child: ChildProcess

  constructor(checkout: string, settings: Readonly<Record<string, string>>) {
    const env = { ...process.env, LANG: 'en_US.UTF-8', LC_ALL: '', TERM: 'xterm-256color', ...settings }
    // A group of its own: npm, the shell and the gateway end together.
    this.#child = spawn('script', ['-qfec', 'npm start', '/dev/null'], {
      ...{ cwd: checkout, env, detached: true },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.out += chunk.toString().replaceAll('\r', '')))
  }

  /** What its QR code says, once it is drawn whole. */
  scan(): Promise<string> {
    return until(() => this.#readCode(), 'a QR code on the terminal', START_TIMEOUT_MS)
  }

  #readCode(): string | null {
    if (this.#child.exitCode !== null) throw new Error(`npm start ended:\n${this.out}`)
    return this.out.includes('Ctrl-C') ? readQrCode(this.out) : null
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.#child.once('exit', done))
    // The terminal goes, and hangs up on what runs in it, as closing its window does.
    if (this.#child.exitCode === null && this.#child.kill('SIGTERM')) await ended
  }
}

/**
 * From `npm start` to a push: over plain http the list, then over TLS of an own authority a notification of a
 * hidden page and a push to a closed one. Tells the times, and throws where a step fails or the list takes too long.
 */
export async function showFirstMinute(checkout: string, say: Say): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'herald-first-'))
  try {
    const port = String(await freePort())
    const plain = await overHttp(checkout, { HERALD_DATA: join(folder, 'data'), HERALD_PORT: port }, say)
    const secure = await overTls(checkout, folder, plain.host, say)
    const slowest = Math.max(plain.took, secure)
    if (slowest > MAX_LIST_MS)
      throw new Error(`the list took ${slowest.toFixed(0)} ms, and may take ${MAX_LIST_MS} ms`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Answers the address of this machine that the code names, and how long the list took. */
async function overHttp(
  checkout: string,
  settings: Record<string, string>,
  say: Say,
): Promise<{ host: string; took: number }> {
  const begun = performance.now()
  const started = new Started(checkout, settings)
  const browser = await launchBrowser()
  try {
    const link = await started.scan()
    say(`npm start, until the QR code is drawn: ${since(begun)}`)
    const device = await newDevice(browser, { viewport: PHONE, permissions: [] })
    const { took } = await openList(device, link, 'http', say)
    return { host: new URL(link).hostname, took }
  } finally {
    await browser.close()
    await started.stop()
  }
}

async function overTls(checkout: string, folder: string, host: string, say: Say): Promise<number> {
  const authority = makeAuthority(folder, host)
  const port = String(await freePort())
  const origin = `https://${host}:${port}`
  const tabs = await launchRealTabs(homeThatTrusts(authority.root, folder))
  const push = await BrowserPush.start(tabs.device)
  const settings = {
    ...{ HERALD_DATA: join(folder, 'tls'), HERALD_PORT: port, HERALD_PUBLIC_URL: origin },
    ...{ HERALD_TLS_CERT: authority.certificate, HERALD_TLS_KEY: authority.key },
    ...{ NODE_EXTRA_CA_CERTS: authority.root, ...push.env },
  }
  const started = new Started(checkout, settings)
  try {
    const { app, took } = await openList(tabs.device, await started.scan(), 'https', say)
    const publish = (title: string): void => {
      const words = ['@herald/gateway', 'publish', 'user:me', 'words', '--title', title]
      execFileSync('npx', words, { cwd: checkout, env: { ...process.env, ...settings }, stdio: 'ignore' })
    }
    await notify(app, tabs.device, push, origin, publish, say)
    return took
  } finally {
    await started.stop()
    await push.close()
    await tabs.close()
  }
}

/** A notification of the page behind another tab, and a push when it is closed. */
async function notify(
  app: HeraldApp,
  device: BrowserContext,
  push: BrowserPush,
  origin: string,
  publish: (title: string) => void,
  say: Say,
): Promise<void> {
  await app.waitForServiceWorker()
  await keptSession(app.page)
  const other = await device.newPage()
  await push.connect(other, origin)
  const worker = await workerOf(device, origin)
  await other.bringToFront()
  await until(() => app.page.evaluate(() => document.visibilityState === 'hidden'), 'the app is hidden')
  publish('Behind')
  await until(async () => Object.values(await trayOf(worker)).includes('Behind'), 'a notification')
  say('https, the app behind another tab: a system notification')
  await app.page.close()
  publish('Closed')
  await until(async () => Object.values(await trayOf(worker)).includes('Closed'), 'a push', 30_000)
  say('https, the app closed: a push through Web Push')
}

async function openList(device: BrowserContext, link: string, scheme: string, say: Say): Promise<Opened> {
  if (!link.startsWith(`${scheme}://`)) throw new Error(`the code says ${link}`)
  // A phone's browser runs already.
  const app = new HeraldApp(await device.newPage())
  // No window of Chromium is as narrow as a phone.
  await app.page.setViewportSize(PHONE)
  const begun = performance.now()
  await app.open(link)
  await app.page.getByText('No messages yet').waitFor()
  const took = performance.now() - begun
  const width = await app.page.evaluate(() => innerWidth)
  say(`${scheme}, scanned and opened at ${width} px: the list after ${took.toFixed(0)} ms`)
  return { app, took }
}

interface Opened {
  readonly app: HeraldApp
  /** From the scanned link to the list, in ms. */
  readonly took: number
}

interface Authority {
  readonly root: string
  readonly certificate: string
  readonly key: string
}

/** A home whose user has told Chromium to trust the authority, as the owner of a phone does. */
function homeThatTrusts(root: string, folder: string): string {
  const home = join(folder, 'home')
  const store = join(home, '.pki', 'nssdb')
  mkdirSync(store, { recursive: true })
  const certutil = (...words: string[]): void => {
    execFileSync('certutil', ['-d', `sql:${store}`, ...words], { stdio: 'ignore' })
  }
  certutil('-N', '--empty-password')
  certutil('-A', '-t', 'C,,', '-n', 'Herald at home', '-i', root)
  return home
}

/** The commands of docs/phones.md. */
function makeAuthority(folder: string, host: string): Authority {
  const [root, rootKey, certificate, key] = ['ca.pem', 'ca.key', 'herald.pem', 'herald.key'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string]
  const make = (...words: string[]): void => {
    const common = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'.split(' ')
    execFileSync('openssl', [...common, ...words], { stdio: 'ignore' })
  }
  const extensions = (...texts: string[]): string[] => texts.flatMap((text) => ['-addext', text])
  make(
    ...['-days', '3650', '-keyout', rootKey, '-out', root, '-subj', '/CN=Herald at home'],
    ...extensions('basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign'),
  )
  make(
    ...['-days', '397', '-CA', root, '-CAkey', rootKey, '-keyout', key, '-out', certificate],
    ...['-subj', '/CN=Herald'],
    ...extensions(`subjectAltName=IP:${host},DNS:localhost`, 'basicConstraints=critical,CA:FALSE'),
    ...extensions('extendedKeyUsage=serverAuth'),
  )
  return { root, certificate, key }
}

const since = (begun: number): string => `${((performance.now() - begun) / 1000).toFixed(1)} s`
