// The devices of several gateways, in a process of their own: cluster.ts says which gateway dies, and is told when its devices are back.
import { setTimeout as wait } from 'node:timers/promises'
import { JoinsClient, type Return } from './joins-client'
import { clientOf, SEEDED } from './joins-seed'

export type ClusterOrder =
  /** All devices connect, a few at a time, each to the gateway whose turn it is. */
  | { readonly type: 'connect'; readonly ports: readonly number[]; readonly count: number }
  /** The gateway there is about to be killed; by so many messages its devices are to be behind then. */
  | {
      readonly type: 'expectDeath'
      readonly port: number
      readonly behind: Readonly<Record<string, number>>
    }
  | { readonly type: 'disconnect' }

export type ClusterNews =
  | { readonly type: 'connected' | 'disconnected' }
  | { readonly type: 'ready'; readonly devices: number }
  | { readonly type: 'back'; readonly returns: readonly Return[] }

/** At the first connection: the return is measured later. */
const AT_ONCE = 50
const PAUSE_MS = 20

let clients: JoinsClient[] = []
/** Those that are waited for. */
let awaited: JoinsClient[] = []
let caughtUp = 0
let whenAll: () => void = () => undefined

const tell = (news: ClusterNews): void => void process.send?.(news)

/** Resolves when each of these devices has what it is behind by. */
function untilCaughtUp(these: JoinsClient[]): Promise<void> {
  awaited = these
  caughtUp = 0
  return new Promise((resolve) => (whenAll = resolve))
}

function onCaughtUp(): void {
  caughtUp += 1
  if (caughtUp === awaited.length) whenAll()
}

async function connect(ports: readonly number[], count: number): Promise<void> {
  clients = Array.from({ length: count }, (_, index) => {
    const cursors = {
      all: { epoch: 'bench', seq: SEEDED.all },
      [clientOf(index).feed]: { epoch: 'bench', seq: SEEDED.own },
    }
    return new JoinsClient(index, ports, cursors, onCaughtUp)
  })
  const all = untilCaughtUp(clients)
  for (let from = 0; from < count; from += AT_ONCE) {
    for (const client of clients.slice(from, from + AT_ONCE)) client.start()
    await wait(PAUSE_MS)
  }
  await all
  tell({ type: 'connected' })
}

async function expectDeath(port: number, behind: Readonly<Record<string, number>>): Promise<void> {
  const concerned = clients.filter((client) => client.port === port)
  for (const client of concerned) await new Promise<void>((resolve) => client.prove(resolve))
  const all = untilCaughtUp(concerned)
  for (const client of concerned) client.expectRestart(behind)
  tell({ type: 'ready', devices: concerned.length })
  await all
  tell({ type: 'back', returns: concerned.map(({ result }) => result) })
}

process.on('message', (order: ClusterOrder) => {
  if (order.type === 'connect') void connect(order.ports, order.count)
  else if (order.type === 'expectDeath') void expectDeath(order.port, order.behind)
  else {
    for (const client of clients) client.stop()
    tell({ type: 'disconnected' })
  }
})
process.on('disconnect', () => process.exit(0))
