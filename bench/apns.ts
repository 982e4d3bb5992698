// How fast ApnsProvider.send is, as a share of a bare node:http2 loop with the same body, headers and concurrency.
// Both run in turn in this process, against the same server in another. Usage: npm run bench:apns [pushes] [runs]
import { fork } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { connect, sensitiveHeaders } from 'node:http2'
import { join } from 'node:path'
import { makeLocalCertificate } from '../gateway/fakes/certificate'
import { ApnsProvider } from '../gateway/providers/apns/apns-provider'
import { toNotification } from '../gateway/providers/apns/notification'
import type { MessageAlert, PushTarget } from '../gateway/providers/provider'

const PUSHES = Number(process.argv[2] ?? 20_000)
const RUNS = Number(process.argv[3] ?? 7)
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

async function push(): Promise<void> {
  const outcome = await provider.send(target, alert, new AbortController().signal)
  if (outcome.type !== 'accepted') throw new Error(JSON.stringify(outcome))
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

interface Measured {
  /** Pushes a second. */
  readonly rate: number
  /** Of this process, microseconds of processor a push. */
  readonly cost: number
  /** How busy this process and the server were, 1 is one core. */
  readonly own: number
  readonly server: number
}

async function measure(one: () => Promise<void>): Promise<Measured> {
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

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`
const describe = ({ rate, own, cost, server: far }: Measured): string =>
  `${rate.toFixed(0)}/s (processor: own ${percent(own)}, ${cost.toFixed(0)} us a push; server ${percent(far)})`
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

// The first push of each connection comes alone; then both are warmed up.
await bare()
await push()
await all(bare)
await all(push)

const runs: { bare: Measured; provider: Measured }[] = []
for (let run = 0; run < RUNS; run += 1) {
  // In turn, and each first as often as second: whatever else this machine does meets both.
  const bareFirst = run % 2 === 0 ? await measure(bare) : undefined
  const byProvider = await measure(push)
  const result = { bare: bareFirst ?? (await measure(bare)), provider: byProvider }
  runs.push(result)
  console.log(`run ${run + 1}: bare ${describe(result.bare)}, provider ${describe(result.provider)}`)
}

const share = median(runs.map((run) => run.provider.rate / run.bare.rate))
console.log(
  [
    `median of ${RUNS} runs of ${PUSHES} pushes, ${CONCURRENCY} at once:`,
    `bare ${median(runs.map((run) => run.bare.rate)).toFixed(0)}/s,`,
    `provider ${median(runs.map((run) => run.provider.rate)).toFixed(0)}/s;`,
    `share ${percent(share)} (target ${percent(TARGET_SHARE)}),`,
    `by processor time ${percent(median(runs.map((run) => run.bare.cost / run.provider.cost)))}`,
  ].join(' '),
)
session.destroy()
await provider.close()
server.kill()
if (!(share >= TARGET_SHARE)) process.exitCode = 1
