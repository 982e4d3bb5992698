// A server that is a child of this process: started, killed, started again, and gone with its folder.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** A busy machine that has to read hundreds of cold files takes its time; this ends what hangs. */
const START_MS = 300_000

/** Of what it says, what is told when it does not start. */
const LOG_BYTES = 4000

const LOOK_MS = 20

/** A folder in memory, where the system has such a place: what a test writes need not outlive a power cut. */
export const newServerFolder = (name: string): string =>
  mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `herald-${name}-`))

interface Program {
  readonly path: string
  readonly args: readonly string[]
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
  /** Resolves to true once it can be used. */
  readonly isReady: () => Promise<boolean>
}

/** One life after another of a program. */
export class ServerProcess {
  readonly #program: Program
  #child: ChildProcess | undefined
  #log = ''

  constructor(program: Program) {
    this.#program = program
  }

  /** The end of what it has said. */
  get log(): string {
    return this.#log
  }

  /** Starts it, also after it was killed. Resolves when it is ready. */
  async run(): Promise<void> {
    const { path, args, folder, env, isReady } = this.#program
    const stdio = ['ignore', 'pipe', 'pipe'] as const
    const child = spawn(path, [...args], {
      ...{ cwd: folder, stdio: [...stdio] },
      env: { ...process.env, HOME: folder, ...env },
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => {
        this.#log = (this.#log + bytes.toString()).slice(-LOG_BYTES)
      })
    const until = performance.now() + START_MS
    while (!(await isReady())) {
      const hasEnded = child.exitCode !== null || child.signalCode !== null
      if (hasEnded || performance.now() > until) {
        child.kill('SIGKILL')
        throw new Error(`${path} ${hasEnded ? 'ended' : 'did not start in time'}:\n${this.#log}`)
      }
      await pause(LOOK_MS)
    }
  }

  /** Ends it at once, without a word to anybody. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}
