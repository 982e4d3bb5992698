import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { Builder, Capabilities, type WebDriver } from 'selenium-webdriver'
import { findWebKit, missingBrowsers } from '../../scripts/other-browsers.mjs'
import { until } from '../until'
import type { OtherBrowser, Plain, Tab } from './tab'

const SCREEN = '1280x1024x24'
/** The window with its frame: the narrowest that WebKitGTK's browser takes is wider than a phone. */
const WINDOW = { width: 447, height: 800 }

/**
 * WebKitGTK on a screen without a monitor. A device is a browser process with a profile that ends with it, and a driver of its
 * own: a driver takes one session at a time.
 */
export async function launchWebKit(): Promise<OtherBrowser> {
  const found = findWebKit()
  if (found === undefined) throw new Error(missingBrowsers())
  const screen = await startScreen(found.xvfb)
  const begin = () => Session.begin(found.driver, screen.display)
  const first = await begin()
  const { version } = first
  await first.close()
  return {
    version: `WebKitGTK ${version}`,
    async newDevice() {
      const session = await begin()
      const opener = new Opener(session.browser)
      return { newTab: () => opener.newTab(), close: () => session.close() }
    },
    close: () => end(screen.process),
  }
}

/** A driver and the one browser that it steers. */
class Session {
  readonly browser: WebDriver
  readonly version: string
  readonly #driver: ChildProcess

  private constructor(driver: ChildProcess, browser: WebDriver, version: string) {
    this.#driver = driver
    this.browser = browser
    this.version = version
  }

  static async begin(program: string, display: string): Promise<Session> {
    const port = await freePort()
    const driver = spawn(program, ['--host=127.0.0.1', `--port=${port}`], {
      env: { ...process.env, DISPLAY: display, LANG: 'C.UTF-8' },
      stdio: 'ignore',
    })
    const server = `http://127.0.0.1:${port}`
    await until(async () => (await fetch(`${server}/status`)).ok, 'the driver listens')
    const wanted = new Capabilities({
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': { args: ['--automation'] },
    })
    const browser = await new Builder().usingServer(server).withCapabilities(wanted).build()
    await browser
      .manage()
      .window()
      .setRect({ x: 0, y: 0, ...WINDOW })
    return new Session(driver, browser, String((await browser.getCapabilities()).get('browserVersion')))
  }

  async close(): Promise<void> {
    await this.browser.quit()
    await end(this.#driver)
  }
}

/** Gives tabs of one session; the first is the one that it begins with. */
class Opener {
  readonly #session: WebDriver
  #opened = 0

  constructor(session: WebDriver) {
    this.#session = session
  }

  async newTab(): Promise<Tab> {
    if (this.#opened++ > 0) await this.#session.switchTo().newWindow('tab')
    return new WebKitTab(this.#session, await this.#session.getWindowHandle())
  }
}

/** Each command goes to the tab that the session looks at: every call says first which one that is. */
class WebKitTab implements Tab {
  readonly #session: WebDriver
  readonly #handle: string

  constructor(session: WebDriver, handle: string) {
    this.#session = session
    this.#handle = handle
  }

  async go(url: string): Promise<void> {
    await this.front()
    await this.#session.get(url)
  }

  async reload(): Promise<void> {
    await this.front()
    await this.#session.navigate().refresh()
  }

  async run<Words extends readonly Plain[], T>(
    script: (...words: Words) => T | Promise<T>,
    ...words: Words
  ): Promise<T> {
    await this.front()
    return this.#session.executeScript<T>(`return (${String(script)})(...arguments)`, ...words)
  }

  async clickAt(x: number, y: number): Promise<void> {
    await this.front()
    await this.#session
      .actions()
      .move({ x: Math.round(x), y: Math.round(y) })
      .click()
      .perform()
  }

  async front(): Promise<void> {
    await this.#session.switchTo().window(this.#handle)
  }

  async close(): Promise<void> {
    await this.front()
    await this.#session.close()
  }
}

/** Starts Xvfb on a display that it chooses itself. */
async function startScreen(xvfb: string): Promise<{ display: string; process: ChildProcess }> {
  const child = spawn(xvfb, ['-displayfd', '3', '-screen', '0', SCREEN, '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const number = await new Promise<string>((done, fail) => {
    const told = child.stdio[3] as Readable
    let text = ''
    told.on('data', (chunk) => {
      text += String(chunk)
      if (text.includes('\n')) done(text.trim())
    })
    child.once('error', fail)
    child.once('exit', (code) => {
      fail(new Error(`Xvfb ended with ${String(code)}`))
    })
  })
  return { display: `:${number}`, process: child }
}

/** The driver does not tell a port that it chose: it is told one that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((done) => child.once('exit', done))
  child.kill('SIGTERM')
  await ended
}
