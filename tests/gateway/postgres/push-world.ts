import { startWebPushFake, type WebPushFake } from '@herald/push-fakes/webpush-fake'
import { expect, onTestFinished } from 'vitest'
import type { GatewayProcess } from '../../../e2e/gateway-process'
import { helloOf, TestSocket } from '../ws/test-socket'

/** How long the gateways of these tests wait for an ack before they push, ms. */
export const DEADLINE_MS = 1500

interface Push {
  readonly type: string
  readonly topic: string | undefined
}

/** A browser that a push service reaches. */
export interface Browser {
  readonly device: string
  /** What has reached it, in its order. */
  readonly pushes: () => Push[]
}

/** A push service, and the settings of gateways that push to it soon. */
export async function startPushService(): Promise<{ fake: WebPushFake; env: Record<string, string> }> {
  const fake = await startWebPushFake()
  onTestFinished(() => fake.close())
  const env = {
    HERALD_WEBPUSH_ALLOW: fake.url,
    HERALD_WEBPUSH_CONTACT: 'mailto:ops@example.com',
    HERALD_DEADLINE_FOREGROUND_MS: String(DEADLINE_MS),
    HERALD_QUIET_WHEN_ACTIVE_MS: '0',
  }
  return { fake, env }
}

/** Registers a device's browser at a gateway. */
export async function addBrowser(
  gateway: GatewayProcess,
  token: string,
  device: string,
  fake: WebPushFake,
): Promise<Browser> {
  const { body } = await gateway.request('GET', '/v1/push', { token })
  const app = (body.webPush as { publicKey: string }).publicKey
  const { endpoint, keys } = fake.newSubscription(app)
  const answer = await gateway.request('PUT', `/v1/me/devices/${device}`, {
    token,
    body: { platform: 'h5', push: [{ provider: 'webpush', app, token: endpoint, keys }] },
  })
  expect(answer.status).toBe(200)
  const pushes = (): Push[] =>
    fake.delivered
      .filter((push) => push.endpoint === endpoint)
      .map(({ plaintext, topic }) => ({ ...(JSON.parse(plaintext) as { type: string }), topic }))
  return { device, pushes }
}

/** A device that is there and says nothing of what it is sent. */
export async function connectSilently(gateway: GatewayProcess, token: string, device: string): Promise<void> {
  const socket = await new TestSocket(`${gateway.url.replace('http', 'ws')}/v1/socket`).opened()
  onTestFinished(() => {
    socket.socket.terminate()
  })
  socket.send(helloOf(token, { device: { id: device, platform: 'h5' } }))
  await expect.poll(() => socket.heard.map(({ type }) => type)).toContain('welcome')
}
