import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { until } from '../../../e2e/until'
import type { Phone } from 'uni-app-emulator'
import { Relay } from '../client/relay'
import type { Contestant } from '../contest'
import { letPass } from './passing-time'
import { PeerServer } from './peer-server'
import { publishTo, signIn, startBenchGateway, withPhone, type Platform } from './phones'
import { profiled } from './profile'

/** What one message costs. */
export const COSTS = [
  'logic us',
  'app us',
  'runtime us',
  'statements',
  'transactions',
  'view messages',
  'view bytes',
  'to hidden',
  'wake-ups',
] as const

/** How the messages come. */
export const SCENES = ['burst', 'single', 'background single', 'background burst'] as const

export type MessageFigure = `${(typeof SCENES)[number]}: ${(typeof COSTS)[number]}`

export interface MessageOptions {
  /** Messages in a burst. */
  readonly burst: number
  /** Messages that come one by one. */
  readonly singles: number
}

/** Between two single messages: the banner of one is gone before the next. */
const SPACING_MS = 10_000
const REST_MS = 10_000
const BURST_TIMEOUT_MS = 60_000

/** The folder of the peers' project, and what it is built to. */
export const PEER_PROJECT = join(process.cwd(), 'tools', 'bench', 'usual-snippet-app')
export const PEER_BUNDLE = join(process.cwd(), 'dist', 'bench', 'usual-snippet-app')

/** Who gets the messages. Both resolve when all that they sent was taken. */
interface Receiver {
  readonly phone: Phone
  prepare(count: number): Promise<void>
  /** Gives what was prepared, at once. */
  release(): Promise<void>
  one(): Promise<void>
}

/** Herald, with a real gateway that holds a burst back until it is whole. */
export function heraldOn(
  browser: Browser,
  platform: Platform,
  options: MessageOptions,
): Contestant<MessageFigure> {
  const run = () =>
    withPhone(browser, { platform }, async (phone) => {
      const gateway = await startBenchGateway()
      const relay = new Relay(gateway.url, '')
      try {
        await relay.listen()
        await signIn(gateway, phone, relay.url)
        let seq = 0
        const acked = () =>
          until(
            async () => {
              // In the background alerts wait by a timer of the app.
              await phone.passTime(50)
              return relay.acked === seq
            },
            'all are acked',
            BURST_TIMEOUT_MS,
          )
        const figures = await measure(options, {
          phone,
          prepare: async (count) => {
            relay.hold()
            seq = await publishTo(gateway, seq, count)
            await until(() => relay.held.length === count, 'the relay holds all')
          },
          release: async () => {
            relay.release()
            await acked()
          },
          one: async () => {
            seq = await publishTo(gateway, seq, 1)
            await acked()
          },
        })
        await until(() => phone.badge() === seq, 'the icon counts each message once')
        return figures
      } finally {
        await relay.close()
        await gateway.dispose()
      }
    })
  return { name: `herald ${platform}`, run }
}

/** A peer on Android: what is usually pasted together, or a bare socket that parses and keeps nothing. */
export function peer(
  browser: Browser,
  name: 'snippet' | 'bare',
  options: MessageOptions,
): Contestant<MessageFigure> {
  const run = () =>
    withPhone(browser, { platform: 'android', bundle: PEER_BUNDLE }, async (phone) => {
      const server = new PeerServer()
      try {
        const url = await server.listen()
        await phone.page.fill(0, url)
        await phone.tap(name)
        await until(() => server.connections === 1, 'the peer is connected')
        const came = (): number => phone.work().wakeUps['socket message'] ?? 0
        let sent = 0
        let prepared = 0
        const give = async (count: number): Promise<void> => {
          server.send(count)
          sent += count
          await until(() => came() === sent, 'all have come', BURST_TIMEOUT_MS)
          if (name === 'snippet') await phone.page.see(`Messages (${String(sent)})`)
        }
        return await measure(options, {
          phone,
          prepare: (count) => {
            prepared = count
            return Promise.resolve()
          },
          release: () => give(prepared),
          one: () => give(1),
        })
      } finally {
        await server.close()
      }
    })
  return { name, run }
}

type Figures = Record<MessageFigure, number>

async function measure({ burst, singles }: MessageOptions, to: Receiver): Promise<Figures> {
  const { phone } = to
  // One message first: pages, tables and the banner's view are made for it.
  await to.one()
  await letPass(phone, REST_MS)
  const bursts = async (scene: 'burst' | 'background burst'): Promise<Partial<Figures>> => {
    await to.prepare(burst)
    const work = async (): Promise<void> => {
      await to.release()
      await letPass(phone, REST_MS)
    }
    return costs(scene, phone, burst, work, () => letPass(phone, REST_MS))
  }
  const oneByOne = (scene: 'single' | 'background single'): Promise<Partial<Figures>> => {
    const work = async (): Promise<void> => {
      for (let count = 0; count < singles; count += 1) {
        await to.one()
        await letPass(phone, SPACING_MS)
      }
    }
    return costs(scene, phone, singles, work, () => letPass(phone, SPACING_MS * singles))
  }
  const front = { ...(await bursts('burst')), ...(await oneByOne('single')) }
  phone.background()
  await letPass(phone, REST_MS)
  const behind = { ...(await oneByOne('background single')), ...(await bursts('background burst')) }
  return { ...front, ...behind } as Figures
}

/** The cost of one of `count` messages: that of the work less that of as much time with nothing in it. */
async function costs(
  scene: (typeof SCENES)[number],
  phone: Phone,
  count: number,
  work: () => Promise<void>,
  idle: () => Promise<void>,
): Promise<Partial<Figures>> {
  const busy = await costOf(phone, work)
  const quiet = await costOf(phone, idle)
  return Object.fromEntries(COSTS.map((cost) => [`${scene}: ${cost}`, (busy[cost] - quiet[cost]) / count]))
}

async function costOf(
  phone: Phone,
  work: () => Promise<void>,
): Promise<Record<(typeof COSTS)[number], number>> {
  const before = countsOf(phone)
  const { app, runtime } = await profiled(work)
  const after = countsOf(phone)
  const since = (name: keyof typeof before): number => after[name] - before[name]
  return {
    'logic us': app + runtime,
    'app us': app,
    'runtime us': runtime,
    statements: since('statements'),
    transactions: since('transactions'),
    'view messages': since('view messages'),
    'view bytes': since('view bytes'),
    'to hidden': since('to hidden'),
    'wake-ups': since('wake-ups'),
  }
}

function countsOf(phone: Phone) {
  const { wakeUps, sql, view } = phone.work()
  return {
    statements: sql.statements,
    transactions: sql.transactions,
    'view messages': view.messages,
    'view bytes': view.bytes,
    'to hidden': view.toHidden,
    'wake-ups': Object.values(wakeUps).reduce((sum, count) => sum + count, 0),
  }
}
