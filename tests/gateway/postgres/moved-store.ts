// A gateway with messages, devices and reads, what it says of them over HTTP, and the move of its store: for a test with a
// few messages and for `npm run check:move` with many.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { GatewayProcess } from '../../../e2e/gateway-process'
import { GATEWAY_MAIN } from '../../../scripts/gateway.mjs'

const BIN = resolve(GATEWAY_MAIN, '../../bin/herald.mjs')
const run = promisify(execFile)

/** A filling asks more of one address in a minute than people do. */
const NO_RATES = { HERALD_RATE_PUBLISH: '0', HERALD_RATE_REQUESTS: '0', HERALD_RATE_ADDRESS: '0' }

const USERS = ['me', 'ann', 'bob', 'carl', 'dora']
const TOPICS = ['topic:ops', 'topic:news', 'topic:shop']

const PAGE = 100

interface Feed {
  readonly feed: string
  readonly epoch: string
  readonly head: number
}

/** What senders and devices hold. */
export interface Holders {
  readonly admin: string
  readonly publish: string
  /** Of devices that signed in. */
  readonly readers: readonly string[]
}

export async function startOn(folder: string, env: Record<string, string> = {}): Promise<GatewayProcess> {
  const gateway = new GatewayProcess({ ...NO_RATES, HERALD_DATA: folder, ...env })
  await gateway.start()
  return gateway
}

const expectStatus = async (
  asked: ReturnType<GatewayProcess['request']>,
  ...statuses: readonly number[]
): Promise<Record<string, unknown>> => {
  const { status, body } = await asked
  if (!statuses.includes(status)) throw new Error(`${String(status)}: ${JSON.stringify(body)}`)
  return body
}

/** Fills a new gateway: users, devices that signed in by a link and registered, topics, messages, reads. */
export async function fill(
  gateway: GatewayProcess,
  { messages, devices }: { messages: number; devices: number },
): Promise<Holders> {
  const holders = { admin: gateway.adminToken, publish: gateway.publishToken }
  for (const id of USERS.slice(1))
    await expectStatus(gateway.request('POST', '/v1/users', { body: { id, name: `${id} 名` } }), 201)
  const readers: string[] = []
  for (let index = 0; index < devices; index += 1) readers.push(await signIn(gateway, index))
  await publishAll(gateway, holders.publish, messages)
  for (const [index, token] of readers.entries()) await readSome(gateway, token, index)
  return { ...holders, readers }
}

async function signIn(gateway: GatewayProcess, index: number): Promise<string> {
  const user = USERS[index % USERS.length] ?? 'me'
  const { code } = await expectStatus(gateway.request('POST', `/v1/users/${user}/sign-in-codes`), 201)
  const { token } = await expectStatus(
    gateway.request('POST', '/v1/sign-in', { body: { code, label: `phone ${String(index)}` } }),
    201,
  )
  const reader = String(token)
  await expectStatus(
    gateway.request('PUT', `/v1/me/devices/device-${String(index).padStart(4, '0')}`, {
      token: reader,
      body: {
        platform: 'android',
        timeZone: 'Asia/Shanghai',
        quietHours: { from: '22:00', to: '07:00' },
        push: [{ provider: 'jpush', app: 'an.app', token: `registration-${String(index)}` }],
      },
    }),
    200,
  )
  await expectStatus(
    gateway.request('PUT', `/v1/me/feeds/${TOPICS[index % TOPICS.length] ?? ''}`, { token: reader }),
    ...[200, 201, 204],
  )
  return reader
}

/** Feeds of every kind, each message under a key of its own, as careful senders do. */
async function publishAll(gateway: GatewayProcess, token: string, messages: number): Promise<void> {
  let next = 0
  const sender = async (): Promise<void> => {
    for (let index = next++; index < messages; index = next++)
      await expectStatus(publish(gateway, token, index), 201)
  }
  await Promise.all(Array.from({ length: 64 }, sender))
}

const FEEDS = [...USERS.map((user) => `user:${user}`), ...TOPICS, 'all']

