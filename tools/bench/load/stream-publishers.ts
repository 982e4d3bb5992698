import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { mqttConnect } from './mqtt-dialect'
import type { Publisher } from './publisher'

export interface StreamTarget {
  readonly port: number
  /** `%` stands for the number of the feed. */
  readonly path: string
}

/** Publishes that nobody answers: accepted is what the system has taken. */
class StreamPublisher implements Publisher {
  readonly #socket: Socket
  readonly #encode: (message: number, text: string) => string | Buffer

  constructor(socket: Socket, encode: (message: number, text: string) => string | Buffer) {
    this.#socket = socket
    this.#encode = encode
    socket.resume()
  }

  async publish(message: number, text: string): Promise<void> {
    if (!this.#socket.write(this.#encode(message, text))) await once(this.#socket, 'drain')
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** A server has taken the first words of a connection after this, ms. */
const SETTLE_MS = 100

async function open(port: number, hello: string | Buffer): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  socket.write(hello)
  await pause(SETTLE_MS)
  return socket
}

/** @param feeds message m goes to feed m modulo this. */
export async function openNatsPublisher({ port, path }: StreamTarget, feeds: number): Promise<Publisher> {
  const socket = await open(port, 'CONNECT {"verbose":false,"pedantic":false}\r\n')
  return new StreamPublisher(
    socket,
    (message, text) => `PUB ${path.replace('%', String(message % feeds))} ${text.length}\r\n${text}\r\n`,
  )
}

/** @param feeds message m goes to feed m modulo this. */
export async function openMqttPublisher({ port, path }: StreamTarget, feeds: number): Promise<Publisher> {
  const socket = await open(port, mqttConnect('publisher'))
  return new StreamPublisher(socket, (message, text) => {
    const topic = path.replace('%', String(message % feeds))
    const length = 2 + topic.length + text.length
    // MQTT 3.1.1 §2.2.3: seven bits a byte, the lowest first.
    const header = Buffer.from([0x30, 0x80 | (length & 0x7f), length >> 7, 0, topic.length])
    return Buffer.concat([header, Buffer.from(topic + text)])
  })
}
