// How fast ApnsProvider.send is, as a share of a bare node:http2 loop with the same body, headers and concurrency.
// Both run in turn in this process, against the same server in another. Usage: npm run bench:apns [pushes] [runs]
import { build } from 'esbuild'
import { fork } from 'node:child_process'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, sensitiveHeaders } from 'node:http2'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const ROOT = resolve(import.meta.dirname, '..')
const OUT = join(ROOT, 'dist', 'bench')
const PUSHES = Number(process.argv[2] ?? 20_000)
const RUNS = Number(process.argv[3] ?? 7)
const CONCURRENCY = 500
const TARGET_SHARE = 0.7

await build({
  absWorkingDir: ROOT,
  entryPoints: {
    provider: 'gateway/providers/apns/apns-provider.ts',
    notification: 'gateway/providers/apns/notification.ts',
    certificate: 'gateway/fakes/certificate.ts',
  },
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  alias: { '@herald/protocol': join(ROOT, 'protocol', 'index.ts') },
})
const load = (name) => import(pathToFileURL(join(OUT, `${name}.mjs`)).href)
const { ApnsProvider } = await load('provider')
const { toNotification } = await load('notification')
const { makeLocalCertificate } = await load('certificate')

const certificate = makeLocalCertificate()
const server = fork(join(import.meta.dirname, 'apns-server.mjs'), { execArgv: [] })
server.send(certificate)
const [{ port }] = await once(server, 'message')
const url = `https://localhost:${port}`

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const gate = { url, key: { teamId: 'TEAM123456', keyId: 'KEY1234567', privateKey } }
const provider = new ApnsProvider({
  bundleId: 'com.example.herald',
  production: gate,
  sandbox: gate,
  ca: certificate.cert,
})
const target = {
  provider: 'apns',
  app: 'com.example.herald',
  environment: 'production',
  kind: 'alert',
  token: 'a1'.repeat(32),
}
const alert = {
  type: 'message',
  pushId: randomUUID(),
  collapseId: '0190f2f0-7e5c-7000-8000-000000000000',
  badge: 3,
  payload: JSON.stringify({
    herald: 1,
    to: 'f'.repeat(32),
    badge: 3,
    type: 'message',
    id: randomUUID(),
    seq: 4711,
  }),
  expires: Date.now() + 3_600_000,
  title: 'Disk full',
  body: 'db1 has 1 % left. '.repeat(10),
  priority: 4,
  thread: 'topic:alerts',
  sound: true,
}

/** Runs `PUSHES` calls of `one`, `CONCURRENCY` at once. */
async function all(one) {
  let left = PUSHES
  const worker = async () => {
    while (left > 0) {
      left -= 1
      await one()
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

const session = connect(url, { ca: certificate.cert })
await once(session, 'remoteSettings')
const { headers, body } = toNotification(alert, target.app, Date.now())
const bareHeaders = {
  ':method': 'POST',
  ':path': `/3/device/${target.token}`,
  authorization: `bearer ${'x'.repeat(180)}`,
  ...headers,
  [sensitiveHeaders]: [':path', 'authorization'],
}

/** The least that sends a push and reads its answer. */
function bare() {
  return new Promise((done, fail) => {
    const stream = session.request(bareHeaders)
    let status
    stream.on('response', (answer) => (status = answer[':status']))
    stream.on('close', () => (status === 200 ? done() : fail(new Error(`bare: ${status}`))))
    stream.resume()
    stream.end(body)
  })
}

async function push() {
  const outcome = await provider.send(target, alert, new AbortController().signal)
  if (outcome.type !== 'accepted') throw new Error(JSON.stringify(outcome))
}

async function serverUsage() {
  server.send('usage')
  const [usage] = await once(server, 'message')
  return usage
}

const busy = (before, after) => (after.user + after.system - before.user - before.system) / 1000

async function measure(one) {
  const before = { server: await serverUsage(), own: process.cpuUsage() }
  const start = performance.now()
  await all(one)
  const ms = performance.now() - start
  const after = { server: await serverUsage(), own: process.cpuUsage() }
  if (after.server.pushes - before.server.pushes !== PUSHES) throw new Error('the server saw another number')
  return {
    rate: (PUSHES / ms) * 1000,
    own: busy(before.own, after.own) / ms,
    cost: (busy(before.own, after.own) / PUSHES) * 1000,
    server: busy(before.server.cpu, after.server.cpu) / ms,
  }
}

// The first push of each connection comes alone; then both are warmed up.
await bare()
await push()
await all(bare)
await all(push)

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
const runs = []
for (let run = 0; run < RUNS; run += 1) {
  // In turn, and each first as often as second: whatever else this machine does meets both.
  const order = run % 2 === 0 ? ['bare', 'provider'] : ['provider', 'bare']
  const result = {}
  for (const name of order) result[name] = await measure(name === 'bare' ? bare : push)
  runs.push(result)
  const line = order.toSorted().map((name) => {
    const { rate, own, cost, server: far } = result[name]
    const cpu = `own ${(own * 100).toFixed(0)} %, ${cost.toFixed(0)} us a push, server ${(far * 100).toFixed(0)} %`
    return `${name} ${rate.toFixed(0)}/s (cpu: ${cpu})`
  })
  console.log(`run ${run + 1}: ${line.join(', ')}`)
}
const share = median(runs.map((run) => run.provider.rate / run.bare.rate))
console.log(
  `median of ${RUNS} runs of ${PUSHES} pushes, ${CONCURRENCY} at once: bare ${median(runs.map((run) => run.bare.rate)).toFixed(0)}/s, ` +
    `provider ${median(runs.map((run) => run.provider.rate)).toFixed(0)}/s; share ${(share * 100).toFixed(0)} % (target ${TARGET_SHARE * 100} %)`,
)
session.destroy()
await provider.close()
server.kill()
if (share < TARGET_SHARE) process.exitCode = 1
