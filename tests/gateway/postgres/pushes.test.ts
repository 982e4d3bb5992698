import { describe, expect, it } from 'vitest'
import type { GatewayProcess } from '../../../e2e/gateway-process'
import { connect, startCluster } from './cluster'
import { addBrowser, connectSilently, DEADLINE_MS, startPushService } from './push-world'

const FEED = 'user:me'

async function startTwo() {
  const { fake, env } = await startPushService()
  const [a, b] = await startCluster(2, env)
  if (!a || !b) throw new Error('two were asked for')
  const { token } = await a.readToken('me')
  return { fake, a, b, token }
}

const kindsOf = (pushes: readonly { type: string }[]): string[] => pushes.map(({ type }) => type)

const unreadAt = async (gateway: GatewayProcess, token: string): Promise<unknown> => {
  const { feeds } = (await gateway.request('GET', '/v1/me', { token })).body
  return (feeds as { feed: string; unread: number }[]).find(({ feed }) => feed === FEED)?.unread
}

describe('gateways on one database', () => {
  it('push nothing that was acked at another one, and at the deadline what was not', async () => {
    const { fake, a, b, token } = await startTwo()
    const acking = await addBrowser(a, token, 'device-acking', fake)
    const silent = await addBrowser(a, token, 'device-silent', fake)
    const client = await connect(b, token, acking.device)
    await expect.poll(() => client.state.name).toBe('live')
    await connectSilently(b, token, silent.device)
    const begun = performance.now()
    await a.publish(FEED, { body: 'x' })
    await expect.poll(() => silent.pushes().length, { interval: 20 }).toBe(1)
    // Both had the same deadline.
    expect(performance.now() - begun).toBeGreaterThan(DEADLINE_MS - 100)
    expect(client.rows(FEED)).toHaveLength(1)
    expect(acking.pushes()).toEqual([])
  })

  it('take back at one what was pushed by another, as soon as it is read anywhere', async () => {
    const { fake, a, b, token } = await startTwo()
    const away = await addBrowser(a, token, 'device-away', fake)
    const { body } = await a.publish(FEED, { body: 'x' })
    await expect.poll(() => kindsOf(away.pushes())).toEqual(['message'])
    expect(await unreadAt(a, token)).toBe(1)
    const client = await connect(a, token, 'device-other')
    await expect.poll(() => client.unread(FEED)).toBe(1)
    const epoch = client.inbox.feeds[FEED]?.epoch
    const read = { feed: FEED, epoch, ranges: [[body.seq, body.seq]] }
    expect((await b.request('POST', '/v1/me/read', { token, body: read })).status).toBeLessThan(300)
    await expect.poll(() => kindsOf(away.pushes())).toEqual(['message', 'clear'])
    await expect.poll(() => client.unread(FEED)).toBe(0)
    expect([await unreadAt(a, token), await unreadAt(b, token)]).toEqual([0, 0])
    // Under the same name, or it would take nothing back.
    expect(new Set(away.pushes().map(({ topic }) => topic)).size).toBe(1)
  })

  it('push once what a gateway had in hand that is killed', async () => {
    const { fake, a, b, token } = await startTwo()
    const away = await addBrowser(a, token, 'device-away', fake)
    // Only the first one is there when it is published.
    process.kill(b.pid, 'SIGSTOP')
    fake.script('hang')
    const { body } = await a.publish(FEED, { body: 'x' })
    await expect.poll(() => fake.received).toBe(1)
    await a.kill()
    process.kill(b.pid, 'SIGCONT')
    await expect.poll(() => away.pushes()).toMatchObject([{ type: 'message', id: body.id }])
    expect(fake.received).toBe(2)
  })
})
