import type { Cursor, Welcome } from '@herald/protocol'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cwd } from 'node:process'
import type { Peer, RunningPeer, Scene } from './peer'
import { ServerProcess, untilAnnounced } from './server-process'

const TOPIC = 'topic:bench'

/** Requests in flight while users are made. */
const AT_ONCE = 64

/** No limit but what the machine can; everything else is as it is delivered. */
const environment = {
  HERALD_HOST: '127.0.0.1',
  HERALD_PORT: '0',
  HERALD_LOG_LEVEL: 'warn',
  HERALD_RATE_PUBLISH: '0',
  HERALD_RATE_REQUESTS: '0',
  HERALD_RATE_ADDRESS: '0',
  HERALD_QUICKSTART: '0',
}

/** Our gateway as it ships: tokens, a durable log with fsync, acks. */
export const herald: Peer = {
  name: 'herald',
  install: 'npm ci',
  version: () => 'this tree, every publish on disk before it is answered, acks and heartbeats in place',
  async start(scene: Scene): Promise<RunningPeer> {
    const data = makeDataFolder()
    const gateway = await startGateway(data)
    const tokens = await makeReaders(gateway, scene)
    const isOne = scene.feeds === 'one'
    return {
      process: gateway.server,
      port: gateway.port,
      subscribers: async () => ({
        ...{ speak: 'herald', tokens, feed: isOne ? TOPIC : 'user:' },
        cursor: isOne ? await cursorOf(gateway, tokens[0] ?? '', TOPIC) : undefined,
      }),
      publishers: {
        ...{ speak: 'http', port: gateway.port, form: 'json' },
        path: `/v1/feeds/${isOne ? TOPIC : 'user:u%'}/messages`,
        headers: [`Authorization: Bearer ${gateway.adminToken}`],
      },
      async stop() {
        await gateway.server.stop()
        rmSync(data, { recursive: true })
      },
    }
  },
}

/** A gateway of this tree on a folder of its own. */
export interface BenchGateway {
  readonly server: ServerProcess
  readonly port: number
  readonly adminToken: string
}

/** A folder for a gateway's data beside the bench's bundles, on a disk that is really written. */
export function makeDataFolder(): string {
  const parent = join(cwd(), 'dist', 'bench')
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, 'data-'))
}

/** Builds and starts the gateway. */
export async function startGateway(data: string, nodeArgs: readonly string[] = []): Promise<BenchGateway> {
  execFileSync(process.execPath, [join(cwd(), 'gateway', 'build.mjs')], { stdio: 'inherit' })
  const main = join(cwd(), 'gateway', 'dist', 'main.js')
  const server = new ServerProcess(process.execPath, [...nodeArgs, main], {
    ...environment,
    HERALD_DATA: data,
  })
  const { url } = await untilAnnounced<{ url: string }>(server, join(data, 'gateway.json'))
  return {
    server,
    port: Number(new URL(url).port),
    adminToken: readFileSync(join(data, 'admin-token'), 'utf8').trim(),
  }
}

/** Makes a user and a token for each socket; returns the tokens. */
export async function makeReaders(gateway: BenchGateway, { sockets, feeds }: Scene): Promise<string[]> {
  const tokens: string[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < sockets) {
      const index = next++
      tokens[index] = await makeReader(gateway, `u${index}`, feeds === 'one' ? TOPIC : undefined)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return tokens
}

/** The end of a feed, where devices that have everything stand. */
async function cursorOf({ port }: BenchGateway, token: string, feed: string): Promise<Cursor> {
  const me = (await caller(port)('GET', '/v1/me', token)) as Pick<Welcome, 'feeds'>
  const state = me.feeds.find((one) => one.feed === feed)
  if (state === undefined) throw new Error(`the reader does not follow ${feed}`)
  return { epoch: state.epoch, seq: state.head }
}

/** Makes a user who follows a feed, and a token to read as the user. */
export async function makeReader(gateway: BenchGateway, id: string, feed?: string): Promise<string> {
  const call = caller(gateway.port)
  await call('POST', '/v1/users', gateway.adminToken, { id })
  const rights = { label: 'bench', publish: [], read: true, admin: false }
  const { token } = (await call('POST', `/v1/users/${id}/tokens`, gateway.adminToken, rights)) as {
    token: string
  }
  if (feed !== undefined) await call('PUT', `/v1/me/feeds/${feed}`, token, {})
  return token
}

const JSON_TYPE = { 'content-type': 'application/json' }

function caller(port: number) {
  return async (method: string, path: string, token: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : JSON_TYPE) },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status} ${text}`)
    return JSON.parse(text)
  }
}
