// A PostgreSQL of this machine for tests and for the cluster that people can play with: its own folder, loopback only, gone
// with its folder.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findPostgres, POSTGRES_MISSING } from './find.mjs'
import { freePort, isOpen } from './ports'

/** `postgres` and `initdb` refuse to run as root: then they run as nobody. */
const NOBODY = 65534

const START_MS = 20_000

/** Within this it takes new settings. */
const RELOAD_MS = 300

/** Of what it says, what is told when it does not start. */
const LOG_BYTES = 4000

function requirePostgres(): string {
  const found = findPostgres()
  if (found === undefined) throw new Error(POSTGRES_MISSING)
  return found
}

const asNobody = (): { uid: number; gid: number } | object =>
  process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}

export interface PostgresSettings {
  /** Further settings of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
  /** Without it the server asks nobody for one; with it, everybody (SCRAM). */
  readonly password?: string
  /** The server that this one follows as a standby. */
  readonly primary?: PostgresServer
  /** The name under which the primary waits for it (`synchronous_standby_names`). */
  readonly name?: string
  /** Where its folder is made; the system's place for what is temporary, when absent. */
  readonly under?: string
}

/** One server, which can be killed, frozen, stopped, started again, and promoted. */
export class PostgresServer {
  readonly port: number
  readonly folder: string
  readonly #settings: Readonly<Record<string, string>>
  #child: ChildProcess | undefined

  private constructor(folder: string, port: number, settings: Readonly<Record<string, string>>) {
    this.folder = folder
    this.port = port
    this.#settings = settings
  }

  static async start({
    settings = {},
    password,
    primary,
    name = 'standby',
    under = tmpdir(),
  }: PostgresSettings = {}): Promise<PostgresServer> {
    const folder = mkdtempSync(join(under, 'herald-postgres-'))
    if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY)
    const server = new PostgresServer(folder, await freePort(), settings)
    if (primary) server.#copy(primary, name)
    else server.#make(password)
    await server.run()
    return server
  }

  get #data(): string {
    return join(this.folder, 'data')
  }

  /** @param database made by whoever asks for it */
  uri(database = 'postgres'): string {
    return `postgres://herald@127.0.0.1:${String(this.port)}/${database}`
  }

  /** Starts it, also after it was stopped or killed. Resolves when it takes connections. */
  async run(): Promise<void> {
    const settings = Object.entries({
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: '300',
      max_wal_senders: '10',
      ...this.#settings,
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(
      join(requirePostgres(), 'postgres'),
      ['-D', this.#data, '-p', String(this.port), ...settings],
      {
        ...{ cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] },
        ...asNobody(),
      },
    )
    this.#child = child
    let log = ''
    child.stderr.on('data', (bytes: Buffer) => {
      log = (log + bytes.toString()).slice(-LOG_BYTES)
    })
    const until = performance.now() + START_MS
    while (!log.includes('database system is ready to accept') || !(await isOpen(this.port))) {
      if (child.exitCode !== null || performance.now() > until)
        throw new Error(`PostgreSQL did not start:\n${log}`)
      await pause(20)
    }
  }

  /** Ends it at once, without a word to anybody. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#gone()
    // Its children see that it is gone and end; the next start waits for their shared memory.
    await pause(200)
  }

  /** Whether it has ended, by itself or otherwise. */
  get hasEnded(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** SIGSTOP freezes its first process, which then lets nobody in; SIGCONT lets it go on. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }

  /** Changes settings that need no new start. */
  async set(settings: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(settings))
      this.#run('psql', ['-d', this.uri(), '-c', `ALTER SYSTEM SET ${name} = '${value}'`])
    this.#run('pg_ctl', ['reload', '-D', this.#data])
    await pause(RELOAD_MS)
  }

  /** A standby takes over; resolves when it takes writes. */
  promote(): void {
    this.#run('pg_ctl', ['promote', '-D', this.#data, '-w', '-t', '20'])
  }

  /** Ends it, and removes what it has. */
  async dispose(): Promise<void> {
    this.#child?.kill('SIGINT')
    await this.#gone()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #gone(): Promise<void> {
    if (this.#child && !this.hasEnded) await once(this.#child, 'exit')
  }

  #make(password: string | undefined): void {
    const words = ['-D', this.#data, '-U', 'herald', '-E', 'UTF8', '--locale=C']
    if (password === undefined) {
      this.#run('initdb', [...words, '--auth=trust'])
      return
    }
    const file = join(this.folder, 'password')
    writeFileSync(file, password)
    if (process.getuid?.() === 0) chownSync(file, NOBODY, NOBODY)
    this.#run('initdb', [...words, '--auth=scram-sha-256', `--pwfile=${file}`])
    rmSync(file)
  }

  #copy(primary: PostgresServer, name: string): void {
    mkdirSync(this.folder, { recursive: true })
    const from = `host=127.0.0.1 port=${String(primary.port)} user=herald application_name=${name}`
    this.#run('pg_basebackup', ['-D', this.#data, '-d', from, '-R', '-X', 'stream', '-c', 'fast'])
  }

  #run(program: string, args: readonly string[]): void {
    execFileSync(join(requirePostgres(), program), args, {
      ...{ cwd: this.folder, stdio: 'pipe', encoding: 'utf8' },
      ...asNobody(),
    })
  }
}
