import { startGateway, type GatewayProcess } from '../../../../e2e/gateway-process'
import { helloOf, TestSocket } from '../../ws/test-socket'
import type { SocketUser, SocketWorld } from './legal-frames'

/** Limits have tests of their own; here they would only keep most of what is sent away from the code behind them. */
const WITHOUT_RATES = Object.fromEntries(
  ['PUBLISH', 'REQUESTS', 'ADDRESS', 'FAILURES', 'BROKEN'].map((name) => [`HERALD_RATE_${name}`, '0']),
)

const USERS = 4
const TOPICS = 6
const MESSAGES = 5

/** In which a gateway that is well answers and delivers, ms. */
const PATIENCE_MS = 30_000

/** The real gateway as a process, with users and messages for a fuzzer, and one user whom it leaves alone. */
export class FuzzGateway {
  readonly process: GatewayProcess
  readonly world: SocketWorld
  readonly #witness: { readonly token: string; readonly id: string }

  private constructor(process: GatewayProcess, world: SocketWorld, witness: { token: string; id: string }) {
    this.process = process
    this.world = world
    this.#witness = witness
  }

  static async start(): Promise<FuzzGateway> {
    const process = await startGateway({ HERALD_STATIC: '', ...WITHOUT_RATES })
    const users = []
    for (let number = 0; number < USERS; number += 1) users.push(await makeUser(process, `fuzz-${number}`))
    await process.request('POST', '/v1/users', { body: { id: 'witness' } })
    return new FuzzGateway(process, { users }, await process.readToken('witness'))
  }

  /** Ids that a fuzzer of the API must not name: without their tokens nobody could see whether the gateway is well. */
  async protectedIds(): Promise<Set<string>> {
    const { body } = await this.process.request('GET', '/v1/tokens')
    const tokens = body['tokens'] as { id: string }[]
    return new Set(['witness', this.#witness.id, ...tokens.map(({ id }) => id)])
  }

  /** What is wrong with it now, in words: nothing, when it came through. Ends it. */
  async aftermath(): Promise<string[]> {
    const problems = [
      ...(await this.#healthProblems()),
      ...(await this.#deliveryProblems()),
      ...this.#faults(),
    ]
    const code = await this.process.stop()
    if (code !== 0) problems.push(`it ended with ${code ?? 'a signal, or before'}`)
    if (this.process.stderr !== '') problems.push(`it wrote to standard error: ${this.process.stderr}`)
    return problems
  }

  async #healthProblems(): Promise<string[]> {
    try {
      const { status } = await fetch(`${this.process.url}/healthz`, {
        signal: AbortSignal.timeout(PATIENCE_MS),
      })
      return status === 200 ? [] : [`/healthz was answered ${status}`]
    } catch (error) {
      return [`/healthz was not answered: ${String(error)}`]
    }
  }

  async #deliveryProblems(): Promise<string[]> {
    const socket = new TestSocket(`${this.process.url.replace('http', 'ws')}/v1/socket`)
    const late = new Promise<string[]>((resolve) => {
      setTimeout(resolve, PATIENCE_MS, ['a message did not come in time']).unref()
    })
    try {
      return await Promise.race([this.#deliver(socket), late])
    } catch (error) {
      return [`a message was not delivered: ${String(error)}`]
    } finally {
      socket.socket.terminate()
    }
  }

  async #deliver(socket: TestSocket): Promise<string[]> {
    await socket.opened()
    socket.send(helloOf(this.#witness.token))
    await socket.nextOf('welcome')
    const { status, body } = await this.process.publish('user:witness', { body: 'all is well' })
    if (status !== 201) return [`a publish was answered ${status} ${JSON.stringify(body)}`]
    await socket.untilSeq('user:witness', Number(body.seq))
    return []
  }

  #faults(): string[] {
    return this.process.log
      .filter((line) => line['level'] === 'error' || line['level'] === 'fatal' || hasStack(line))
      .map((line) => `the log has ${JSON.stringify(line).slice(0, 1500)}`)
  }
}

/** The frames of a stack, whatever field they stand in. */
const hasStack = (line: object): boolean => JSON.stringify(line).includes('\\n    at ')

async function makeUser(gateway: GatewayProcess, id: string): Promise<SocketUser> {
  await gateway.request('POST', '/v1/users', { body: { id } })
  const { token } = await gateway.readToken(id)
  for (let number = 0; number < TOPICS; number += 1) {
    await gateway.request('PUT', `/v1/me/feeds/topic:t${number}`, { token, body: {} })
    const bodies = Array.from({ length: MESSAGES }, (_, index) => ({ title: `Message ${index}` }))
    await gateway.publishMany(`topic:t${number}`, bodies)
  }
  const { body } = await gateway.request('GET', '/v1/me', { token })
  return { id, token, feeds: body['feeds'] as SocketUser['feeds'] }
}
