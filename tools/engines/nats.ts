// NATS servers of this machine for tests and for the cluster that people can play with: loopback only, nothing on disk but
// their settings.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findNats, NATS_MISSING } from './find.mjs'
import { freePort, isOpen } from './ports'

const START_MS = 20_000

/** Of what it says, what is told when it does not start. */
const LOG_BYTES = 4000

function requireNats(): string {
  const found = findNats()
  if (found === undefined) throw new Error(NATS_MISSING)
  return found
}

/** One server, which can be killed, frozen and started again. */
export class NatsServer {
  readonly port: number
  readonly #words: readonly string[]
  #child: ChildProcess | undefined

  constructor(port: number, words: readonly string[]) {
    this.port = port
    this.#words = words
  }

  /** Starts it, also after it was killed. Resolves when it takes connections. */
  async run(): Promise<void> {
    const words = ['-a', '127.0.0.1', '-p', String(this.port), ...this.#words]
    const child = spawn(requireNats(), words, { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    let log = ''
    child.stderr.on('data', (bytes: Buffer) => {
      log = (log + bytes.toString()).slice(-LOG_BYTES)
    })
    const until = performance.now() + START_MS
    while (!log.includes('Server is ready') || !(await isOpen(this.port))) {
      if (child.exitCode !== null || performance.now() > until)
        throw new Error(`nats-server did not start:\n${log}`)
      await pause(20)
    }
  }

  /** Ends it at once, without a word to anybody. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** SIGSTOP freezes it; SIGCONT lets it go on. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }
}

export interface NatsSettings {
  readonly count?: number
  /** What stands in each server's settings, in NATS' own words. */
  readonly config?: string
}

/** Servers that are one bus: what comes to one goes to all. */
export class NatsCluster {
  readonly servers: readonly NatsServer[]
  readonly #folder: string

  private constructor(servers: readonly NatsServer[], folder: string) {
    this.servers = servers
    this.#folder = folder
  }

  static async start({ count = 3, config = '' }: NatsSettings = {}): Promise<NatsCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'herald-nats-'))
    const file = join(folder, 'server.conf')
    writeFileSync(file, config)
    const ports: number[] = []
    for (let index = 0; index < 2 * count; index += 1) ports.push(await freePort())
    const routes = ports.slice(count).map((port) => `nats://127.0.0.1:${String(port)}`)
    const servers = ports
      .slice(0, count)
      .map(
        (port, index) =>
          new NatsServer(port, [
            ...['-c', file, '--cluster_name', 'herald'],
            ...(count > 1 ? ['--cluster', routes[index] ?? '', '--routes', routes.join(',')] : []),
          ]),
      )
    const cluster = new NatsCluster(servers, folder)
    await Promise.all(servers.map((server) => server.run()))
    return cluster
  }

  /** As `HERALD_BUS` has it. @param credentials with the `@` behind them */
  uri(scheme = 'nats', credentials = '', host = '127.0.0.1'): string {
    const hosts = this.servers.map(({ port }) => `${host}:${String(port)}`)
    return `${scheme}://${credentials}${hosts.join(',')}`
  }

  /** Ends them, and removes what they have. */
  async dispose(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()))
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
