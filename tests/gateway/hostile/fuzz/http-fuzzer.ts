import { Agent, request as send } from 'node:http'
import { Chance } from '../../simulation/chance'
import { operationsOf, type ApiDocument } from './api-document'
import { judgeAnswer, type FuzzAnswer } from './answers'
import type { FuzzGateway } from './fuzz-gateway'
import { RequestMaker, type FuzzRequest, type RequestWorld } from './http-requests'
import { inLanes, type Failure } from './lanes'
import { exchange, readAnswers } from './raw-exchange'
import { makeRawRequest } from './raw-requests'
import { ToldStrings } from './told-strings'

/** In which every request is answered: a machine may stand still for a while, a hang does not end. */
const PATIENCE_MS = 30_000

/** Of the requests, those that no library would send. */
const RAW_SHARE = 0.1

/** Requests after which the fuzzed user is a new one: most are soon signed out, disabled or removed. */
const LIFE_OF_USER = 250

export interface HttpOrder {
  readonly gateway: FuzzGateway
  readonly seed: string
  readonly requests: number
  readonly first?: number
  readonly lanes: number
  readonly onRequest?: (done: number) => void
}

export interface HttpTally {
  requests: number
  readonly statuses: Record<string, number>
  /** Operations of the document that were answered with a success, and all of them. */
  readonly succeeded: Set<string>
  readonly operations: number
  readonly failures: Failure[]
}

/** Asks for all that the gateway's own document offers, well and badly, with every right, and judges each answer. */
export async function fuzzHttp(order: HttpOrder): Promise<HttpTally> {
  const { process } = order.gateway
  const document = (await (await fetch(`${process.url}/openapi.json`)).json()) as ApiDocument
  const operations = operationsOf(document)
  const tally: HttpTally = {
    ...{ requests: 0, statuses: {}, succeeded: new Set(), operations: operations.length, failures: [] },
  }
  const told = new ToldStrings(await order.gateway.protectedIds())
  const agent = new Agent({ keepAlive: true, maxSockets: order.lanes })
  const users = new FuzzUsers(order.gateway)
  const last = (order.first ?? 0) + order.requests
  let next = order.first ?? 0
  await inLanes(
    order.lanes,
    () => next < last,
    next,
    async (index) => {
      next = index + 1
      if (index >= last) return
      const chance = new Chance(order.seed, 'request', index)
      const read = await users.tokenFor(index)
      const tokens = { read, publish: process.publishToken, admin: process.adminToken }
      const world: RequestWorld = { document, operations, tokens, told: (one, name) => told.one(one, name) }
      tally.requests += 1
      const problem = chance.hits(RAW_SHARE)
        ? await runRaw(process.url, makeRawRequest(chance, tokens.admin), tally)
        : await runOne(process.url, agent, new RequestMaker(chance, world).make(), tally, told)
      if (problem !== undefined) tally.failures.push({ index, what: problem })
      order.onRequest?.(tally.requests)
    },
  )
  agent.destroy()
  return tally
}

/** A user after the other, each with a token that reads. */
class FuzzUsers {
  readonly #gateway: FuzzGateway
  readonly #tokens = new Map<number, Promise<string>>()

  constructor(gateway: FuzzGateway) {
    this.#gateway = gateway
  }

  async tokenFor(index: number): Promise<string> {
    const number = Math.floor(index / LIFE_OF_USER)
    const known = this.#tokens.get(number) ?? this.#make(`reader-${number}`)
    this.#tokens.set(number, known)
    return known
  }

  async #make(id: string): Promise<string> {
    await this.#gateway.process.request('POST', '/v1/users', { body: { id } })
    return (await this.#gateway.process.readToken(id)).token
  }
}

async function runOne(
  url: string,
  agent: Agent,
  request: FuzzRequest,
  tally: HttpTally,
  told: ToldStrings,
): Promise<string | undefined> {
  const words = (): string => describe(request)
  const answer = await ask(url, agent, request)
  if (typeof answer === 'string') return `${answer}: ${words()}`
  const { status } = answer
  tally.statuses[status] = (tally.statuses[status] ?? 0) + 1
  const problem = judgeAnswer(answer, request.method === 'HEAD')
  if (problem !== undefined) return `${problem}: ${words()}`
  const { operation } = request
  if (operation === undefined) return undefined
  if (operation.responses[status] === undefined)
    return `${status} is not among what ${operation.operationId} may answer: ${answer.text.slice(0, 200)}: ${words()}`
  if (status >= 200 && status < 300) {
    tally.succeeded.add(operation.operationId)
    told.hear(operation.path, answer.text)
  }
  return undefined
}

/** The answer, or what was wrong with it. */
function ask(
  url: string,
  agent: Agent,
  { method, path, headers, body }: FuzzRequest,
): Promise<FuzzAnswer | string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const sent = send({
      ...{ agent, hostname, port, method, path },
      headers: { ...headers, ...(body && { 'content-length': String(body.length) }) },
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    sent.on('response', (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() })
      })
      answer.on('error', (error) => {
        resolve(`the answer broke off (${error.message})`)
      })
    })
    sent.on('error', (error) => {
      resolve(`it was not answered (${error.message})`)
    })
    sent.end(body)
  })
}

/** As one would repeat it. */
const describe = ({ method, path, headers, body }: FuzzRequest): string =>
  `${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 400)} ${body?.toString('latin1').slice(0, 600) ?? ''}`

async function runRaw(url: string, bytes: Buffer, tally: HttpTally): Promise<string | undefined> {
  const words = JSON.stringify(bytes.toString('latin1'))
  const heard = await exchange(url, bytes, PATIENCE_MS)
  if (heard === undefined) return `the connection did not end after ${words}`
  const isHead = bytes.toString('latin1').includes('HEAD ')
  for (const answer of isHead ? [] : readAnswers(heard)) {
    tally.statuses[answer.status] = (tally.statuses[answer.status] ?? 0) + 1
    const problem = judgeAnswer(answer)
    if (problem !== undefined) return `${problem}: after ${words}`
  }
  return undefined
}
