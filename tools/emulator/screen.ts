import { build } from 'esbuild'
import { existsSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { ScreenEvent, ScreenState, Touch, WebviewState } from './chrome/screen-state'
import type { Device } from './device'
import type { AppManifest } from './native/host'

const ORIGIN = 'http://app.emulator'
const TYPES: Record<string, string> = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  png: 'image/png',
  jpg: 'image/jpeg',
  svg: 'image/svg+xml',
  ttf: 'font/ttf',
}

const chromeScripts = new Map<string, Promise<string>>()

/** A script of chrome/ for Chromium. */
function chromeScript(name: string): Promise<string> {
  const known = chromeScripts.get(name)
  if (known !== undefined) return known
  const entry = fileURLToPath(new URL(`./chrome/${name}`, import.meta.url))
  const script = build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    logLevel: 'error',
  }).then(({ outputFiles }) => outputFiles[0]?.text ?? '')
  chromeScripts.set(name, script)
  return script
}

/** The phone's screen in Chromium: the app's webviews as frames, and all that the engine draws around and over them. */
export class Screen {
  readonly state: ScreenState
  readonly onTouch = new Map<string, (touch: Touch) => void>()
  onTab: (index: number) => void = () => undefined
  onDialog: (index: number, text: string) => void = () => undefined
  /** What the screen says that is nobody's above. */
  onEvent: (event: ScreenEvent) => void = () => undefined
  readonly #context: BrowserContext
  readonly page: Page
  #work: { id: string; code: string }[] = []
  #flushing: Promise<void> = Promise.resolve()
  #scheduled = false
  #drawnDark: boolean
  #closed = false

  private constructor(context: BrowserContext, page: Page, state: ScreenState) {
    this.#context = context
    this.page = page
    this.state = state
    this.#drawnDark = state.dark
  }

  static async open(
    browser: Browser,
    device: Device,
    bundle: string,
    { name, plus }: AppManifest,
  ): Promise<Screen> {
    const { metrics } = device
    const context = await browser.newContext({
      viewport: { width: metrics.width, height: metrics.height },
      deviceScaleFactor: metrics.scale,
      hasTouch: true,
      locale: device.locale,
      colorScheme: device.uiStyle,
      userAgent: userAgentOf(device),
    })
    const page = await context.newPage()
    const screen = new Screen(context, page, {
      platform: device.platform,
      dark: device.darkMode,
      statusBar: { height: metrics.statusBar, text: device.darkMode ? 'light' : 'dark' },
      homeIndicator: metrics.homeIndicator,
      safeArea: {
        reserved: plus.safearea?.bottom?.offset === 'auto',
        light: plus.safearea?.background ?? '#fff',
        dark: plus.safearea?.backgroundDark ?? '#000',
      },
      webviews: [],
      tabBar: null,
      views: [],
      toast: null,
      dialog: null,
      splash: name,
    })
    await context.exposeBinding('__emulator', (_source, event: ScreenEvent) => screen.#hear(event))
    const facts = JSON.stringify({ metrics, isIos: device.isIos, osVersion: device.osVersion })
    const viewPlus = await chromeScript('view-plus.ts')
    await context.addInitScript(`globalThis.__phone = ${facts};${viewPlus}`)
    await screen.#serve(bundle)
    page.on('pageerror', (error) => screen.onEvent({ name: 'console', level: 'error', text: error.message }))
    await page.goto(`${ORIGIN}/screen.html`)
    return screen
  }

  find(id: string): WebviewState | undefined {
    return this.state.webviews.find((one) => one.id === id)
  }

  /** The webview that is on top; a tab's only when no page lies over the tabs. */
  get top(): WebviewState | undefined {
    return this.state.webviews.findLast((one) => one.visible && !one.isTab) ?? this.#shownTab()
  }

  raise(webview: WebviewState): void {
    this.state.webviews = [...this.state.webviews.filter((one) => one !== webview), webview]
  }

  /** Draws the state anew, soon. */
  change(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  evalJS(id: string, code: string): void {
    this.#work.push({ id, code })
    this.change()
  }

  /** When everything asked so far is on the screen. */
  async settle(): Promise<void> {
    await new Promise((done) => setImmediate(done))
    await this.#flushing
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#flushing
    await this.#context.close()
  }

  #shownTab(): WebviewState | undefined {
    const { tabBar, webviews } = this.state
    const tabs = webviews.filter((one) => one.isTab && one.visible)
    return tabs.find((one) => isOfTab(one, tabBar?.items[tabBar.selected])) ?? tabs.at(-1)
  }

  #flush(): void {
    const work = this.#work
    this.#work = []
    const { top } = this
    const { dark } = this.state
    const state = JSON.parse(
      JSON.stringify({ ...this.state, top: top?.id, tab: this.#shownTab()?.id }),
    ) as object
    this.#flushing = this.#flushing.then(async () => {
      if (this.#closed) return
      if (dark !== this.#drawnDark) {
        this.#drawnDark = dark
        await this.page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' })
      }
      await this.page.evaluate(
        ([next, todo]) => {
          const { emulatorScreen } = globalThis as unknown as {
            emulatorScreen: { draw(state: unknown): void; run(work: unknown): void }
          }
          emulatorScreen.draw(next)
          emulatorScreen.run(todo)
        },
        [state, work] as const,
      )
    })
    this.#flushing = this.#flushing.catch((error: unknown) => {
      if (!this.#closed) this.onEvent({ name: 'console', level: 'error', text: String(error) })
    })
  }

