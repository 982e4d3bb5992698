// How long /healthz takes while a stranger attacks, beside the same gateway when nobody does, and beside a bare server of Node
// under the same attack. The gateway has the limits that it has by itself, and the stranger comes from another loopback address
// in each run, which Linux alone has without being told.
// Usage: npm run bench:attacks [-- --seconds 4 --rounds 3 --only 'pongs that nobody asked for' --without-limits]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { attacks } from '../../tests/gateway/hostile/attacks'
import type { AttackOrder } from './attacks-load'
import { contest, medianOf, quantile, type Contestant } from './contest'
import { GatewayProgram } from './gateway-program'
import { ServerProcess } from './peers/server-process'
import { publish, type Row } from './report'

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    'without-limits': { type: 'boolean', default: false },
  },
})

const MS = Number(given.seconds) * 1000
const ROUNDS = Number(given.rounds)

/** Between two questions, each over a connection of its own, as a supervisor asks, ms. */
const PROBE_EVERY_MS = 5

/** What an attack may make of the time in which 99 of 100 questions are answered. */
const TARGET_RATIO = 10

/** As users run it: no rate is set, nor any cap. */
const DEFAULTS = Object.fromEntries(
  [
    ...['PUBLISH', 'REQUESTS', 'ADDRESS', 'FAILURES', 'BROKEN'].map((name) => `HERALD_RATE_${name}`),
    ...['TOPICS', 'DEVICES', 'SOCKETS', 'TOKENS', 'CODES'].map((name) => `HERALD_USER_${name}`),
  ].map((name) => [name, '']),
)

type Figure = 'quiet50' | 'quiet99' | 'attacked50' | 'attacked99' | 'bare99' | 'ratio'

if (process.platform !== 'linux')
  throw new Error('the stranger needs an address of its own: this runs on Linux')

if (given.only !== undefined && !(given.only in attacks))
  throw new Error(`no attack has the name ${given.only}; there are: ${Object.keys(attacks).join(', ')}`)

const gateway = new GatewayProgram(given['without-limits'] ? {} : DEFAULTS)
await gateway.start()

/** A question that is not answered by then has its answer then, ms. */
const PATIENCE_MS = 5000

/** One answer of /healthz, ms. */
function probe(port: number): Promise<number> {
  const begin = performance.now()
  return new Promise((resolve, reject) => {
    const request = get({ port, host: '127.0.0.1', path: '/healthz', agent: false }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`/healthz was answered ${answer.statusCode ?? 0}`))
      answer.resume().once('end', () => {
        resolve(performance.now() - begin)
      })
    })
    request.once('error', reject)
    request.setTimeout(PATIENCE_MS, () => {
      resolve(PATIENCE_MS)
      request.destroy()
    })
  })
}

async function probes(port: number): Promise<number[]> {
  const times: number[] = []
  for (const begin = performance.now(); performance.now() - begin < MS;) {
    times.push(await probe(port))
    await pause(PROBE_EVERY_MS)
  }
  return times
}

let strangers = 0

/** Where nobody has come from yet: an address that is shut out stays so for a minute, over the next attack too. */
function newAddress(): string {
  strangers += 1
  return `127.1.${strangers >> 8}.${(strangers & 255) + 1}`
}

async function whileAttacked(port: number, name: string): Promise<number[]> {
  const load = fork(join(import.meta.dirname, 'attacks-load.mjs'), { execArgv: [] })
  const order: AttackOrder = { port, name, from: newAddress() }
  load.send(order)
  try {
    return await probes(port)
  } finally {
    load.kill('SIGKILL')
    // What the stranger held is given back before anybody else is measured.
    await pause(500)
  }
}

/** A new one for each attack: it has no limits, and may be busy with one for long after it is over. */
async function whileBareIsAttacked(name: string): Promise<number[]> {
  const bare = new ServerProcess(process.execPath, [join(import.meta.dirname, 'attacks-bare.mjs')])
  try {
    const [port] = (await once(bare.child, 'message')) as [number]
    return await whileAttacked(port, name)
  } finally {
    await bare.stop('SIGKILL')
  }
}

const contestants = Object.keys(attacks)
  .filter((name) => given.only === undefined || given.only === name)
  .map((name): Contestant<Figure> => ({
    name,
    async run() {
      const quiet = await probes(gateway.port)
      const attacked = await whileAttacked(gateway.port, name)
      const bare99 = quantile(await whileBareIsAttacked(name), 0.99)
      const [quiet99, attacked99] = [quantile(quiet, 0.99), quantile(attacked, 0.99)]
      return {
        ...{ quiet50: quantile(quiet, 0.5), attacked50: quantile(attacked, 0.5) },
        ...{ quiet99, attacked99, bare99, ratio: attacked99 / quiet99 },
      }
    },
  }))

const runs = await contest(contestants, ROUNDS)
await gateway.stop()
await gateway.dispose()

await publish({
  part: 'attacks',
  title: 'Attacks of strangers: how long /healthz takes meanwhile',
  setting: [
    `medians of ${ROUNDS} rounds; a question every ${PROBE_EVERY_MS} ms for ${given.seconds} s without and then with the attack`,
    given['without-limits']
      ? 'the gateway without limits of rates; the stranger in a process of its own'
      : 'the gateway with its own limits; the stranger in a process and with an address of its own',
  ],
  rows: contestants.map(({ name }): Row => ({
    ...{ name, unit: 'ms' },
    values: {
      'p50 alone': medianOf(runs, name, 'quiet50'),
      'p50 attacked': medianOf(runs, name, 'attacked50'),
      'p99 alone': medianOf(runs, name, 'quiet99'),
      'p99 attacked': medianOf(runs, name, 'attacked99'),
      'p99 of a bare server attacked': medianOf(runs, name, 'bare99'),
    },
    measured: { of: 'p99 attacked / alone', value: medianOf(runs, name, 'ratio') },
    target: { at: 'most', value: TARGET_RATIO },
  })),
})
