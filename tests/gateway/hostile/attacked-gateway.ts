import { get, type ClientRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'
import { figuresOf, type ProcessFigures } from './process-figures'

/** What an attack may add to the process' memory, bytes. */
const MEMORY_ALLOWANCE = 60 * 1024 * 1024

/** How often health is asked for: often enough to see a stall, and no attack by itself, ms. */
const PROBE_EVERY_MS = 20

/** What a supervisor commonly waits for an answer, ms. */
const PATIENCE_MS = 5000

/** The tests may have connections of their own open when descriptors are counted. */
const OWN_DESCRIPTORS = 4

const WITHOUT_LIMITS = { HERALD_RATE_ADDRESS: '0', HERALD_RATE_BROKEN: '0' }

/** The real gateway as a process, whose memory, descriptors and answers are watched while strangers attack it. */
export class AttackedGateway {
  readonly process: GatewayProcess
  readonly #figures: ProcessFigures
  #startBytes = 0
  #startDescriptors = 0
  readonly #strangers = new Set<Socket>()

  private constructor(process: GatewayProcess) {
    this.process = process
    this.#figures = figuresOf(process)
  }

  /** With no limits for addresses, which would hide what is behind it, unless `env` sets one. */
  static async start(env: Record<string, string> = {}): Promise<AttackedGateway> {
    const process = await startGateway({ HERALD_STATIC: '', ...WITHOUT_LIMITS, ...env })
    onTestFinished(() => process.dispose())
    const gateway = new AttackedGateway(process)
    await healthOf(process.url)
    gateway.#figures.forgetPeak()
    gateway.#startBytes = await gateway.#figures.memory()
    gateway.#startDescriptors = await gateway.#figures.descriptors()
    return gateway
  }

  /** A stranger's connection, which does not end its half by itself. @param from another address of this machine. */
  async connect(from?: string): Promise<Socket> {
    const { hostname, port } = new URL(this.process.url)
    const socket = connect({
      ...{ host: hostname, port: Number(port), allowHalfOpen: true },
      ...(from !== undefined && { localAddress: from }),
    })
    socket.on('error', ignoreReset)
    this.#strangers.add(socket)
    onTestFinished(() => {
      socket.destroy()
    })
    // One that is refused, since the gateway has gone, is no stranger any more.
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
    return socket
  }

  /** Open when nobody had attacked yet. */
  get startDescriptors(): number {
    return this.#startDescriptors
  }

  descriptors(): Promise<number> {
    return this.#figures.descriptors()
  }

  /** All strangers go away. */
  leave(): void {
    for (const socket of this.#strangers) socket.destroy()
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
    expect((await this.#figures.peakMemory()) - this.#startBytes).toBeLessThan(MEMORY_ALLOWANCE)
    return asked
  }

  /** Waits until what the attack held is given back. Descriptors are counted where the system tells them. */
  async givesBack(): Promise<void> {
    await expect
      .poll(() => this.#figures.descriptors(), { timeout: 15_000, interval: 200 })
      .toSatisfy((open: number) => Number.isNaN(open) || open <= this.#startDescriptors + OWN_DESCRIPTORS)
  }

  /** Is told to stop in the midst of the attack, and ends in order. */
  async stopsDuring(attack: () => Promise<void>): Promise<void> {
    const before = this.#strangers.size
    const attacking = attack().catch(ignoreReset)
    await expect.poll(() => this.#strangers.size, { interval: 1 }).toBeGreaterThan(before)
    expect(await healthOf(this.process.url)).toBe(200)
    expect(await this.process.stop()).toBe(0)
    this.leave()
    await attacking
  }
}

/** The status of /healthz over a connection of its own, as a supervisor asks. */
function healthOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(`${url}/healthz`, { agent: false, timeout: PATIENCE_MS }, (answer) => {
      answer.resume()
      answer.once('end', () => {
        resolve(answer.statusCode)
      })
    })
      .once('timeout', function (this: ClientRequest) {
        this.destroy(new Error(`no answer within ${String(PATIENCE_MS)} ms`))
      })
      .once('error', reject)
  })
}

function ignoreReset(): void {
  // The gateway cuts whoever attacks it, and goes when it is told to.
}
