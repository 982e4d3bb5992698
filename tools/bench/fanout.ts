// How fast one message reaches many sockets: our gateway beside other servers under the same load, one after the other.
// Usage: npm run bench:fanout [-- --sockets 1000 --rounds 5 --only herald,nchan --scenes burst,paced]
import { parseArgs } from 'node:util'
import { contest, medianOf, medianRatio, type Contestant, type Runs } from './contest'
import { LoadProcess } from './load/load-process'
import type { LoadRun } from './load/calls'
import { herald, heraldOnPostgres } from './peers/herald'
import { mosquitto } from './peers/mosquitto'
import { nats } from './peers/nats'
import { nchan } from './peers/nchan'
import { ownServer } from './peers/own-server'
import type { Peer, RunningPeer, Scene } from './peers/peer'
import { socketIo } from './peers/socket-io'
import { publish, type Part, type Row } from './report'

const peers: readonly Peer[] = [
  herald,
  heraldOnPostgres,
  nchan,
  ownServer({ name: 'ws loop', program: 'fanout-ws', version: 'ws 8 and a loop over send' }),
  socketIo,
  nats,
  mosquitto,
  ownServer({
    name: 'prepared',
    program: 'fanout-prepared',
    version: 'bytes made beforehand: how fast the generator is',
    oneFeedOnly: true,
  }),
]

const { values: given } = parseArgs({
  options: {
    sockets: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    scenes: { type: 'string', default: 'burst,paced' },
  },
})

type Figure = 'rate' | 'p50' | 'p99' | 'server' | 'load' | 'cost'
const BYTES = 170
const AT_ONCE = 64
const PACED_PER_SECOND = 100_000

/** The number of sockets that the targets speak of. */
const TARGET_SOCKETS = 1000

const sceneOf: Readonly<
  Record<string, (sockets: number) => Pick<LoadRun, 'messages' | 'warmUp' | 'feeds' | 'pace'>>
> = {
  burst: () => ({ messages: 300, feeds: 'one', pace: { atOnce: AT_ONCE } }),
  paced: (sockets) => ({
    messages: Math.max(24, Math.round((6 * PACED_PER_SECOND) / sockets)),
    warmUp: Math.max(4, Math.round(PACED_PER_SECOND / sockets)),
    feeds: 'one',
    pace: { perSecond: PACED_PER_SECOND / sockets },
  }),
  private: (sockets) => ({ messages: sockets, feeds: 'each', pace: { atOnce: AT_ONCE } }),
}

function contestant(
  peer: Peer,
  running: RunningPeer,
  run: Omit<LoadRun, 'subscribers' | 'publishers' | 'port'>,
) {
  const { process: server, port, publishers } = running
  return {
    name: peer.name,
    async run() {
      const load = new LoadProcess('fanout-load')
      try {
        await load.open({ ...run, port, publishers, subscribers: await running.subscribers() })
        await server.rest()
        const before = server.cpuMs()
        const result = await load.start()
        const serverMs = server.cpuMs() - before
        await load.close()
        await server.rest()
        return {
          rate: (result.deliveries / result.ms) * 1000,
          p50: result.p50Ms,
          p99: result.p99Ms,
          server: serverMs / result.ms,
          load: result.cpuMs / result.ms,
          cost: (serverMs * 1000) / result.deliveries,
        }
      } catch (error) {
        throw new Error(`${peer.name}: ${error instanceof Error ? error.message : String(error)}`)
      } finally {
        load.stop()
      }
    },
  } satisfies Contestant<Figure>
}

async function measure(
  name: string,
  sockets: number,
  rounds: number,
  taking: readonly Peer[],
): Promise<Runs<Figure>> {
  const scene = sceneOf[name]?.(sockets)
  if (scene === undefined) throw new Error(`no scene is called ${name}`)
  const setting: Scene = { sockets, feeds: scene.feeds }
  const running: { peer: Peer; running: RunningPeer }[] = []
  try {
    const able = taking.filter(({ oneFeedOnly }) => scene.feeds === 'one' || oneFeedOnly !== true)
    for (const peer of able) running.push({ peer, running: await peer.start(setting) })
    const run = { ...scene, sockets, bytes: BYTES, patienceMs: 180_000 }
    return await contest(
      running.map((one) => contestant(one.peer, one.running, run)),
      rounds,
    )
  } finally {
    for (const one of running) await one.running.stop()
  }
}

/** A contestant, our gateway when absent, against another one. */
interface Held {
  readonly who?: string
  readonly than: string
  readonly figure: Figure
  readonly target: Row['target']
}

const held: Readonly<Record<string, readonly Held[]>> = {
  burst: [
    { who: 'herald-postgres', than: 'herald', figure: 'rate', target: { at: 'least', value: 0.8 } },
    { than: 'nchan', figure: 'rate', target: { at: 'least', value: 1.5 } },
    { than: 'ws loop', figure: 'rate', target: { at: 'least', value: 4 } },
  ],
  paced: [{ than: 'nchan', figure: 'p99', target: { at: 'most', value: 1 } }],
  private: [],
}

const figures: readonly { figure: Figure; name: string; unit: string }[] = [
  { figure: 'rate', name: 'deliveries', unit: '1/s' },
  { figure: 'p50', name: 'publish to receive, half within', unit: 'ms' },
  { figure: 'p99', name: 'publish to receive, 99 % within', unit: 'ms' },
  { figure: 'server', name: 'processor of the server', unit: 'cores' },
  { figure: 'load', name: 'processor of the load generator', unit: 'cores' },
  { figure: 'cost', name: "server's processor time for a delivery", unit: 'us' },
]

/** A row for each figure; and one more for each target, where the targets of a figure are several. */
function rowsOf(scene: string, sockets: number, runs: Runs<Figure>): Row[] {
  const names = [...runs.keys()]
  const targets = (held[scene] ?? []).filter(
    ({ who = 'herald', than }) => sockets === TARGET_SOCKETS && names.includes(who) && names.includes(than),
  )
  return figures.flatMap(({ figure, name, unit }) => {
    const values = Object.fromEntries(names.map((one) => [one, medianOf(runs, one, figure)]))
    const row: Row = { name: `${scene}: ${name}`, unit, values }
    const asked = targets.filter((one) => one.figure === figure)
    if (asked.length === 0) return [row]
    return asked.map(({ who = 'herald', than, target }): Row => {
      const measured = { of: `${who} / ${than}`, value: medianRatio(runs, [who, than], figure) }
      return target === undefined ? row : { ...row, measured, target }
    })
  })
}

const taking = peers.filter(({ name }) => given.only === undefined || given.only.split(',').includes(name))
for (const peer of taking)
  if (peer.version() === undefined)
    console.log(`MISSING: ${peer.name} does not take part, it is not on this machine. ${peer.install}`)
const there = taking.filter((peer) => peer.version() !== undefined)
const rounds = Number(given.rounds)
const rows: Row[] = []
const sockets = Number(given.sockets)
for (const scene of given.scenes.split(',')) {
  console.log(`\n${scene}, ${sockets} sockets`)
  rows.push(...rowsOf(scene, sockets, await measure(scene, sockets, rounds, there)))
}
const part: Part = {
  part: `fanout-${sockets}`,
  title: `Fan-out to ${sockets} sockets`,
  setting: [
    `messages of ${BYTES} bytes; ${rounds} rounds, contestants in turn, medians`,
    ...there.map((peer) => `${peer.name}: ${peer.version() ?? ''}`),
  ],
  rows,
}
await publish(part)
