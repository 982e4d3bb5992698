import type { GatewayProcess } from './gateway-process'
import { until } from './until'

interface Fate {
  user: string
  state: string
  reason: string
  next: number | null
  events: { reason: string; provider?: string }[]
}

/** What the gateway says became of a message on each device. */
export async function fates(gateway: GatewayProcess, id: unknown): Promise<Fate[]> {
  const { body } = await gateway.request('GET', `/v1/messages/${String(id)}/deliveries`)
  return body.devices as Fate[]
}

/** Waits until the only device has acked in time: then nothing is due that could still be pushed. */
export async function waitForAck(gateway: GatewayProcess, id: unknown): Promise<void> {
  await until(async () => {
    const [fate, ...others] = await fates(gateway, id)
    return others.length === 0 && fate?.reason === 'acked' && fate.next === null
  }, 'it is acked')
}

/** Waits until a message was given to a push service, because nobody had acked it in time. */
export async function waitForPush(gateway: GatewayProcess, id: unknown): Promise<void> {
  await until(async () => (await fates(gateway, id)).some(({ state }) => state === 'pushed'), 'it is pushed')
}

/** Waits until a device has what was pushed to it before. */
export async function waitForAckedLate(gateway: GatewayProcess, id: string): Promise<void> {
  await until(
    async () => (await fates(gateway, id)).some(({ reason }) => reason === 'acked_late'),
    'it is acked late',
  )
}

/** Waits until the gateway has noticed that the app is gone: what is published now finds nobody. */
export async function waitForNobody(gateway: GatewayProcess): Promise<void> {
  await until(async () => (await gateway.connections()) === 0, 'nobody is connected')
}

/** Marks as read on another device of the user. */
export async function readElsewhere(gateway: GatewayProcess, seq: unknown): Promise<void> {
  const { token } = await gateway.readToken('me')
  const page = await gateway.request('GET', '/v1/feeds/user:me/messages?limit=1', { token })
  await gateway.request('POST', '/v1/me/read', {
    token,
    body: { feed: 'user:me', epoch: page.body.epoch, ranges: [[seq, seq]] },
  })
}