/** The message of a number: the same one whenever it is asked for. */
const publish = (
  gateway: GatewayProcess,
  token: string,
  index: number,
): ReturnType<GatewayProcess['request']> =>
  gateway.request('POST', `/v1/feeds/${FEEDS[index % FEEDS.length] ?? ''}/messages`, {
    token,
    headers: { 'Idempotency-Key': `message-${String(index)}` },
    body: {
      title: `№ ${String(index)}`,
      body: `It's "quoted", \\ and 中文 🎉 {a,b} ${'x'.repeat(index % 200)}`,
      priority: (index % 5) + 1,
      data: { index, none: null },
    },
  })

async function readSome(gateway: GatewayProcess, token: string, index: number): Promise<void> {
  for (const { feed, epoch, head } of await feedsOf(gateway, token)) {
    if (head < 4) continue
    const ranges = [
      [1, Math.floor(head / 4)],
      [head - 1 - (index % 2), head - 1],
    ]
    await expectStatus(
      gateway.request('POST', '/v1/me/read', { token, body: { feed, epoch, ranges } }),
      ...[200, 204],
    )
  }
}

async function feedsOf(gateway: GatewayProcess, token: string): Promise<Feed[]> {
  const { feeds } = await expectStatus(gateway.request('GET', '/v1/me', { token }), 200)
  return feeds as Feed[]
}

/**
 * Everything that a gateway says over HTTP of what it keeps: each device's token with its feeds and their unread counts, every
 * page of every feed, users, senders' tokens, sessions, the key of Web Push.
 */
export async function everythingOf(
  gateway: GatewayProcess,
  { admin, readers }: Holders,
): Promise<Record<string, unknown>> {
  const told: Record<string, unknown> = {}
  const ask = async (path: string, token: string): Promise<Record<string, unknown>> =>
    expectStatus(gateway.request('GET', path, { token }), 200)
  const feeds = new Map<string, string>()
  for (const [index, token] of readers.entries()) {
    const me = await ask('/v1/me', token)
    told[`device ${String(index)}`] = me
    for (const { feed } of me.feeds as Feed[]) feeds.set(feed, token)
  }
  for (const [feed, token] of feeds) told[feed] = await pagesOf(feed, (path) => ask(path, token))
  const [first = ''] = readers
  told.webPush = (await ask('/v1/push', first)).webPush
  told.users = await ask('/v1/users', admin)
  told.tokens = await ask('/v1/tokens', admin)
  for (const user of USERS)
    told[`sessions of ${user}`] = sessionsOf(await ask(`/v1/users/${user}/sessions`, admin))
  return told
}

/** All but when they were last used: that is this moment. */
function sessionsOf({ sessions }: Record<string, unknown>): unknown {
  return (sessions as Record<string, unknown>[])
    .map(({ lastUsed: _lastUsed, ...session }) => session)
    .sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1))
}

/** How many messages the pages of a feed hold, and a hash of all of them. */
async function pagesOf(
  feed: string,
  ask: (path: string) => Promise<Record<string, unknown>>,
): Promise<{ messages: number; hash: string }> {
  const hash = createHash('sha256')
  let messages = 0
  for (let after = 0; ;) {
    const page = await ask(`/v1/feeds/${feed}/messages?after=${String(after)}&limit=${String(PAGE)}`)
    const list = page.messages as { seq: number }[]
    hash.update(JSON.stringify(page))
    messages += list.length
    const last = list.at(-1)
    if (!last) return { messages, hash: hash.digest('hex') }
    after = last.seq
  }
}

/** A sender who got no answer repeats: whether the message of this number is known by its key. */
export const isKnown = async (gateway: GatewayProcess, token: string, index: number): Promise<boolean> =>
  (await publish(gateway, token, index)).status === 200

/** Runs `herald store move` on a data folder. */
export async function move(folder: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [BIN, '--data', folder, 'store', 'move', ...words])
  return stdout
}

/** The same as a process, to be killed. */
export const spawnMove = (folder: string, ...words: readonly string[]): ChildProcess =>
  spawn(process.execPath, [BIN, '--data', folder, 'store', 'move', ...words], { stdio: 'ignore' })
