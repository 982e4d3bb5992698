// The devices of the joins bench, in a process of their own: joins.ts tells what to do, and is told how it went.
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { JoinsClient, type Return } from './joins-client'
import { clientOf, SEEDED } from './joins-seed'

export type JoinsOrder =
  /** All devices connect, a few at a time. */
  | { readonly type: 'connect'; readonly port: number; readonly count: number }
  /** The gateway is about to be killed; by so many messages each device is to be behind then. */
  | { readonly type: 'expectRestart'; readonly behind: Readonly<Record<string, number>> }
  | { readonly type: 'report' }
  | { readonly type: 'stop' }

export type JoinsNews =
  | { readonly type: 'allCaughtUp' | 'ready' }
  | { readonly type: 'report'; readonly returns: readonly Return[]; readonly usage: LoadUsage }

/** What the devices' own process used since `expectRestart`: whether it is what limits. */
export interface LoadUsage {
  readonly cpuMs: number
  /** The share of the time in which its event loop was busy. */
  readonly loopShare: number
}

/** At the first connection: the storm is measured later. */
const AT_ONCE = 50
const PAUSE_MS = 20

let clients: JoinsClient[] = []
let caughtUp = 0
let cpu = process.cpuUsage()
let loop = performance.eventLoopUtilization()

const tell = (news: JoinsNews): void => void process.send?.(news)

function onCaughtUp(): void {
  caughtUp += 1
  if (caughtUp === clients.length) tell({ type: 'allCaughtUp' })
}

async function connect(port: number, count: number): Promise<void> {
  clients = Array.from({ length: count }, (_, index) => {
    const cursors = {
      all: { epoch: 'bench', seq: SEEDED.all },
      [clientOf(index).feed]: { epoch: 'bench', seq: SEEDED.own },
    }
    return new JoinsClient(index, [port], cursors, onCaughtUp)
  })
  for (let from = 0; from < count; from += AT_ONCE) {
    for (const client of clients.slice(from, from + AT_ONCE)) client.start()
    await wait(PAUSE_MS)
  }
}

async function expectRestart(behind: Readonly<Record<string, number>>): Promise<void> {
  for (const client of clients) await new Promise<void>((resolve) => client.prove(resolve))
  for (const client of clients) client.expectRestart(behind)
  cpu = process.cpuUsage()
  loop = performance.eventLoopUtilization()
  tell({ type: 'ready' })
}

function usageSince(): LoadUsage {
  const { user, system } = process.cpuUsage(cpu)
  return {
    cpuMs: (user + system) / 1000,
    loopShare: performance.eventLoopUtilization(loop).utilization,
  }
}

process.on('message', (order: JoinsOrder) => {
  if (order.type === 'connect') void connect(order.port, order.count)
  else if (order.type === 'expectRestart') {
    caughtUp = 0
    void expectRestart(order.behind)
  } else if (order.type === 'report')
    tell({ type: 'report', returns: clients.map(({ result }) => result), usage: usageSince() })
  else {
    for (const client of clients) client.stop()
    process.exit(0)
  }
})
