import { createServer, type Server } from 'node:http'
import { readFileSync, statSync } from 'node:fs'
import { extname, join, sep } from 'node:path'
import { HOST_BACKEND, hostBuild } from '../scripts/build-host.mjs'

const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.png': 'image/png',
}

/** The backend of the example shop: serves its build under `/shop/`, and brings the token of whoever is signed in to it. */
export class Shop {
  readonly url = `${HOST_BACKEND}/shop/`
  /** How often a token was asked for. */
  asked = 0
  #server: Server
  #token: () => Promise<string | null> = () => Promise.resolve(null)

  constructor() {
    this.#server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', this.url).pathname
      if (path === '/herald-token') {
        this.asked += 1
        void this.#token().then((token) => {
          response.writeHead(200, {
            'Content-Type': 'application/json',
            'Access-Control-Allow-Origin': '*',
          })
          response.end(JSON.stringify({ token }))
        })
        return
      }
      const file = this.#fileOf(path)
      response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' })
      response.end(readFileSync(file))
    })
  }

  /** From now on this is who is signed in to the shop. */
  signIn(token: () => Promise<string | null>): void {
    this.#token = token
  }

  open(): Promise<void> {
    const { port } = new URL(this.url)
    return new Promise((done) => this.#server.listen(Number(port), '127.0.0.1', done))
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((done) => this.#server.close(() => done()))
  }

  /** Any address that is no file is the app's: its router has the history's. */
  #fileOf(path: string): string {
    const build = hostBuild('shop-vuex', 'h5')
    const file = join(build, decodeURIComponent(path.replace(/^\/shop\//, '/')))
    const isFile = file.startsWith(build + sep) && statSync(file, { throwIfNoEntry: false })?.isFile()
    return isFile === true ? file : join(build, 'index.html')
  }
}
