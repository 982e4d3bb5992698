import { countUnread, type Range } from '@herald/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MemoryStorage } from '../../../services/storage/memory'
import type { OpenSocket, Socket } from '../../../services/socket/socket'
import { CoreClient, openWithWs } from '../process/core-client'
import { until } from '../process/until'
import { startSocketServer } from './socket-server'

type Server = Awaited<ReturnType<typeof startSocketServer>>

const FEEDS = ['user:ann', 'topic:ci'] as const

type Step =
  | { do: 'publish'; feed: (typeof FEEDS)[number]; count: number }
  | { do: 'read'; device: number; feed: (typeof FEEDS)[number]; range: Range }
  | { do: 'disconnect' | 'connect' | 'restart' | 'cut' | 'repeat' | 'garble'; device: number }
  | { do: 'trim' }
  | { do: 'wait' }

const device = fc.nat(1)
const feed = fc.constantFrom(...FEEDS)
const range = fc
  .tuple(fc.integer({ min: 1, max: 120 }), fc.nat(30))
  .map(([first, more]): Range => [first, first + more])

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      feed,
      count: fc.constantFrom(1, 1, 3, 40, 130),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), device, feed, range }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'disconnect' as const,
        'connect' as const,
        'restart' as const,
        'cut' as const,
        'repeat' as const,
        'garble' as const,
      ),
      device,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'trim' as const }) },
  { weight: 6, arbitrary: fc.constant({ do: 'wait' as const }) },
)

/** One device whose network a test spoils: it cuts sockets, repeats frames, and cuts frames in half. */
class SpoiltDevice {
  readonly #storage = new MemoryStorage()
  readonly #server: Server
  readonly #name: string
  #client: CoreClient | undefined
  #socket: Socket | undefined
  #spoil: 'repeat' | 'garble' | undefined
  readonly alerted: string[] = []

  constructor(server: Server, name: string) {
    this.#server = server
    this.#name = name
  }

  get client(): CoreClient {
    if (!this.#client) throw new Error('the device was not started')
    return this.#client
  }

  async restart(): Promise<void> {
    this.#keepAlerts()
    this.#client?.stop()
    const http = this.#server.url.replace('ws://', 'http://').replace('/v1/socket', '')
    this.#client = await CoreClient.start(
      http,
      this.#server.token.token,
      this.#name,
      this.#storage,
      this.#open,
    )
  }

  async perform(action: 'disconnect' | 'connect' | 'restart' | 'cut' | 'repeat' | 'garble'): Promise<void> {
    if (action === 'disconnect') this.client.source.stop()
    else if (action === 'connect') this.client.source.start()
    else if (action === 'restart') await this.restart()
    else if (action === 'cut') this.#socket?.close(1000, '')
    else this.#spoil = action
  }

  /** The user reads what the device has of a range: nobody reads what is not there. */
  async read(name: string, [first, last]: Range): Promise<void> {
    const { low = 1, cursor = 0 } = this.client.inbox.feeds[name] ?? {}
    const held: Range = [Math.max(first, low), Math.min(last, cursor)]
    if (held[0] <= held[1]) await this.client.read(name, [held])
  }

  /** Ids that were alerted over all lives of the device. */
  allAlerts(): string[] {
    return [...this.alerted, ...(this.#client?.alerted ?? [])]
  }

  #keepAlerts(): void {
    this.alerted.push(...(this.#client?.alerted ?? []))
  }

  readonly #open: OpenSocket = (url, handlers, subprotocol) => {
    this.#socket = openWithWs(
      url,
      {
        ...handlers,
        message: (text) => {
          const spoil = text.includes('"messages"') ? this.#spoil : undefined
          if (spoil) this.#spoil = undefined
          handlers.message(spoil === 'garble' ? text.slice(0, -9) : text)
          if (spoil === 'repeat') handlers.message(text)
        },
      },
      subprotocol,
    )
    return this.#socket
  }
}

async function play(server: Server, devices: readonly SpoiltDevice[], action: Step): Promise<void> {
  if (action.do === 'publish') await server.publish(action.feed, action.count)
  else if (action.do === 'trim') await server.log.trim(Date.now())
  else if (action.do === 'wait') await rest(server, devices)
  else {
    const target = devices[action.device]
    if (action.do === 'read') await target?.read(action.feed, action.range)
    else await target?.perform(action.do)
  }
}

/** Lets what is on its way arrive, at the devices that are connected; a device that is not may stay behind. */
async function rest(server: Server, devices: readonly SpoiltDevice[]): Promise<void> {
  const isUpToDate = async ({ client }: SpoiltDevice): Promise<boolean> => {
    if (client.state.name === 'stopped') return true
    const heads = await Promise.all(FEEDS.map((name) => server.log.head(name)))
    return FEEDS.every((name, index) => client.inbox.feeds[name]?.cursor === heads[index]?.head)
  }
  await until(
    async () => Promise.all(devices.map(isUpToDate)),
    (all) => all.every(Boolean),
    'connected devices are up to date',
  )
}

/** What the gateway knows, which both devices must end with. */
async function truth(server: Server, name: string): Promise<{ from: number; head: number; unread: number }> {
  const state = (await server.subscriptions.feedsOf('ann')).find((candidate) => candidate.feed === name)
  if (!state) throw new Error(`${name} is not followed`)
  const { from, head, unread, read } = state
  expect(unread).toBe(countUnread(from, head, read))
  return { from, head, unread }
}

async function settled(server: Server, { client }: SpoiltDevice): Promise<boolean> {
  for (const name of FEEDS) {
    const { from, head, unread } = await truth(server, name)
    const record = client.inbox.feeds[name]
    if (record?.cursor !== head || record.from !== from || client.unread(name) !== unread) return false
  }
  return true
}

async function endsTheSame(steps: readonly Step[]): Promise<void> {
  const server = await startSocketServer({ maxCount: 150 })
  await server.subscriptions.follow('ann', 'topic:ci', undefined)
  const devices = [new SpoiltDevice(server, 'device-0001'), new SpoiltDevice(server, 'device-0002')]
  for (const one of devices) await one.restart()
  for (const action of steps) await play(server, devices, action)
  for (const one of devices) one.client.source.start()
  await until(
    async () => Promise.all(devices.map((one) => settled(server, one))),
    (both) => both.every(Boolean),
    'both devices settle',
  )
  for (const name of FEEDS) {
    const log = await server.log.read(name, { after: 0, limit: 1000 })
    for (const one of devices) {
      const { low = 0 } = one.client.inbox.feeds[name] ?? {}
      expect(one.client.rows(name).map(({ id }) => id)).toEqual(
        log.filter(({ seq }) => seq >= low).map(({ id }) => id),
      )
    }
  }
  for (const one of devices) {
    expect(new Set(one.allAlerts()).size).toBe(one.allAlerts().length)
    one.client.stop()
  }
  await server.endpoint.close(0)
}

it('ends with the same list and unread count on both devices, each message alerted at most once, whatever happens between', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), (steps) => endsTheSame(steps)),
    { numRuns: 40, interruptAfterTimeLimit: 90_000 },
  )
}, 120_000)
