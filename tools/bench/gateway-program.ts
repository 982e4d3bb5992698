import { fork, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { cwd } from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { findRunning } from '@herald/gateway/process/data-folder'

/** What loop-monitor.mjs tells: times in ms, memory in bytes, the share of the time in which the loop was busy. */
export interface Usage {
  readonly loopP50: number
  readonly loopP99: number
  readonly loopMax: number
  readonly loopShare: number
  readonly cpuMs: number
  readonly residentBytes: number
}

const GATEWAY = join(cwd(), 'gateway')
const MONITOR = join(cwd(), 'tools', 'bench', 'loop-monitor.mjs')

/** A bench may be one user with all its sockets. */
const WITHOUT_CAPS = Object.fromEntries(
  ['TOPICS', 'DEVICES', 'SOCKETS', 'TOKENS', 'CODES'].map((name) => [`HERALD_USER_${name}`, '0']),
)

/** Rates are counted, and hold nobody back: the load of a bench comes from one address. */
const HIGH_RATES = Object.fromEntries(
  ['PUBLISH', 'REQUESTS', 'ADDRESS', 'FAILURES', 'BROKEN'].map((name) => [`HERALD_RATE_${name}`, '10000000']),
)

/** The gateway's own program, with a data folder on this disk. */
export class GatewayProgram {
  readonly folder: string
  readonly #env: Readonly<Record<string, string>>
  #child: ChildProcess | undefined
  /** 0 before the first start; the same over all lives. */
  port = 0

  constructor(env: Readonly<Record<string, string>> = {}) {
    const folder = join(cwd(), 'dist', 'bench')
    mkdirSync(folder, { recursive: true })
    this.folder = mkdtempSync(join(folder, 'gateway-'))
    this.#env = env
    const { status } = spawnSync(process.execPath, [join(GATEWAY, 'build.mjs')], { stdio: 'inherit' })
    if (status !== 0) throw new Error('the gateway did not build')
  }

  /** Starts it; resolves when its port is open, with the ms that this took. */
  async start(): Promise<{ listeningMs: number }> {
    const begin = performance.now()
    const child = fork(join(GATEWAY, 'dist', 'main.js'), {
      env: {
        ...process.env,
        HERALD_HOST: '127.0.0.1',
        HERALD_PORT: String(this.port),
        HERALD_DATA: this.folder,
        HERALD_QUICKSTART: '0',
        ...HIGH_RATES,
        ...WITHOUT_CAPS,
        ...this.#env,
      },
      execArgv: ['--import', MONITOR],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child = child
    if (this.port === 0) {
      while (findRunning(this.folder)?.pid !== child.pid) await this.#poll(child, 5)
      this.port = Number(new URL(findRunning(this.folder)?.url ?? '').port)
    } else while (!(await isOpen(this.port))) await this.#poll(child, 2)
    return { listeningMs: performance.now() - begin }
  }

  /** What it used since the last call. */
  async usage(): Promise<Usage> {
    if (!this.#child) throw new Error('the gateway is not running')
    this.#child.send('usage')
    const [usage] = (await once(this.#child, 'message')) as [Usage]
    return usage
  }

  secret(name: 'admin-token' | 'publish-token'): string {
    return readFileSync(join(this.folder, name), 'utf8').trim()
  }

  /** Pulls the plug. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Asks it to stop, in order. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** Pulls the plug and deletes its data. */
  async dispose(): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  async #poll(child: ChildProcess, ms: number): Promise<void> {
    if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}`)
    await wait(ms)
  }
}

/** Whether somebody listens on the port. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
