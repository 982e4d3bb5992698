import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

interface Pair {
  client: Socket
  upstream: Socket
}

/** A TCP proxy in front of a gateway that fails as networks do: it cuts, refuses, or goes silent without a word. */
export class FlakyProxy {
  readonly #target: URL
  readonly #pairs = new Set<Pair>()
  readonly #held = new Set<Socket>()
  #takes: 'joined' | 'held' = 'joined'
  #server: Server | undefined
  url = ''

  constructor(target: string) {
    this.#target = new URL(target)
  }

  /** Listens, on the port it had before if any. */
  async listen(): Promise<void> {
    const server = createServer((client) => {
      if (this.#takes === 'joined') this.#join(client)
      else this.#hold(client)
    })
    this.#server = server
    const port = this.url === '' ? 0 : Number(new URL(this.url).port)
    await new Promise<void>((done, fail) => {
      server.once('error', fail)
      server.listen(port, '127.0.0.1', done)
    })
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** Resets every open connection. */
  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy()
      upstream.destroy()
    }
    this.#pairs.clear()
  }

  /** Cuts, and refuses new connections until `listen`. */
  async refuse(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    const closed = new Promise<void>((done) => {
      if (server) server.close(() => done())
      else done()
    })
    this.cut()
    await closed
  }

  /**
   * From now on nothing passes in either direction on the connections that are open, and nobody is told: what a
   * phone sees behind a NAT that forgot it. New connections work.
   */
  stall(): void {
    for (const { client, upstream } of this.#pairs) {
      client.unpipe()
      upstream.unpipe()
      client.on('data', () => undefined)
      upstream.on('data', () => undefined)
    }
  }

  /** From now on new connections are taken and get no answer, until `release`: a server that hangs, a hotel's portal. */
  hold(): void {
    this.#takes = 'held'
  }

  /** New connections work again; those that were held are reset. */
  release(): void {
    this.#takes = 'joined'
    for (const client of this.#held) client.resetAndDestroy()
    this.#held.clear()
  }

  async close(): Promise<void> {
    this.release()
    await this.refuse()
  }

  #hold(client: Socket): void {
    this.#held.add(client)
    client.on('data', () => undefined)
    client.on('error', () => undefined)
    client.on('close', () => this.#held.delete(client))
  }

  #join(client: Socket): void {
    const upstream = connect(Number(this.#target.port), this.#target.hostname)
    const pair = { client, upstream }
    this.#pairs.add(pair)
    client.pipe(upstream)
    upstream.pipe(client)
    const part = (): void => {
      this.#pairs.delete(pair)
      client.destroy()
      upstream.destroy()
    }
    // A reset is an ordinary end here.
    for (const socket of [client, upstream]) socket.on('error', part).on('close', part)
  }
}

/** Puts a flaky network before a gateway. */
export async function startProxy(target: string): Promise<FlakyProxy> {
  const proxy = new FlakyProxy(target)
  await proxy.listen()
  return proxy
}
