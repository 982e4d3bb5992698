import type { Browser } from 'playwright-core'
import type { GatewayProcess } from '../../../e2e/gateway-process'
import { until } from '../../../e2e/until'
import type { Phone } from 'uni-app-emulator'
import { CountingProxy } from './counting-proxy'
import { letPass, type Reach } from './passing-time'
import { publishTo, signIn, startBenchGateway, withPhone, type Platform } from './phones'

export const HOUR_MS = 3_600_000

/** Banner, sound and lists have come to rest. */
const REST_MS = 30_000

/** What the list holds meanwhile, with a time of day on each row. */
const ROWS = 20

/** What a phone in one state did, and what passed over its network. */
export interface Hour {
  readonly bytesUp: number
  readonly bytesDown: number
  /** Segments, as far as one can tell without looking at packets. */
  readonly pieces: number
  /** By cause. */
  readonly wakeUps: Readonly<Record<string, number>>
  readonly dials: number
  readonly framesSent: number
  readonly viewMessages: number
  /** Of these, those to a page that was not on top. */
  readonly toHidden: number
  readonly statements: number
}

/** The states that a phone is left alone in for an hour, and the return after it. */
export type Hours = Readonly<
  Record<
    | 'foreground'
    | 'settings'
    | 'background'
    | 'frozen'
    | 'thaw'
    | 'airplane'
    | 'airplane, background'
    | 'no gateway'
    | 'no gateway, background',
    Hour
  >
>

/** An hour in each state, one after the other, on one phone. */
export function measureHours(browser: Browser, platform: Platform): Promise<Hours> {
  return withPhone(browser, { platform }, async (phone) => {
    const gateway = await startBenchGateway()
    const proxy = new CountingProxy(gateway.url)
    try {
      await proxy.listen()
      await signIn(gateway, phone, proxy.url)
      await publishTo(gateway, 0, ROWS)
      await until(() => phone.badge() === ROWS, 'all are counted')
      return await runHours(new Idler(phone, proxy), gateway)
    } finally {
      await proxy.close()
      await gateway.dispose()
    }
  })
}

async function runHours(idler: Idler, gateway: GatewayProcess): Promise<Hours> {
  const { phone, proxy } = idler
  const isConnected = async (): Promise<void> => {
    await until(async () => {
      await phone.passTime(1_000)
      return (await gateway.connections()) === 1
    }, 'one connection')
  }
  const foreground = await idler.hour('online')
  await phone.tap('Settings')
  await phone.page.see('Account and device')
  const settings = await idler.hour('online')
  await phone.tap('Inbox')
  phone.background()
  const background = await idler.hour('online')
  phone.freeze()
  const frozen = await idler.hour('online')
  // The gateway gives a silent phone up; the bench need not wait two real heartbeats for it.
  proxy.cut()
  await until(async () => (await gateway.connections()) === 0, 'the gateway knows')
  const thaw = await idler.during(async () => {
    phone.foreground()
    await isConnected()
  })
  phone.airplaneMode(true)
  const airplane = await idler.hour('offline')
  phone.background()
  const airplaneBehind = await idler.hour('offline')
  phone.foreground()
  phone.airplaneMode(false)
  await isConnected()
  await gateway.kill()
  const noGateway = await idler.hour('offline')
  phone.background()
  const noGatewayBehind = await idler.hour('offline')
  return {
    ...{ foreground, settings, background, frozen, thaw, airplane },
    'airplane, background': airplaneBehind,
    'no gateway': noGateway,
    'no gateway, background': noGatewayBehind,
  }
}

/** Lets the phone's time pass, and counts. */
class Idler {
  readonly phone: Phone
  readonly proxy: CountingProxy

  constructor(phone: Phone, proxy: CountingProxy) {
    this.phone = phone
    this.proxy = proxy
  }

  /** What an hour is, once what was before it has come to rest. */
  async hour(reach: Reach): Promise<Hour> {
    await letPass(this.phone, REST_MS, reach)
    return this.during(() => letPass(this.phone, HOUR_MS, reach))
  }

  async during(work: () => Promise<void>): Promise<Hour> {
    const before = this.#counts()
    await work()
    const after = this.#counts()
    const since = (name: Exclude<keyof Hour, 'wakeUps'>): number => after[name] - before[name]
    const causes = Object.entries(after.wakeUps)
      .map(([cause, count]) => [cause, count - (before.wakeUps[cause] ?? 0)] as const)
      .filter(([, count]) => count > 0)
    return {
      bytesUp: since('bytesUp'),
      bytesDown: since('bytesDown'),
      pieces: since('pieces'),
      wakeUps: Object.fromEntries(causes),
      dials: since('dials'),
      framesSent: since('framesSent'),
      viewMessages: since('viewMessages'),
      toHidden: since('toHidden'),
      statements: since('statements'),
    }
  }

  #counts(): Hour {
    const { wakeUps, framesSent, view, sql } = this.phone.work()
    const { dials } = this.phone.sockets
    return {
      ...this.proxy.traffic(),
      ...{ wakeUps, framesSent, dials: dials.length },
      ...{ viewMessages: view.messages, toHidden: view.toHidden, statements: sql.statements },
    }
  }
}
