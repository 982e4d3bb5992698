import { get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'

/** What an attack may add to the process' memory, bytes. */
const MEMORY_ALLOWANCE = 60 * 1024 * 1024

/** How often health is asked for: often enough to see a stall, and no attack by itself, ms. */
const PROBE_EVERY_MS = 20

/** The tests may have connections of their own open when descriptors are counted. */
const OWN_DESCRIPTORS = 4

const UPGRADE = [
  ...['Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
  ...['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol: herald.v1'],
].join('\r\n')

/** The request that opens a websocket. */
export const upgradeOf = (path = '/v1/socket'): string => `GET ${path} HTTP/1.1\r\n${UPGRADE}\r\n\r\n`

/** The real gateway as a process, whose memory, descriptors and answers are watched while strangers attack it. */
export class AttackedGateway {
  readonly process: GatewayProcess
  readonly #startBytes: number
  readonly #startDescriptors: number

  private constructor(process: GatewayProcess, bytes: number, descriptors: number) {
    this.process = process
    this.#startBytes = bytes
    this.#startDescriptors = descriptors
  }

  static async start(env: Record<string, string> = {}): Promise<AttackedGateway> {
    const process = await startGateway({ HERALD_STATIC: '', HERALD_RATE_ADDRESS: '0', ...env })
    onTestFinished(() => process.dispose())
    return new AttackedGateway(
      process,
      await gauge(process, 'process_resident_memory_bytes'),
      await gauge(process, 'process_open_fds'),
    )
  }

  /** A stranger's connection, which does not end its half by itself. */
  async connect(): Promise<Socket> {
    const { hostname, port } = new URL(this.process.url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    socket.on('error', ignoreReset)
    onTestFinished(() => {
      socket.destroy()
    })
    await new Promise((resolve) => socket.once('connect', resolve))
    return socket
  }

  /**
   * Runs an attack and asks for health all along: each question is answered, and memory stays within its bound.
   * Answers how often was asked.
   */
  async withstands(attack: () => Promise<void>): Promise<number> {
    const state = { isOver: false }
    const attacking = attack().finally(() => {
      state.isOver = true
    })
    let asked = 0
    do {
      expect(await healthOf(this.process.url)).toBe(200)
      asked += 1
      await pause(PROBE_EVERY_MS)
    } while (!state.isOver)
    await attacking
    const bytes = await gauge(this.process, 'process_resident_memory_bytes')
    expect(bytes - this.#startBytes).toBeLessThan(MEMORY_ALLOWANCE)
    return asked
  }

  /** Waits until what the attack held is given back. Descriptors are counted where the system tells them. */
  async givesBack(): Promise<void> {
    await expect
      .poll(() => gauge(this.process, 'process_open_fds'), { timeout: 15_000, interval: 200 })
      .toSatisfy((open: number) => Number.isNaN(open) || open <= this.#startDescriptors + OWN_DESCRIPTORS)
  }
}

/** The status of /healthz over a connection of its own, as a supervisor asks. */
function healthOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(`${url}/healthz`, { agent: false }, (answer) => {
      answer.resume()
      answer.once('end', () => {
        resolve(answer.statusCode)
      })
    }).once('error', reject)
  })
}

function ignoreReset(): void {
  // The gateway cuts whoever attacks it.
}

/** A figure of the process; NaN on systems that do not tell it. */
async function gauge({ url }: GatewayProcess, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

/** Sends until so many bytes went out or the peer cut the connection, without reading anything. */
export async function flood(socket: Socket, piece: Buffer, totalBytes: number): Promise<void> {
  socket.pause()
  const gone = new Promise<void>((resolve) => socket.once('close', resolve))
  for (let sent = 0; sent < totalBytes && !socket.destroyed; sent += piece.length) {
    const taken = new Promise<void>((resolve) =>
      socket.write(piece, () => {
        resolve()
      }),
    )
    await Promise.race([taken, gone])
  }
}
