// The cluster that a person can play with. Run by `npm run cluster`; its keys are `k 2`, `f 2`, `r 2`, and `q`.
import { NatsCluster } from '@herald/engines/nats'
import { PostgresServer } from '@herald/engines/postgres'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'
import { Balancer } from './balancer'
import { openKeys, type Press } from './keys'

const GATEWAYS = 3

/** Where `npm start` serves; a busy port is another one's. */
const PORT = Number(process.env['HERALD_PORT'] ?? 8787)

const LOOK_MS = 1000

/** A part that can be killed, frozen and started again. */
interface Part {
  readonly name: string
  kill(): Promise<void>
  freeze(): void
  run(): Promise<void>
  thaw(): void
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

class Stage {
  readonly #ends: (() => Promise<void> | void)[] = []
  readonly #states = new Map<Part, 'up' | 'killed' | 'frozen'>()
  readonly #parts = new Map<string, Part>()
  readonly #gateways: GatewayProcess[] = []
  #told = ''

  async start(): Promise<void> {
    say('starting PostgreSQL, three NATS nodes and three gateways …')
    const database = await PostgresServer.start()
    this.#ends.push(() => database.dispose())
    this.#add('p', {
      name: 'PostgreSQL',
      ...{ kill: () => database.kill(), run: () => database.run() },
      ...signals((name) => {
        database.signal(name)
      }),
    })
    const nats = await NatsCluster.start()
    this.#ends.push(() => nats.dispose())
    for (const [index, server] of nats.servers.entries())
      this.#add(`n${String(index + 1)}`, {
        name: `NATS ${String(index + 1)}`,
        ...{ kill: () => server.kill(), run: () => server.run() },
        ...signals((name) => {
          server.signal(name)
        }),
      })
    for (let index = 1; index <= GATEWAYS; index += 1)
      await this.#startGateway(index, { HERALD_STORE: database.uri(), HERALD_BUS: nats.uri() })
    await this.#openDoor()
    const timer = setInterval(() => void this.#look(), LOOK_MS)
    this.#ends.push(() => {
      clearInterval(timer)
    })
  }

  /** Does what was pressed, and says so. */
  async press({ verb, target }: Press): Promise<void> {
    const part = this.#parts.get(target)
    if (!part) {
      say(`there is no "${target}": 1 to 3 are gateways, n1 to n3 NATS nodes, p is PostgreSQL`)
      return
    }
    const state = this.#states.get(part)
    if (verb === 'r' && state === 'frozen') part.thaw()
    else if (verb === 'r' && state === 'killed') await part.run()
    else if (verb === 'k' && state !== 'killed') await part.kill()
    else if (verb === 'f' && state === 'up') part.freeze()
    else {
      say(`${part.name} is ${state ?? 'gone'} already`)
      return
    }
    const next = { k: 'killed', f: 'frozen', r: 'up' } as const
    this.#states.set(part, next[verb])
    say(`${part.name} is ${next[verb]}`)
  }

  /** Ends what was started, the last first. */
  async stop(): Promise<void> {
    for (const end of this.#ends.reverse()) await end()
  }

  #add(key: string, part: Part): void {
    this.#parts.set(key, part)
    this.#states.set(part, 'up')
  }

  async #startGateway(index: number, env: Record<string, string>): Promise<void> {
    const gateway = await startGateway(env)
    this.#ends.push(() => gateway.dispose())
    this.#gateways.push(gateway)
    this.#add(String(index), {
      name: `gateway ${String(index)}`,
      ...{ kill: () => gateway.kill(), run: () => gateway.start() },
      ...signals((name) => {
        process.kill(gateway.pid, name)
      }),
    })
  }

  async #openDoor(): Promise<void> {
    const urls = this.#gateways.map(({ url }) => url)
    const balancer = await Balancer.start(urls, PORT)
    this.#ends.push(() => {
      balancer.close()
    })
    const [first] = this.#gateways
    if (!first) return
    say(`\nAll of them by one address: ${balancer.url}`)
    say(`Sign in as me:              ${await first.signInLink('me', balancer.url)}\n`)
    for (const [index, { url, publishToken }] of this.#gateways.entries())
      say(
        `curl -H 'Authorization: Bearer ${publishToken}' -d 'hello from ${String(index + 1)}' ${url}/v1/feeds/user:me/messages`,
      )
    say(
      '\nk 2: kill gateway 2    f 2: freeze it    r 2: run it again    n1-n3: NATS nodes    p: PostgreSQL    q: end\n',
    )
  }

  /** Says how the gateways are, whenever that has changed. */
  async #look(): Promise<void> {
    const states = await Promise.all(this.#gateways.map((gateway) => describe(gateway)))
    const told = states.map((state, index) => `gateway ${String(index + 1)}: ${state}`).join('   ')
    if (told !== this.#told) say(told)
    this.#told = told
  }
}

const signals = (send: (name: NodeJS.Signals) => void): Pick<Part, 'freeze' | 'thaw'> => ({
  freeze: () => {
    send('SIGSTOP')
  },
  thaw: () => {
    send('SIGCONT')
  },
})

/** What a gateway says of itself, in a few words. */
async function describe({ url, adminToken }: GatewayProcess): Promise<string> {
  try {
    const signal = AbortSignal.timeout(LOOK_MS)
    const ready = await fetch(`${url}/readyz`, { signal })
    const { bus = '', error } = (await ready.json()) as { bus?: string; error?: { code: string } }
    if (!ready.ok) return error?.code ?? String(ready.status)
    const headers = { Authorization: `Bearer ${adminToken}` }
    const status = await fetch(`${url}/v1/status`, { signal, headers })
    const { connections, gateways } = (await status.json()) as { connections: number; gateways: unknown[] }
    return `bus ${bus}, ${String(connections)} sockets, knows ${String(gateways.length)}`
  } catch {
    // Killed or frozen.
    return 'no answer'
  }
}

const stage = new Stage()
try {
  await stage.start()
  for await (const press of openKeys(process.stdin)) await stage.press(press)
} finally {
  await stage.stop()
}
process.exit(0)
