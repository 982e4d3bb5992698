import { resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'
import { until } from '../../../e2e/until'
import { launch, type Phone } from 'uni-app-emulator'

export type Platform = 'android' | 'ios'

export const PLATFORMS: readonly Platform[] = ['android', 'ios']

const BUNDLE = resolve('dist', 'build', 'app')
const FEED = 'user:me'

/** The load of a bench comes from one address. */
const WITHOUT_LIMITS = {
  HERALD_RATE_PUBLISH: '0',
  HERALD_RATE_REQUESTS: '0',
  HERALD_RATE_ADDRESS: '0',
  // No web app: the phones bring their own.
  HERALD_STATIC: '',
}

export const startBenchGateway = (): Promise<GatewayProcess> => startGateway(WITHOUT_LIMITS)

/** Runs with a phone, and throws when the app has used what is not simulated or has logged an error. */
export async function withPhone<Result>(
  browser: Browser,
  options: { readonly platform: Platform; readonly bundle?: string },
  run: (phone: Phone) => Promise<Result>,
): Promise<Result> {
  const phone = await launch({ bundle: BUNDLE, chromium: browser, ...options })
  try {
    const result = await run(phone)
    const wrong = [...phone.missing, ...phone.console.errors]
    if (wrong.length > 0) throw new Error(`the app on ${options.platform} said: ${wrong.join('\n')}`)
    return result
  } finally {
    await phone.close()
  }
}

/** Signs in through this address, and waits until the app is connected. */
export async function signIn(gateway: GatewayProcess, phone: Phone, address: string): Promise<void> {
  const { token } = await gateway.readToken('me')
  await phone.page.see('Paste your token')
  await phone.page.fill(0, address)
  await phone.page.fill(1, token)
  await phone.tap('Sign in')
  await phone.page.see('All feeds')
  await until(async () => (await gateway.connections()) > 0, 'the app is connected')
}

/** Message number `number`, as all parts publish it. */
export const bodyOf = (number: number): { title: string; body: string } => ({
  title: `Message ${String(number).padStart(5, '0')}`,
  body: `db1 has ${String(number % 100)} % left on its data disk, and the copy of last night has not ended yet.`,
})

/** Publishes so many, in order of their numbers from `first` on; returns the last seq. */
export async function publishTo(gateway: GatewayProcess, first: number, count: number): Promise<number> {
  const bodies = Array.from({ length: count }, (_, index) => bodyOf(first + index))
  const seqs = await gateway.publishMany(FEED, bodies)
  return Math.max(...seqs)
}
