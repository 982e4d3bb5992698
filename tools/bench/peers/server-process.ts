import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const STOP_MS = 10_000
const REST_PART_MS = 250
const REST_SHARE = 0.05
const REST_PATIENCE_MS = 30_000
const PAGE_BYTES = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }))

/** Those that would outlive a bench that fails. */
const started = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of started) child.kill('SIGKILL')
})

/** A server under test: its process and those that it started. Reads /proc, so it needs Linux. */
export class ServerProcess {
  readonly child: ChildProcess

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    this.child.stdout?.resume()
    started.add(this.child)
    this.child.once('exit', () => started.delete(this.child))
  }

  /** Processor time of all its processes so far, ms. */
  cpuMs(): number {
    return this.#sum(cpuMsOf)
  }

  /** Resident memory of all its processes, bytes. */
  rssBytes(): number {
    return this.#sum(rssBytesOf)
  }

  /** Resolves when it does next to nothing: what is left of one run must not burden the next contestant. */
  async rest(): Promise<void> {
    for (let waited = 0; waited < REST_PATIENCE_MS; waited += REST_PART_MS) {
      const before = this.cpuMs()
      await pause(REST_PART_MS)
      if (this.cpuMs() - before < REST_SHARE * REST_PART_MS) return
    }
    throw new Error('a server does not come to rest')
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exited = once(this.child, 'exit')
    this.child.kill(signal)
    const tooLong = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS)
    await exited
    clearTimeout(tooLong)
  }

  #sum(read: (pid: number) => number): number {
    const { pid } = this.child
    if (pid === undefined) throw new Error('the server did not start')
    return [pid, ...childrenOf(pid)].reduce((sum, one) => sum + read(one), 0)
  }
}

/** Nanoseconds that each thread ran, the first field of its schedstat (the kernel's sched-stats.rst). */
function cpuMsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const [ran] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)
    return sum + Number(ran) / 1e6
  }, 0)
}

/** The second field of statm is resident pages (proc(5)). */
function rssBytesOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

/** A port that is free now, for servers that cannot let the system choose. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves when something listens on the port. */
export async function untilListening(server: ServerProcess, port: number): Promise<void> {
  const needle = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  for (let tries = 0; tries < 200; tries += 1) {
    if (server.child.exitCode !== null) throw new Error('the server ended before it listened')
    const lines = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n'))
    if (lines.some((line) => line.slice(0, 60).includes(needle) && / 0A /.test(line))) return
    await pause(50)
  }
  throw new Error(`nothing listens on port ${port}`)
}

/** Where a program of the system is; undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** What a server wrote about itself into a file once it listens. */
export async function untilAnnounced<What>(server: ServerProcess, file: string): Promise<What> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (server.child.exitCode !== null) throw new Error('the server ended before it announced itself')
    if (existsSync(file)) {
      const text = readFileSync(file, 'utf8')
      if (text.endsWith('\n')) return JSON.parse(text) as What
    }
    await pause(50)
  }
  throw new Error('the server did not announce itself')
}

/** How many files a process may have open here. Node raises its own soft limit to the hard one at its start. */
export function openFileLimit(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
  return limit === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(limit)
}
