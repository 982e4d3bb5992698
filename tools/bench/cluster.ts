// Three gateways on one PostgreSQL: how many messages a second they take durably, how long from a publish at one to the frame at
// another, and how long until the devices of one that is killed are back at the others.
// Usage: npm run bench:cluster [-- --parts append,hop,return --rounds 5 --ms 2000 --devices 10000 --per-second 1000]
import { findPostgres, POSTGRES_MISSING } from '@herald/engines/find'
import { PostgresServer } from '@herald/engines/postgres'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { AppendNews, AppendOrder } from './cluster-append'
import type { ClusterNews, ClusterOrder } from './cluster-joins'
import { contest, medianOf, quantile, type Contestant } from './contest'
import { GatewayProgram } from './gateway-program'
import { clock } from './joins-client'
import { seedUsers } from './joins-seed'
import { LoadProcess } from './load/load-process'
import { cursorOf, makeDataFolder, makeReaders, moveTo, TOPIC } from './peers/herald'
import { publish, type Row } from './report'

const { values: given } = parseArgs({
  options: {
    parts: { type: 'string', default: 'append,hop,return' },
    rounds: { type: 'string', default: '5' },
    ms: { type: 'string', default: '2000' },
    devices: { type: 'string', default: '10000' },
    'per-second': { type: 'string', default: '1000' },
  },
})
const ROUNDS = Number(given.rounds)
const DEVICES = Number(given.devices)
const GATEWAYS = 3
const SENDERS = 256
const GIVE_UP_MS = 120_000
/** By how many messages a device is behind when it comes back. */
const BEHIND = { all: 20, own: 2 }

const TARGET_APPENDS = 15_000
const TARGET_HOP_MS = { p50: 10, p99: 40 }
const TARGET_BACK_MS = 6000

/** The next word of a program of this kind. */
async function heard<News extends { readonly type: string }, Type extends News['type']>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<News, { type: Type }>> {
  const signal = AbortSignal.timeout(GIVE_UP_MS)
  for (;;) {
    const [told] = (await once(child, 'message', { signal })) as [News]
    if (told.type === type) return told as Extract<News, { type: Type }>
  }
}

const program = (name: string): ChildProcess =>
  fork(join(import.meta.dirname, `${name}.mjs`), { execArgv: [] })

/** Three logs on a primary that waits for a standby, and how many they take together. */
async function measureAppends(): Promise<void> {
  const primary = await PostgresServer.start()
  const standby = await PostgresServer.start({ primary })
  await primary.set({ synchronous_standby_names: 'standby' })
  const logs = Array.from({ length: GATEWAYS }, () => program('cluster-append'))
  const ask = async <Type extends AppendNews['type']>(
    log: ChildProcess,
    order: AppendOrder & { type: Type },
  ): Promise<Extract<AppendNews, { type: Type }>> => {
    const answer = heard<AppendNews, Type>(log, order.type)
    log.send(order)
    return answer
  }
  await Promise.all(logs.map((log) => ask(log, { type: 'open', uri: primary.uri() })))
  let answered = 0
  const together: Contestant<'rate'> = {
    name: 'three gateways',
    async run() {
      const order = { type: 'append', senders: SENDERS, ms: Number(given.ms) } as const
      const taken = await Promise.all(logs.map((log) => ask(log, order)))
      const count = taken.reduce((sum, one) => sum + one.count, 0)
      answered += count
      return { rate: (count / Math.max(...taken.map(({ ms }) => ms))) * 1000 }
    },
  }
  const rate = medianOf(await contest([together], ROUNDS), together.name, 'rate')
  const [log] = logs
  if (log === undefined) throw new Error('there is no log')
  const { messages, heads } = await ask(log, { type: 'count' })
  if (messages !== answered || heads !== answered)
    throw new Error(`${answered} were answered, ${messages} are stored, and the feeds go up to ${heads}`)
  for (const one of logs) one.kill()
  await primary.dispose()
  await standby.dispose()
  await publish({
    part: 'cluster-append',
    title: 'Durable append of three gateways on one PostgreSQL with a synchronous standby',
    setting: [
      `three logs in processes of their own, ${SENDERS} senders each, 8 feeds; median of ${ROUNDS} rounds of ${given.ms} ms`,
      'afterwards as many messages are stored as were answered, and no feed has a hole',
    ],
    rows: [
      {
        ...{ name: 'appends', unit: '1/s', values: { 'three gateways': rate } },
        measured: { of: 'three gateways', value: rate },
        target: { at: 'least', value: TARGET_APPENDS },
      },
    ],
  })
}

/** Gateways on a database; `ports` in their order. */
async function startGateways(uri: string): Promise<GatewayProgram[]> {
  const gateways = Array.from({ length: GATEWAYS }, () => new GatewayProgram({ HERALD_STORE: uri }))
  for (const gateway of gateways) await gateway.start()
  return gateways
}

