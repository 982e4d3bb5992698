// A gateway with many devices is killed and started again: how long until all of them are back and have what they
// missed, and what a publish takes meanwhile. Usage: npm run bench:joins [devices] [rounds]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { contest, median, quantile, type Contestant } from './contest'
import { GatewayProgram } from './gateway-program'
import { clock, type Return } from './joins-client'
import type { JoinsNews, JoinsOrder } from './joins-load'
import { clientOf, seedUsers } from './joins-seed'
import { publish, type Row } from './report'
import { SteadyPublisher } from './steady-publisher'

const DEVICES = Number(process.argv[2] ?? 10_000)
const ROUNDS = Number(process.argv[3] ?? 3)
const TARGET_BACK_MS = 5000
const TARGET_PUBLISH_MS = 250
const GIVE_UP_MS = 90_000

/** By how many messages a device is behind when it comes back. */
const BEHIND = { all: 20, own: 2 }
const PUBLISH_EVERY_MS = 10
/** Of the steady publishes one in so many goes to everybody. */
const TO_ALL = 50

const gateway = new GatewayProgram()
await gateway.start()
await gateway.stop()
seedUsers(gateway.folder, DEVICES)
await gateway.start()
const load = fork(join(import.meta.dirname, 'joins-load.mjs'), { execArgv: [] })
const order = (what: JoinsOrder): void => void load.send(what)

async function news<Type extends JoinsNews['type']>(type: Type): Promise<Extract<JoinsNews, { type: Type }>> {
  const signal = AbortSignal.timeout(GIVE_UP_MS)
  for (;;) {
    const [told] = (await once(load, 'message', { signal })) as [JoinsNews]
    if (told.type === type) return told as Extract<JoinsNews, { type: Type }>
  }
}

type Figure =
  | 'started'
  | 'back'
  | 'backSinceOpen'
  | 'back99'
  | 'lastDial'
  | 'join50'
  | 'join99'
  | 'publish50'
  | 'publish99'
  | 'publishMax'
  | 'again'
  | 'refused'
  | 'loopMax'
  | 'memory'
  | 'processor'
  | 'loopShare'
  | 'loadProcessor'
  | 'loadLoopShare'

const storm: Contestant<Figure> = {
  name: 'herald',
  async run() {
    order({ type: 'expectRestart', behind: BEHIND })
    await news('ready')
    await gateway.kill()
    const begunAt = clock()
    const { listeningMs } = await gateway.start()
    const openedAt = clock()
    const publisher = new SteadyPublisher(
      gateway.port,
      gateway.secret('publish-token'),
      PUBLISH_EVERY_MS,
      (index) => (index % TO_ALL === 0 ? 'all' : clientOf((index * 7919) % DEVICES).feed),
    )
    const allBack = news('allCaughtUp')
    await publisher.start()
    await allBack
    await publisher.stop()
    const usage = await gateway.usage()
    order({ type: 'report' })
    const { returns, usage: load } = await news('report')
    // Presence and acks of the storm are written before the next one.
    await wait(2000)
    return {
      ...figuresOf(returns, begunAt, openedAt),
      ...publishFigures(publisher.times),
      ...{
        started: listeningMs,
        loopMax: usage.loopMax,
        memory: usage.residentBytes / 2 ** 20,
        processor: usage.cpuMs,
        loopShare: usage.loopShare,
        loadProcessor: load.cpuMs,
        loadLoopShare: load.loopShare,
      },
    }
  },
}

function figuresOf(returns: readonly Return[], begunAt: number, openedAt: number) {
  const back = returns.map(({ caughtUpAt }) => caughtUpAt - begunAt)
  const joins = returns.map(({ caughtUpAt, dialedAt }) => caughtUpAt - dialedAt)
  const busy = returns.flatMap(({ closes }) => closes.filter((reason) => reason.includes('retry=')))
  const dialsSince = returns.map(({ dials }) => dials.filter((at) => at > openedAt).length)
  const tries = dialsSince.reduce((sum, count) => sum + Math.max(0, count - 1), 0)
  return {
    back: Math.max(...back),
    backSinceOpen: Math.max(...back) - (openedAt - begunAt),
    back99: quantile(back, 0.99),
    lastDial: Math.max(...returns.map(({ dialedAt }) => dialedAt)) - begunAt,
    join50: quantile(joins, 0.5),
    join99: quantile(joins, 0.99),
    again: tries - busy.length,
    refused: busy.length,
  }
}

const publishFigures = (times: readonly number[]) => ({
  publish50: quantile(times, 0.5),
  publish99: quantile(times, 0.99),
  publishMax: Math.max(...times),
})

order({ type: 'connect', port: gateway.port, count: DEVICES })
await news('allCaughtUp')
const runs = await contest([storm], ROUNDS)
order({ type: 'stop' })
await gateway.stop()
await gateway.dispose()

const of = (figure: Figure): number => median((runs.get('herald') ?? []).map((figures) => figures[figure]))
const row = (name: string, unit: string, figure: Figure, target?: Row['target']): Row => ({
  ...{ name, unit, values: { herald: of(figure) } },
  ...(target && { measured: { of: 'herald', value: of(figure) }, target }),
})
await publish({
  part: 'joins',
  title: `Joins: ${DEVICES} devices come back after kill -9`,
  setting: [
    `median of ${ROUNDS} restarts after one to warm up; devices connect by the app's own state machine, in one process`,
    `each follows its own feed and all, and is behind by ${BEHIND.own} and ${BEHIND.all} messages`,
    `published meanwhile: one message every ${PUBLISH_EVERY_MS} ms, each ${TO_ALL}th to all`,
    'a restart is when the process is started; publishes are measured from the open port on',
  ],
  rows: [
    row('from the start of the process to the open port', 'ms', 'started'),
    row('all back and caught up', 'ms', 'back', { at: 'most', value: TARGET_BACK_MS }),
    row('all back and caught up, from the open port on', 'ms', 'backSinceOpen'),
    row('99 % back and caught up', 'ms', 'back99'),
    row('the last dial that the app made (its own backoff)', 'ms', 'lastDial'),
    row('one join, dial to caught up, p50', 'ms', 'join50'),
    row('one join, dial to caught up, p99', 'ms', 'join99'),
    row('tries beyond the first that no hint asked for', 'dials', 'again', { at: 'most', value: 0 }),
    row('told to come back later', 'devices', 'refused'),
    row('publish meanwhile, p50', 'ms', 'publish50'),
    row('publish meanwhile, p99', 'ms', 'publish99'),
    row('publish meanwhile, longest', 'ms', 'publishMax', { at: 'most', value: TARGET_PUBLISH_MS }),
    row('event loop held up, longest', 'ms', 'loopMax'),
    row('processor of the gateway, its start included', 'ms', 'processor'),
    row('share of the time in which its event loop was busy', '', 'loopShare'),
    row('processor of the devices', 'ms', 'loadProcessor'),
    row('share of the time in which the devices’ event loop was busy', '', 'loadLoopShare'),
    row('memory of the gateway', 'MiB', 'memory'),
  ],
})
