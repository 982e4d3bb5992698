import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { LoadReply, LoadRequest, LoadResult, LoadRun } from './calls'

/** The load generator, as the bench's process speaks to it. */
export class LoadProcess {
  readonly #child: ChildProcess
  #settle: ((reply: LoadReply | Error) => void) | undefined

  /** @param program the bundled load generator. */
  constructor(program: 'fanout-load' | 'idle-load' | 'cluster-load') {
    this.#child = fork(join(import.meta.dirname, `${program}.mjs`), { serialization: 'advanced' })
    this.#child.on('message', (reply: LoadReply) => this.#settle?.(reply))
    this.#child.on('exit', (code) =>
      this.#settle?.(new Error(`the load generator ended with ${String(code)}`)),
    )
  }

  /** Opens and subscribes every socket. */
  async open(run: LoadRun): Promise<void> {
    await this.#call({ type: 'open', run })
  }

  /** Publishes, and resolves when everything has arrived where it should. */
  async start(): Promise<LoadResult> {
    const reply = await this.#call({ type: 'start' })
    if (reply.type !== 'done') throw new Error('the load generator answered out of turn')
    return reply.result
  }

  async close(): Promise<void> {
    await this.#call({ type: 'close' })
  }

  stop(): void {
    this.#settle = undefined
    this.#child.kill('SIGKILL')
  }

  #call(request: LoadRequest): Promise<LoadReply> {
    return new Promise((resolve, reject) => {
      this.#settle = (reply) => {
        this.#settle = undefined
        if (reply instanceof Error) reject(reply)
        else if (reply.type === 'failed') reject(new Error(reply.why))
        else resolve(reply)
      }
      this.#child.send(request)
    })
  }
}
