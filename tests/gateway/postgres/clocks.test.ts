import { describe, expect, it, onTestFinished } from 'vitest'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'
import { newDatabase } from './new-database'
import { addBrowser, connectSilently, DEADLINE_MS, startPushService } from './push-world'

/** How far a machine's clock may be off without being noticed by people, s. */
const OFF_S = 90

/** A push may come so late on a busy machine, ms: far less than clocks are off. */
const LATE_MS = 15_000

/** A gateway on a machine whose clock is so much ahead, s. */
async function startAhead(
  store: string,
  seconds: number,
  env: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess> {
  const wrong = `const right = Date.now; Date.now = () => right() + ${String(seconds * 1000)}`
  const gateway = await startGateway({
    ...{ ...env, HERALD_STORE: store },
    ...(seconds !== 0 && { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(wrong)}` }),
  })
  onTestFinished(() => gateway.dispose())
  return gateway
}

describe('gateways on one database whose clocks are 90 s off', () => {
  it('go by the database’s clock: in what they stamp, and in what they take for over', async () => {
    const store = await newDatabase()
    const right = await startAhead(store, 0)
    const ahead = await startAhead(store, OFF_S)
    const behind = await startAhead(store, -OFF_S)
    for (const gateway of [right, ahead, behind]) {
      const published = await gateway.publish('user:me', { body: 'x' })
      expect(published.status).toBe(201)
      expect(Math.abs(Number(published.body.time) - Date.now())).toBeLessThan((OFF_S / 2) * 1000)
    }
    // Sign-in codes for a minute: over at once, or not for long, for whoever goes by a clock of its own.
    for (const [maker, user] of [
      [right, ahead],
      [behind, right],
    ] as const) {
      const made = await maker.request('POST', '/v1/users/me/sign-in-codes', { body: { ttl: 60 } })
      expect(made.status).toBe(201)
      const used = await user.request('POST', '/v1/sign-in', { body: { code: made.body.code, label: 'x' } })
      expect(used.status).toBe(201)
    }
  })

  it('push at the deadline and not before, whoever of them is asked', async () => {
    const store = await newDatabase()
    const { fake, env } = await startPushService()
    const ahead = await startAhead(store, OFF_S, env)
    const behind = await startAhead(store, -OFF_S, env)
    const { token } = await ahead.readToken('me')
    const away = await addBrowser(behind, token, 'device-away', fake)
    const silent = await addBrowser(ahead, token, 'device-silent', fake)
    await connectSilently(behind, token, silent.device)
    for (const [index, gateway] of [ahead, behind].entries()) {
      const begun = performance.now()
      await gateway.publish('user:me', { body: 'x' })
      await expect.poll(() => away.pushes().length, { interval: 20 }).toBe(index + 1)
      expect(performance.now() - begun).toBeLessThan(LATE_MS)
      await expect.poll(() => silent.pushes().length, { interval: 20 }).toBe(index + 1)
      expect(performance.now() - begun).toBeGreaterThan(DEADLINE_MS - 100)
      expect(performance.now() - begun).toBeLessThan(DEADLINE_MS + LATE_MS)
    }
  })
})
