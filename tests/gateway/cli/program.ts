import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Surroundings } from '../../../gateway/cli/context'

const GATEWAY = resolve(import.meta.dirname, '../../../gateway')

export const MAIN = join(GATEWAY, 'dist', 'main.js')
export const BIN = join(GATEWAY, 'bin', 'herald.mjs')

/** What the program stands on where nobody watches, types or interrupts. */
export const QUIET: Omit<Surroundings, 'env' | 'write' | 'complain'> = {
  terminal: {},
  readInput: () => Promise.resolve(undefined),
  serve: () => Promise.reject(new Error('serves in processes of its own only')),
  writer: pathToFileURL(join(GATEWAY, 'dist', 'writer.js')),
  stopped: () => Promise.resolve(),
}

/** What a program left when it ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly errors: string
}

/** A folder that is gone when the test has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'herald-run-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** The environment of a program: ours without any setting of Herald, and the given ones. */
export function environment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HERALD_'))
  return { ...Object.fromEntries(inherited), LANG: 'en_US.UTF-8', LC_ALL: '', ...settings }
}

/** Runs a program of ours to its end. */
export async function run(
  file: string,
  words: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  input = '',
): Promise<Ended> {
  const child = spawn(process.execPath, [file, ...words], { env: environment(settings), stdio: 'pipe' })
  child.stdin.end(input)
  return collect(child)
}

async function collect(child: ChildProcess): Promise<Ended> {
  const ended = new Promise<Pick<Ended, 'code' | 'signal'>>((done, fail) => {
    child.on('error', fail)
    child.on('close', (code, signal) => {
      done({ code, signal })
    })
  })
  const [out, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr)])
  return { ...(await ended), out, errors }
}

const readAll = (stream: Readable | null): Promise<string> => (stream ? text(stream) : Promise.resolve(''))

/** A gateway as its own process, on a port of its own. */
export class GatewayProgram {
  readonly folder: string
  /** Settled when the process has ended. */
  readonly ended: Promise<Ended>
  url = ''
  /** What it has written to standard output so far. */
  out = ''
  readonly #child: ChildProcess

  private constructor(settings: Readonly<Record<string, string>>, [program, ...words]: readonly string[]) {
    this.folder = settings.HERALD_DATA ?? temporaryFolder()
    const env = environment({
      HERALD_HOST: '127.0.0.1',
      HERALD_PORT: '0',
      HERALD_DATA: this.folder,
      ...settings,
    })
    this.#child = spawn(program ?? process.execPath, words, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    // A terminal ends its lines by two characters.
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.out += chunk.toString().replaceAll('\r', '')))
    this.ended = collect(this.#child)
  }

  /** Starts a gateway and waits until it says where it is, or has ended. It is killed when the test has ended. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<GatewayProgram> {
    return GatewayProgram.startBy([MAIN], settings)
  }

  /** The same by other words for Node. */
  static async startBy(
    words: readonly string[],
    settings: Readonly<Record<string, string>>,
  ): Promise<GatewayProgram> {
    return GatewayProgram.startProgram([process.execPath, ...words], settings)
  }

  /** The same by another program, such as a shell that limits it first. */
  static async startProgram(
    words: readonly string[],
    settings: Readonly<Record<string, string>>,
  ): Promise<GatewayProgram> {
    const gateway = GatewayProgram.#open(settings, words)
    const ready = await gateway.waitFor(/"url":"([^"]+)".*"msg":"ready"/)
    gateway.url = ready[1] ?? ''
    return gateway
  }

  /** Starts one whose standard output is a terminal, by util-linux' `script`, and waits for its welcome. */
  static async startOnTerminal(settings: Readonly<Record<string, string>> = {}): Promise<GatewayProgram> {
    const command = `"${process.execPath}" "${MAIN}"`
    const gateway = GatewayProgram.#open(settings, ['script', '-qfec', command, '/dev/null'])
    await gateway.waitFor(/Ctrl-C/)
    const { url } = JSON.parse(readFileSync(join(gateway.folder, 'gateway.json'), 'utf8')) as { url: string }
    gateway.url = url
    return gateway
  }

  static #open(settings: Readonly<Record<string, string>>, words: readonly string[]): GatewayProgram {
    const gateway = new GatewayProgram(settings, words)
    onTestFinished(async () => {
      gateway.signal('SIGKILL')
      await gateway.ended
    })
    return gateway
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits until its output has a match; throws what it said when it ends first. */
  async waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.out)
      if (match) return match
      const more = new Promise((resolve) => this.#child.stdout?.once('data', resolve))
      const ended = await Promise.race([this.ended, more.then(() => undefined)])
      if (ended && !pattern.test(this.out)) throw new Error(`the gateway ended: ${JSON.stringify(ended)}`)
    }
  }
}