/** From a publish at the first gateway to the frame at a socket of the second one. */
async function measureHop(): Promise<void> {
  const database = await PostgresServer.start()
  const data = makeDataFolder()
  const tokens = await makeReaders(data, { sockets: 1, feeds: 'one' })
  await moveTo(database.uri(), data)
  const gateways = await startGateways(database.uri())
  const [a, b] = gateways
  if (a === undefined || b === undefined) throw new Error('two gateways are needed')
  const perSecond = Number(given['per-second'])
  const hop: Contestant<'p50' | 'p99'> = {
    name: 'A to B',
    async run() {
      const load = new LoadProcess('cluster-load')
      await load.open({
        ...{ port: b.port, sockets: 1, feeds: 'one', bytes: 170, patienceMs: GIVE_UP_MS },
        ...{ messages: perSecond * 6, warmUp: perSecond, pace: { perSecond } },
        subscribers: {
          ...{ speak: 'herald', tokens, feed: TOPIC },
          cursor: await cursorOf(b.port, tokens[0] ?? '', TOPIC),
        },
        publishers: {
          ...{ speak: 'http', port: a.port, form: 'json', path: `/v1/feeds/${TOPIC}/messages` },
          headers: [`Authorization: Bearer ${a.secret('admin-token')}`],
        },
      })
      const { p50Ms, p99Ms } = await load.start()
      await load.close()
      load.stop()
      return { p50: p50Ms, p99: p99Ms }
    },
  }
  const runs = await contest([hop], ROUNDS)
  for (const gateway of gateways) await gateway.dispose()
  await database.dispose()
  rmSync(data, { recursive: true })
  const row = (name: string, figure: 'p50' | 'p99'): Row => {
    const value = medianOf(runs, hop.name, figure)
    return {
      ...{ name, unit: 'ms', values: { [hop.name]: value } },
      measured: { of: hop.name, value },
      target: { at: 'most', value: TARGET_HOP_MS[figure] },
    }
  }
  await publish({
    part: 'cluster-hop',
    title: 'From a publish at one gateway to the frame at another one',
    setting: [
      `three gateways on one PostgreSQL, which is also their bus; ${perSecond} publishes a second; median of ${ROUNDS} rounds`,
    ],
    rows: [row('half within', 'p50'), row('99 % within', 'p99')],
  })
}

/** One of three gateways with many devices is killed. */
async function measureReturn(): Promise<void> {
  const database = await PostgresServer.start()
  const seed = new GatewayProgram()
  await seed.start()
  await seed.stop()
  seedUsers(seed.folder, DEVICES)
  await moveTo(database.uri(), seed.folder)
  const gateways = await startGateways(database.uri())
  const devices = program('cluster-joins')
  const order = (what: ClusterOrder): void => void devices.send(what)
  const told = <Type extends ClusterNews['type']>(type: Type) => heard<ClusterNews, Type>(devices, type)
  const [dying] = gateways
  if (dying === undefined) throw new Error('there is no gateway')
  const death: Contestant<'devices' | 'back' | 'back99'> = {
    name: 'herald',
    async run() {
      const connected = told('connected')
      order({ type: 'connect', ports: gateways.map(({ port }) => port), count: DEVICES })
      await connected
      const ready = told('ready')
      order({ type: 'expectDeath', port: dying.port, behind: BEHIND })
      const { devices: concerned } = await ready
      const back = told('back')
      const killedAt = clock()
      await dying.kill()
      const times = (await back).returns.map(({ caughtUpAt }) => caughtUpAt - killedAt)
      const gone = told('disconnected')
      order({ type: 'disconnect' })
      await gone
      await dying.start()
      return { devices: concerned, back: Math.max(...times), back99: quantile(times, 0.99) }
    },
  }
  const runs = await contest([death], ROUNDS)
  devices.kill()
  for (const gateway of [...gateways, seed]) await gateway.dispose()
  await database.dispose()
  const of = (figure: 'devices' | 'back' | 'back99'): number => medianOf(runs, death.name, figure)
  await publish({
    part: 'cluster-return',
    title: `${DEVICES} devices on three gateways, of which one is killed`,
    setting: [
      `median of ${ROUNDS} deaths after one to warm up; devices connect by the app's own state machine, and dial the gateways in turn`,
      `each follows its own feed and all, and is behind by ${BEHIND.own} and ${BEHIND.all} messages`,
    ],
    rows: [
      { name: 'devices of the gateway that was killed', unit: '', values: { herald: of('devices') } },
      {
        ...{ name: 'all of them back and caught up', unit: 'ms', values: { herald: of('back') } },
        measured: { of: 'herald', value: of('back') },
        target: { at: 'most', value: TARGET_BACK_MS },
      },
      { name: '99 % of them', unit: 'ms', values: { herald: of('back99') } },
    ],
  })
}

const measures: Readonly<Record<string, () => Promise<void>>> = {
  append: measureAppends,
  hop: measureHop,
  return: measureReturn,
}
if (findPostgres() === undefined) {
  console.error(POSTGRES_MISSING)
  process.exitCode = 1
} else
  for (const name of given.parts.split(',')) {
    const measure = measures[name]
    if (measure === undefined) throw new Error(`no part is called ${name}`)
    console.log(`\n${name}`)
    await measure()
  }
