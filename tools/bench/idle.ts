// What a connection costs that says nothing but its heartbeats: memory and processor time of the gateway.
// Usage: npm run bench:idle [-- --sockets 5000,20000 --seconds 30 --rounds 5]
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { median } from './contest'
import type { LoadRun } from './load/calls'
import { LoadProcess } from './load/load-process'
import { makeDataFolder, makeReaders, startGateway, type BenchGateway } from './peers/herald'
import { openFileLimit } from './peers/server-process'
import { publish, type Row } from './report'

const { values: given } = parseArgs({
  options: {
    sockets: { type: 'string', default: '5000,20000' },
    seconds: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '5' },
  },
})

/** What a process needs beside its sockets. */
const OTHER_FILES = 120

/** Sockets that come and go before the first figure is taken, so that code and pools are there in both. */
const WARM_UP_SOCKETS = 200

/** The number of sockets that the targets speak of; a lower limit of open files makes it fewer. */
const TARGET_SOCKETS = 20_000

const ROUNDS = Number(given.rounds)
const limit = openFileLimit() - OTHER_FILES
const counts = given.sockets.split(',').map((count) => Math.min(Number(count), limit))

interface Idle {
  readonly sockets: number
  /** Bytes of resident memory for each connection, as the gateway runs. */
  readonly plain: number
  /** The same with garbage collected before both figures. */
  readonly collected: number
  /** Of that, what is V8's heap. */
  readonly heap: number
  /** Shares of a core for 10,000 connections. */
  readonly cpu: number
}

function runOf(gateway: BenchGateway, tokens: readonly string[], sockets: number): LoadRun {
  return {
    subscribers: { speak: 'herald', tokens, feed: 'user:' },
    publishers: { speak: 'http', port: gateway.port, path: '/', headers: [], form: 'json' },
    port: gateway.port,
    ...{ sockets, messages: 0, bytes: 0, feeds: 'each', pace: { atOnce: 0 }, patienceMs: 0 },
  }
}

async function withSockets<Result>(
  gateway: BenchGateway,
  tokens: readonly string[],
  sockets: number,
  look: () => Promise<Result>,
): Promise<Result> {
  const load = new LoadProcess('idle-load')
  try {
    await load.open(runOf(gateway, tokens, sockets))
    await gateway.server.rest()
    const result = await look()
    await load.close()
    return result
  } finally {
    load.stop()
  }
}

/** Memory of a gateway at rest, bytes; `heap` is known only where garbage can be collected. */
async function memoryOf({ server }: BenchGateway, collects: boolean): Promise<{ rss: number; heap: number }> {
  if (!collects) return { rss: server.rssBytes(), heap: 0 }
  server.child.send('collect')
  const [usage] = (await once(server.child, 'message')) as [NodeJS.MemoryUsage]
  return { rss: server.rssBytes(), heap: usage.heapUsed }
}

/** Of one connection, in bytes; `cpu` as in `Idle`. */
interface Cost {
  readonly rss: number
  readonly heap: number
  readonly cpu: number
}

/** Runs a gateway on the folder of users, and returns what each of its connections costs. */
async function costs(
  data: string,
  tokens: readonly string[],
  sockets: number,
  collects: boolean,
): Promise<Cost> {
  const collecting = ['--expose-gc', '--import', join(import.meta.dirname, 'idle-gc.mjs')]
  const gateway = await startGateway(data, collects ? collecting : [])
  try {
    await withSockets(gateway, tokens, WARM_UP_SOCKETS, () => Promise.resolve())
    await gateway.server.rest()
    const before = await memoryOf(gateway, collects)
    return await withSockets(gateway, tokens, sockets, async () => {
      const after = await memoryOf(gateway, collects)
      const ms = collects ? 0 : Number(given.seconds) * 1000
      const cpuBefore = gateway.server.cpuMs()
      await pause(ms)
      const cpu = (gateway.server.cpuMs() - cpuBefore) / ms / (sockets / 10_000)
      return { rss: (after.rss - before.rss) / sockets, heap: (after.heap - before.heap) / sockets, cpu }
    })
  } finally {
    await gateway.server.stop()
  }
}

/** The medians of the rounds, each with gateways of its own on one folder of users. */
async function measure(sockets: number): Promise<Idle> {
  const data = makeDataFolder()
  const [plain, collected]: [Cost[], Cost[]] = [[], []]
  try {
    const tokens = await makeReaders(data, { sockets, feeds: 'each' })
    for (let round = 1; round <= ROUNDS; round += 1) {
      plain.push(await costs(data, tokens, sockets, false))
      collected.push(await costs(data, tokens, sockets, true))
      console.log(`round ${round}: ${sockets} sockets`, plain.at(-1), collected.at(-1))
    }
  } finally {
    rmSync(data, { recursive: true })
  }
  return {
    sockets,
    plain: median(plain.map(({ rss }) => rss)),
    cpu: median(plain.map(({ cpu }) => cpu)),
    collected: median(collected.map(({ rss }) => rss)),
    heap: median(collected.map(({ heap }) => heap)),
  }
}

const KB = 1024

function rowsOf({ sockets, plain, collected, heap, cpu }: Idle): Row[] {
  const isTarget = sockets === Math.min(TARGET_SOCKETS, limit)
  const most = (value: number, of: string, most: number): Partial<Row> =>
    isTarget ? { measured: { of, value }, target: { at: 'most', value: most } } : {}
  const name = (what: string): string => `${sockets} sockets: ${what}`
  return [
    {
      ...{ name: name('memory of a connection'), unit: 'KB', values: { herald: plain / KB } },
      ...most(plain / KB, 'KB', 8),
    },
    {
      ...{ name: name('the same, garbage collected before'), unit: 'KB' },
      values: { herald: collected / KB, heap: heap / KB },
    },
    {
      ...{ name: name('processor for 10,000, heartbeats on'), unit: '% of a core' },
      ...{ values: { herald: cpu * 100 }, ...most(cpu * 100, '%', 2) },
    },
  ]
}

const rows: Row[] = []
for (const sockets of counts) rows.push(...rowsOf(await measure(sockets)))
await publish({
  part: 'idle',
  title: 'Idle connections',
  setting: [
    'resident memory with the sockets less without, divided by their number; loopback, a user and a token each',
    `a ping each 25 s; processor time over ${given.seconds} s; medians of ${ROUNDS} rounds`,
    ...(limit < TARGET_SOCKETS
      ? [`this system lets a process open ${limit} sockets, not ${TARGET_SOCKETS}`]
      : []),
  ],
  rows,
})
