import type { Cursor, Welcome } from '@herald/protocol'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cwd } from 'node:process'
import { pathToFileURL } from 'node:url'
import { findPostgres, POSTGRES_MISSING } from '@herald/engines/find'
import { PostgresServer } from '@herald/engines/postgres'
import { moveToDatabase } from '@herald/gateway/stores/move/move'
import { openStore } from '@herald/gateway/stores/sqlite/open'
import type { Peer, RunningPeer, Scene } from './peer'
import { ServerProcess, untilAnnounced } from './server-process'

/** The feed that all readers of a scene with one feed follow. */
export const TOPIC = 'topic:bench'

/** Users that are made at the same time. */
const AT_ONCE = 500

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
  start: (scene) => startPeer(scene, () => Promise.resolve({ env: {}, stop: () => Promise.resolve() })),
}

/** The same with its store in a PostgreSQL, whose processor time is not counted. */
export const heraldOnPostgres: Peer = {
  name: 'herald-postgres',
  install: POSTGRES_MISSING,
  version: () =>
    findPostgres() === undefined
      ? undefined
      : 'this tree on a PostgreSQL of its own, with fsync and without a standby',
  start: (scene) =>
    startPeer(scene, async (data) => {
      const database = await PostgresServer.start()
      await moveTo(database.uri(), data)
      return { env: { HERALD_STORE: database.uri() }, stop: () => database.dispose() }
    }),
}

/** What a gateway keeps goes from its folder into an empty database. */
export async function moveTo(uri: string, data: string): Promise<void> {
  await moveToDatabase({ folder: data, uri, password: undefined, rehearse: false })
}

/** Where a peer's store is, beside its folder. */
interface OpenedPlace {
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

async function startPeer(
  scene: Scene,
  openPlace: (data: string) => Promise<OpenedPlace>,
): Promise<RunningPeer> {
  const data = makeDataFolder()
  const tokens = await makeReaders(data, scene)
  const place = await openPlace(data)
  const gateway = await startGateway(data, [], place.env)
  const isOne = scene.feeds === 'one'
  return {
    process: gateway.server,
    port: gateway.port,
    subscribers: async () => ({
      ...{ speak: 'herald', tokens, feed: isOne ? TOPIC : 'user:' },
      cursor: isOne ? await cursorOf(gateway.port, tokens[0] ?? '', TOPIC) : undefined,
    }),
    publishers: {
      ...{ speak: 'http', port: gateway.port, form: 'json' },
      path: `/v1/feeds/${isOne ? TOPIC : 'user:u%'}/messages`,
      headers: [`Authorization: Bearer ${gateway.adminToken}`],
    },
    async stop() {
      await gateway.server.stop()
      await place.stop()
      rmSync(data, { recursive: true })
    },
  }
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
export async function startGateway(
  data: string,
  nodeArgs: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<BenchGateway> {
  buildGateway()
  const main = join(cwd(), 'gateway', 'dist', 'main.js')
  const server = new ServerProcess(process.execPath, [...nodeArgs, main], {
    ...environment,
    ...env,
    HERALD_DATA: data,
  })
  const { url } = await untilAnnounced<{ url: string }>(server, join(data, 'gateway.json'))
  return {
    server,
    port: Number(new URL(url).port),
    adminToken: readFileSync(join(data, 'admin-token'), 'utf8').trim(),
  }
}

/** Makes a user and a token for each socket, in the store of a gateway that does not run; returns the tokens. */
export async function makeReaders(data: string, { sockets, feeds }: Scene): Promise<string[]> {
  buildGateway()
  const writer = pathToFileURL(join(cwd(), 'gateway', 'dist', 'writer.js'))
  const retention = { maxAgeMs: Number.MAX_SAFE_INTEGER, maxCount: Number.MAX_SAFE_INTEGER }
  const { store, directory, subscriptions, log } = await openStore({ folder: data, writer, retention })
  if (feeds === 'one') await log.open(TOPIC)
  const makeReader = async (id: string): Promise<string> => {
    await directory.createUser(id)
    if (feeds === 'one') await subscriptions.follow(id, TOPIC, undefined)
    return (await directory.createToken(id, { label: 'bench', publish: [], read: true, admin: false })).token
  }
  const tokens: string[] = []
  for (let from = 0; from < sockets; from += AT_ONCE) {
    const ids = Array.from({ length: Math.min(AT_ONCE, sockets - from) }, (_, index) => `u${from + index}`)
    tokens.push(...(await Promise.all(ids.map(makeReader))))
  }
  await store.close()
  return tokens
}

/** The end of a feed, where devices that have everything stand. */
export async function cursorOf(port: number, token: string, feed: string): Promise<Cursor> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/me`, {
    headers: { authorization: `Bearer ${token}` },
  })
  if (!answer.ok) throw new Error(`/v1/me was answered ${answer.status} ${await answer.text()}`)
  const me = (await answer.json()) as Pick<Welcome, 'feeds'>
  const state = me.feeds.find((one) => one.feed === feed)
  if (state === undefined) throw new Error(`the reader does not follow ${feed}`)
  return { epoch: state.epoch, seq: state.head }
}

function buildGateway(): void {
  execFileSync(process.execPath, [join(cwd(), 'gateway', 'build.mjs')], { stdio: 'inherit' })
}
