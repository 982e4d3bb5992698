import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { bodyOf } from './phones'

/** A server that sends what the gateway would, and asks for nothing: no hello, no ack, no heartbeat. */
export class PeerServer {
  readonly #server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  #seq = 0

  async listen(): Promise<string> {
    await new Promise((done) => this.#server.once('listening', done))
    return `ws://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`
  }

  get connections(): number {
    return this.#server.clients.size
  }

  /** Sends so many to all, each in a frame of its own. */
  send(count: number): void {
    for (let sent = 0; sent < count; sent += 1) {
      const seq = ++this.#seq
      const message = {
        ...{ id: `01900000-0000-7000-8000-${String(seq).padStart(12, '0')}`, feed: 'user:me', seq },
        ...{ time: Date.now(), ...bodyOf(seq), priority: 3 },
      }
      const frame = JSON.stringify({
        type: 'messages',
        feed: 'user:me',
        epoch: 'wD2kq0aX',
        messages: [message],
      })
      for (const client of this.#server.clients) client.send(frame)
    }
  }

  async close(): Promise<void> {
    for (const client of this.#server.clients) client.terminate()
    await new Promise<void>((done) => this.#server.close(() => done()))
  }
}