  #hear(event: ScreenEvent): void {
    if (this.#closed) return
    if (event.name === 'touch') this.onTouch.get(event.view)?.(event.touch)
    else if (event.name === 'tab') this.onTab(event.index)
    else if (event.name === 'dialog') this.onDialog(event.index, event.text)
    else this.onEvent(event)
  }

  /** Answers the frames' requests from the bundle; no server, no port. */
  async #serve(bundle: string): Promise<void> {
    const script = await chromeScript('screen.ts')
    const css = readFileSync(fileURLToPath(new URL('./chrome/screen.css', import.meta.url)), 'utf8')
    const html = `<!doctype html><meta charset="utf-8"><style>${css}</style><body><script>${script}</script></body>`
    await this.#context.route(`${ORIGIN}/**`, async (route) => {
      const path = decodeURIComponent(new URL(route.request().url()).pathname)
      if (path === '/screen.html') {
        await route.fulfill({ contentType: 'text/html', body: html })
        return
      }
      const file = join(bundle, path.replace(/^\/_www\//, ''))
      if (!path.startsWith('/_www/') || !file.startsWith(bundle + sep) || !existsSync(file)) {
        await route.fulfill({ status: 404, body: '' })
        return
      }
      const type = TYPES[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream'
      await route.fulfill({ contentType: type, body: adapted(file) })
    })
  }
}

/** A file of the bundle, as a frame of http: needs it instead of a webview of file:. */
function adapted(file: string): string | Buffer {
  // The view runtime names the app's own files by file:.
  if (file.endsWith('uni-app-view.umd.js'))
    return readFileSync(file, 'utf8').replaceAll('"file://"', JSON.stringify(ORIGIN))
  // Webviews of phones write in the system's sans serif where nothing else is asked for.
  if (file.endsWith('__uniappview.html'))
    return readFileSync(file, 'utf8').replace('<head>', '<head><style>html{font-family:sans-serif}</style>')
  return readFileSync(file)
}

function isOfTab(webview: WebviewState, item: object | undefined): boolean {
  const { uniPageUrl } = webview.style as { uniPageUrl?: { path?: string } }
  return item !== undefined && (item as { pagePath?: string }).pagePath === uniPageUrl?.path
}

function userAgentOf(device: Device): string {
  return device.isIos
    ? `Mozilla/5.0 (iPhone; CPU iPhone OS ${device.osVersion.replace('.', '_')} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Html5Plus/1.0 (Immersed/47) uni-app`
    : `Mozilla/5.0 (Linux; Android ${device.osVersion}; Pixel) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36 Html5Plus/1.0 (Immersed/28) uni-app`
}
