import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** What went through a proxy: bytes of TCP payload, and pieces as TCP gave them, which are segments where little is sent. */
export interface Traffic {
  readonly bytesUp: number
  readonly bytesDown: number
  readonly pieces: number
}

/** A TCP proxy before a gateway that counts what passes. */
export class CountingProxy {
  readonly #target: URL
  readonly #server: Server
  readonly #open = new Set<Socket>()
  #traffic: Traffic = { bytesUp: 0, bytesDown: 0, pieces: 0 }
  url = ''

  constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((phone) => this.#join(phone))
  }

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    this.url = `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`
  }

  /** All that has passed so far. */
  traffic(): Traffic {
    return this.#traffic
  }

  /** Resets all that is open: a gateway that gave a silent phone up, a NAT that forgot it. */
  cut(): void {
    for (const socket of this.#open) socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise<void>((done) => this.#server.close(() => done()))
  }

  #join(phone: Socket): void {
    const gateway = connect(Number(this.#target.port), this.#target.hostname)
    phone.on('data', ({ length }) => this.#count(length, 0)).pipe(gateway)
    gateway.on('data', ({ length }) => this.#count(0, length)).pipe(phone)
    for (const [one, other] of [
      [phone, gateway],
      [gateway, phone],
    ] as const) {
      this.#open.add(one)
      // A reset is an ordinary end here, and the close after it ends the other side.
      one.on('error', () => undefined)
      one.on('close', () => {
        this.#open.delete(one)
        other.destroy()
      })
    }
  }

  #count(up: number, down: number): void {
    const { bytesUp, bytesDown, pieces } = this.#traffic
    this.#traffic = { bytesUp: bytesUp + up, bytesDown: bytesDown + down, pieces: pieces + 1 }
  }
}
