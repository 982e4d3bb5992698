import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { checkStore } from './append-check'
import type { LoadOrder, LoadReport } from './append-load'
import type { AppendFigure } from './append-log'
import type { Answer } from './append-message'
import type { Contestant } from './contest'
import { GatewayProgram } from './gateway-program'

export type HttpFigure = AppendFigure | 'gatewayLoop' | 'senderLoop'

/** The whole gateway: a publish over HTTP with a token, answered when it is on the disk. */
export class HttpBench {
  readonly #gateway = new GatewayProgram()
  readonly #load = fork(join(import.meta.dirname, 'append-load.mjs'), { execArgv: [] })
  readonly #answers: Answer[] = []

  async start(): Promise<void> {
    await this.#gateway.start()
  }

  contestant(senders: number, ms: number): Contestant<HttpFigure> {
    return {
      name: 'http',
      run: async () => {
        await this.#gateway.usage()
        const { port } = this.#gateway
        const order: LoadOrder = { port, token: this.#gateway.secret('publish-token'), senders, ms }
        this.#load.send(order)
        const [report] = (await once(this.#load, 'message')) as [LoadReport]
        const usage = await this.#gateway.usage()
        this.#answers.push(...report.answers)
        return {
          rate: (report.answers.length / report.ms) * 1000,
          batch: Number.NaN,
          cpu: (usage.cpuMs * 1000) / report.answers.length,
          loopP50: usage.loopP50,
          loopP99: usage.loopP99,
          gatewayLoop: usage.loopShare,
          senderLoop: report.loopShare,
        }
      },
    }
  }

  /** Stops both, and checks that the store holds what was answered over all runs. */
  async finish(): Promise<void> {
    this.#load.kill()
    await this.#gateway.stop()
    checkStore(this.#gateway.folder, this.#answers)
    await this.#gateway.dispose()
  }
}
