// How fast ApnsProvider.send is, as a share of a bare node:http2 loop with the same body, headers and concurrency.
// All run in turn in this process, against the same server in another. Usage: npm run bench:apns [pushes] [rounds]
import { fork } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { connect, sensitiveHeaders } from 'node:http2'
import { join } from 'node:path'
import type { Message } from '@herald/protocol'
import { buildAlert, type AlertContext } from '@herald/gateway/escalation/alerts'
import { AnswerLimit } from '@herald/gateway/escalation/answer-limit'
import { makeLocalCertificate } from '@herald/push-fakes/certificate'
import { ApnsProvider } from '@herald/gateway/providers/apns/apns-provider'
import { toNotification } from '@herald/gateway/providers/apns/notification'
import type { MessageAlert, PushTarget } from '@herald/gateway/providers/provider'
import { contest, medianOf, medianRatio, type Contestant } from './contest'
import { publish } from './report'

const PUSHES = Number(process.argv[2] ?? 20_000)
const ROUNDS = Number(process.argv[3] ?? 9)
const CONCURRENCY = 500
const TARGET_SHARE = 0.7

const BUNDLE_ID = 'com.example.herald'
const target: PushTarget = {
  provider: 'apns',
  app: BUNDLE_ID,
  environment: 'production',
  kind: 'alert',
  token: 'a1'.repeat(32),
}
const alert: MessageAlert = {
  type: 'message',
  pushId: '0190f2f0-7e5c-7000-8000-000000000001',
  collapseId: '0190f2f0-7e5c-7000-8000-000000000000',
  badge: 3,
  payload: JSON.stringify({ herald: 1, to: 'f'.repeat(32), badge: 3, type: 'message', id: 'm', seq: 4711 }),
  expires: Date.now() + 3_600_000,
  title: 'Disk full',
  body: 'db1 has 1 % left. '.repeat(10),
  priority: 4,
  thread: 'topic:alerts',
  sound: true,
}

const certificate = makeLocalCertificate()
const server = fork(join(import.meta.dirname, 'apns-server.mjs'), { execArgv: [] })
server.send({ ...certificate })
const [{ port }] = (await once(server, 'message')) as [{ port: number }]
const url = `https://localhost:${port}`

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const gate = { url, key: { teamId: 'TEAM123456', keyId: 'KEY1234567', privateKey } }
const provider = new ApnsProvider({
  bundleId: BUNDLE_ID,
  production: gate,
  sandbox: gate,
  ca: certificate.cert,
})

const session = connect(url, { ca: certificate.cert })
await once(session, 'remoteSettings')
const notification = toNotification(alert, BUNDLE_ID, Date.now())
if (typeof notification === 'string') throw new Error(notification)
const { headers, body } = notification
const bareHeaders = {
  ':method': 'POST',
  ':path': `/3/device/${target.token}`,
  authorization: `bearer ${'x'.repeat(180)}`,
  ...headers,
  [sensitiveHeaders]: [':path', 'authorization'],
}

/** The least that sends a push and reads its answer. */
function bare(): Promise<void> {
  return new Promise((done, fail) => {
    const stream = session.request(bareHeaders)
    let status: number | undefined
    stream.on('response', (answer) => (status = answer[':status']))
    stream.on('close', () => {
      if (status === 200) done()
      else fail(new Error(`the bare loop was answered ${String(status)}`))
    })
    stream.resume()
    stream.end(body)
  })
}

async function push(given: MessageAlert, signal: AbortSignal): Promise<void> {
  const outcome = await provider.send(target, given, signal)
  if (outcome.type !== 'accepted') throw new Error(JSON.stringify(outcome))
}

// As escalation does it.
const limit = new AnswerLimit()
const message: Message = {
  ...{ id: alert.collapseId, feed: alert.thread, seq: 4711, time: Date.now(), priority: alert.priority },
  ...{ title: alert.title, body: alert.body },
}
const context: AlertContext = {
  device: {
    ...{ user: 'ann', id: 'ann-phone', expires: null, platform: 'ios', locale: 'en', timeZone: undefined },
    ...{ notifications: true, preview: true, sound: true, quietHours: undefined, ended: undefined },
  },
  ...{ recipient: 'f'.repeat(32), badge: alert.badge, pushId: alert.pushId, handle: null, collapse: null },
  ...{ expires: alert.expires, epoch: 'e', showsContent: () => true },
}

/** Runs `PUSHES` calls of `one`, `CONCURRENCY` at once. */
async function all(one: () => Promise<void>): Promise<void> {
  let left = PUSHES
  const worker = async () => {
    while (left > 0) {
      left -= 1
      await one()
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

interface ServerUsage {
  readonly pushes: number
  readonly cpu: NodeJS.CpuUsage
}

async function serverUsage(): Promise<ServerUsage> {
  server.send('usage')
  const [usage] = (await once(server, 'message')) as [ServerUsage]
  return usage
}

const busyMs = (before: NodeJS.CpuUsage, after: NodeJS.CpuUsage): number =>
  (after.user + after.system - before.user - before.system) / 1000

/**
 * - `rate`: pushes a second. `cost`: processor time of this process, microseconds a push.
 * - `own`, `server`: how busy this process and the server were; 1 is one core.
 */
type Figure = 'rate' | 'cost' | 'own' | 'server'

async function measure(one: () => Promise<void>): Promise<Record<Figure, number>> {
  const before = { server: await serverUsage(), own: process.cpuUsage() }
  const start = performance.now()
  await all(one)
  const ms = performance.now() - start
  const own = busyMs(before.own, process.cpuUsage())
  const after = await serverUsage()
  if (after.pushes - before.server.pushes !== PUSHES)
    throw new Error('the server saw another number of pushes')
  return {
    rate: (PUSHES / ms) * 1000,
    cost: (own / PUSHES) * 1000,
    own: own / ms,
    server: busyMs(before.server.cpu, after.cpu) / ms,
  }
}

const ways = {
  bare,
  provider: () => push(alert, limit.signal()),
  'own signal': () => push(alert, new AbortController().signal),
  'with its alert': () => push(buildAlert([message], context), limit.signal()),
}
const names = Object.keys(ways)
// The first push of each connection comes alone.
await bare()
await ways.provider()

const contestants = Object.entries(ways).map(([name, one]): Contestant<Figure> => ({
  name,
  run: () => measure(one),
}))
const runs = await contest(contestants, ROUNDS)
const values = (figure: Figure): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, medianOf(runs, name, figure)]))
await publish({
  part: 'apns',
  title: 'APNs: ApnsProvider.send beside a bare node:http2 loop',
  setting: [
    `${PUSHES} pushes a run, ${CONCURRENCY} at once, median of ${ROUNDS} rounds`,
    'own signal: an AbortController for each push; with its alert: the alert is built for each push too',
  ],
  rows: [
    {
      ...{ name: 'pushes', unit: '1/s', values: values('rate') },
      measured: { of: 'provider / bare', value: medianRatio(runs, ['provider', 'bare'], 'rate') },
      target: { at: 'least', value: TARGET_SHARE },
    },
    {
      ...{ name: 'processor time of a push', unit: 'us', values: values('cost') },
      measured: { of: 'bare / provider', value: medianRatio(runs, ['bare', 'provider'], 'cost') },
      target: { at: 'least', value: TARGET_SHARE },
    },
    { name: 'busy, this process', unit: 'cores', values: values('own') },
    { name: 'busy, the server', unit: 'cores', values: values('server') },
  ],
})
session.destroy()
await provider.close()
server.kill()
