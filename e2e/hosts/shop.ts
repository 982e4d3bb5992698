import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, sep } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Page } from 'playwright-core'
import { hostBuild, placeHost } from '../../scripts/build-host.mjs'
import { startGateway, type GatewayProcess } from '../gateway-process'

const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.png': 'image/png',
}

/** What the other examples say. */
export const OTHER_HOSTS = [
  {
    host: 'shop-pinia',
    components: 'node-modules/@herald/uni/components',
    namespace: 'pinia-shop',
    ownRow: 'New',
    greeting: (unread: number) => `Hello Ada, ${String(unread)} unread`,
    order: 'Order 7',
    badge: '',
  },
  {
    host: 'shop-hbuilderx',
    components: 'uni_modules/herald-inbox/components',
    namespace: 'shop',
    ownRow: '',
    greeting: (unread: number) => `你好 Ada，${String(unread)} 条未读`,
    order: '订单 7',
    badge: '1',
  },
] as const

/** Where an example's H5 app is: its router has this base. */
const pathOf = (host: string): string => (host === 'shop-pinia' ? '/pinia-shop/' : '/shop/')

/** What differs from shop to shop. */
export interface ShopOptions {
  /** Which of the examples it is. */
  readonly host?: string | undefined
  /** Settings of its gateway. */
  readonly env?: Record<string, string>
  /** Makes the tokens for Herald; the gateway's own, where absent. */
  readonly issue?: (user: string) => string
}

/** What a test needs to have something put away when it ends. */
interface Stage {
  after(cleanUp: () => unknown): void
}

/** A shop with a backend of its own, beside a gateway of another origin. */
export class Shop {
  readonly gateway: GatewayProcess
  /** The name of whoever is signed in to it. */
  customer: string | null = null
  /** How often a token was asked for. */
  asked = 0
  readonly #host: string
  readonly #issue: ShopOptions['issue']
  readonly #builds: string
  readonly #backend: string

  private constructor(
    { host = 'shop-vuex', issue }: ShopOptions,
    gateway: GatewayProcess,
    backend: string,
    builds: string,
  ) {
    this.#host = host
    this.#issue = issue
    this.gateway = gateway
    this.#backend = backend
    this.#builds = builds
  }

  /** Where its H5 app is, under a path. */
  get url(): string {
    return this.urlOf(this.#host)
  }

  /** Where the H5 app of another example is, on the same origin and with the same backend. */
  urlOf(host: string): string {
    return this.#backend + pathOf(host)
  }

  /** @param customer who is signed in to it */
  static async open(stage: Stage, customer: string | null, options: ShopOptions = {}): Promise<Shop> {
    const server = createServer()
    const backend = await listen(server)
    stage.after(() => {
      server.closeAllConnections()
      server.close()
    })
    const gateway = await startGateway({ HERALD_ORIGINS: backend, ...options.env })
    stage.after(() => gateway.dispose())
    const builds = mkdtempSync(join(tmpdir(), 'herald-shop-'))
    stage.after(() => {
      rmSync(builds, { recursive: true, force: true })
    })
    for (const id of ['ada', 'bob']) await gateway.request('POST', '/v1/users', { body: { id, name: id } })
    const shop = new Shop(options, gateway, backend, builds)
    shop.customer = customer
    server.on('request', (request, response) => void shop.#answer(request, response))
    return shop
  }

  /** The folder of the shop's build for a platform. */
  build(platform: 'h5' | 'app' | 'mp-weixin', host = this.#host): string {
    const folder = join(this.#builds, host, platform)
    if (!statSync(folder, { throwIfNoEntry: false }))
      placeHost(hostBuild(host, platform), folder, {
        gateway: this.gateway.url,
        backend: this.#backend,
      })
    return folder
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.url)
    const answer = await this.#answerTo(pathname, request)
    if (answer) {
      response.writeHead(200, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(answer))
      return
    }
    const file = this.#fileOf(pathname)
    response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' })
    response.end(readFileSync(file))
  }

  /** What the shop's own interface says; null: it is asked for a file. */
  async #answerTo(path: string, request: IncomingMessage): Promise<object | null> {
    if (path === '/herald-token') {
      this.asked += 1
      const user = this.customer?.toLowerCase()
      return { token: user === undefined ? null : await this.#tokenFor(user) }
    }
    if (path !== '/session') return null
    if (request.method === 'POST')
      ({ customer: this.customer } = JSON.parse(await text(request)) as { customer: string | null })
    return { customer: this.customer }
  }

  async #tokenFor(user: string): Promise<string> {
    return this.#issue ? this.#issue(user) : (await this.gateway.readToken(user)).token
  }

  /** Any address that is no file is the app's: its router has the history's. */
  #fileOf(path: string): string {
    const host = [this.#host, ...OTHER_HOSTS.map((other) => other.host)].find((one) =>
      path.startsWith(pathOf(one)),
    )
    const build = this.build('h5', host)
    const file = join(build, decodeURIComponent(path.slice(pathOf(host ?? this.#host).length - 1)))
    const isFile = file.startsWith(build + sep) && statSync(file, { throwIfNoEntry: false })?.isFile()
    return isFile === true ? file : join(build, 'index.html')
  }
}

/** The titles of the messages that a page has stored, oldest first. */
export function storedTitles(page: Page, namespace: string): Promise<string[]> {
  return page.evaluate(
    (name) =>
      new Promise<string[]>((done, fail) => {
        const opening = indexedDB.open(name)
        opening.onerror = () => {
          fail(new Error('the database does not open', { cause: opening.error }))
        }
        opening.onsuccess = () => {
          const reading = opening.result.transaction('rows').objectStore('rows').getAll()
          reading.onsuccess = () => {
            opening.result.close()
            const rows = reading.result as { seq: number; title: string }[]
            done(rows.sort((one, other) => one.seq - other.seq).map(({ title }) => title))
          }
        }
      }),
    namespace,
  )
}

/** The origin at which a server listens, on a port that is free. */
async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}
