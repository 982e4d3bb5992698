import { once } from 'node:events'
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** How often it is asked which gateways are ready, and how long one may take to say so, ms. */
const LOOK_MS = 1000

/** Hands connections to gateways that are ready, in turn. It knows nothing of HTTP and needs no stickiness. */
export class Balancer {
  readonly #urls: readonly string[]
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #timer: NodeJS.Timeout
  #ready: readonly string[]
  #turn = 0

  private constructor(urls: readonly string[], server: Server) {
    this.#urls = urls
    this.#ready = urls
    this.#server = server
    server.on('connection', (client) => {
      this.#handOver(client)
    })
    this.#timer = setInterval(() => void this.#look(), LOOK_MS)
  }

  /** @param port 0 is any */
  static async start(urls: readonly string[], port: number): Promise<Balancer> {
    const server = createServer()
    const balancer = new Balancer(urls, server)
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return balancer
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`
  }

  close(): void {
    clearInterval(this.#timer)
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  async #look(): Promise<void> {
    const answers = await Promise.all(this.#urls.map((url) => isReady(url)))
    this.#ready = this.#urls.filter((_, index) => answers[index])
  }

  #handOver(client: Socket): void {
    const url = this.#ready[(this.#turn += 1) % this.#ready.length]
    this.#keep(client)
    if (url === undefined) {
      client.destroy()
      return
    }
    const { hostname: host, port } = new URL(url)
    const gateway = createConnection({ host, port: Number(port) })
    this.#keep(gateway)
    client.pipe(gateway).pipe(client)
    client.on('close', () => gateway.destroy())
    gateway.on('close', () => client.destroy())
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    // What breaks on one side is closed on the other.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(LOOK_MS) })).ok
  } catch {
    // Killed, frozen or on its way.
    return false
  }
}
