import { resolve } from 'node:path'
import { afterEach, expect } from 'vitest'
import { launchMiniProgram, type MiniProgram, type MiniProgramOptions } from 'uni-app-emulator'
import { startGateway, type GatewayProcess } from './gateway-process'
import { until } from './until'

export const BUNDLE = resolve(import.meta.dirname, '../dist/build/mp-weixin')

/** The mini-program's release bundle in an emulated WeChat; one that used what is not simulated, or logged an error, fails the test. */
export interface MiniStage {
  gateway(): Promise<GatewayProcess>
  open(options?: Partial<MiniProgramOptions>): MiniProgram
  /** One that is signed in by a token and connected. */
  signIn(gateway: GatewayProcess, options?: Partial<MiniProgramOptions>): Promise<MiniProgram>
  /** Runs after the test, latest first. */
  after(cleanUp: () => unknown): void
}

/** Gateways and mini-programs for each test. */
export function openMiniStage(): MiniStage {
  let cleanUps: (() => unknown)[] = []
  let opened: MiniProgram[] = []
  afterEach(async () => {
    const [apps, last] = [opened, cleanUps.reverse()]
    opened = []
    cleanUps = []
    for (const cleanUp of last) await cleanUp()
    for (const app of apps) {
      expect(app.missing).toEqual([])
      expect(app.console.errors).toEqual([])
    }
  })

  const stage: MiniStage = {
    async gateway() {
      const gateway = await startGateway()
      cleanUps.push(() => gateway.dispose())
      return gateway
    },
    open(options) {
      const app = launchMiniProgram({ bundle: BUNDLE, ...options })
      opened.push(app)
      cleanUps.push(() => app.close())
      return app
    },
    async signIn(gateway, options) {
      const app = stage.open(options)
      const { token } = await gateway.readToken('me')
      await app.page.see('Paste your token')
      app.page.fill(0, gateway.url)
      app.page.fill(1, token)
      app.tap('Sign in')
      await app.page.see('All feeds')
      await connected(gateway)
      return app
    },
    after(cleanUp) {
      cleanUps.push(cleanUp)
    },
  }
  return stage
}

/** Waits until the gateway has exactly one socket. */
export async function connected(gateway: GatewayProcess): Promise<void> {
  await until(async () => (await gateway.connections()) === 1, 'one socket at the gateway')
}
