import { describe, expect, it, onTestFinished } from 'vitest'
import type { GatewayProcess } from '../../../e2e/gateway-process'
import { connect, startCluster } from './cluster'

/** How many gateways one of them knows. */
async function known(gateway: GatewayProcess): Promise<number> {
  const { gateways } = (await gateway.request('GET', '/v1/status')).body as { gateways: unknown[] }
  return gateways.length
}

async function startTwo(): Promise<[GatewayProcess, GatewayProcess]> {
  const [a, b] = await startCluster(2)
  if (!a || !b) throw new Error('two were asked for')
  await expect.poll(() => known(a)).toBe(2)
  return [a, b]
}

describe('one of several gateways', () => {
  it('that is frozen is given up, and takes part again when it goes on', async () => {
    const [a, b] = await startTwo()
    const { token } = await a.readToken('me')
    const before = await connect(b, token, 'device-0001')
    await expect.poll(() => before.state.name).toBe('live')
    process.kill(b.pid, 'SIGSTOP')
    onTestFinished(() => {
      process.kill(b.pid, 'SIGCONT')
    })
    await expect.poll(() => known(a)).toBe(1)
    const after = await connect(a, token, 'device-0001')
    await expect.poll(() => after.state.name).toBe('live')
    await a.publish('user:me', { body: 'while it is frozen' })
    process.kill(b.pid, 'SIGCONT')
    await expect.poll(() => known(a)).toBe(2)
    // It finds that its device is elsewhere now, and ends the socket that it still has.
    await expect.poll(() => before.state).toMatchObject({ closeName: 'replaced' })
    expect((await b.publish('user:me', { body: 'by the one that was frozen' })).status).toBe(201)
    await expect
      .poll(() => after.rows('user:me').map(({ body }) => body))
      .toEqual(['while it is frozen', 'by the one that was frozen'])
    expect(after.state.name).toBe('live')
  })

  it('that is stopped leaves at once, and its device goes on at another', async () => {
    const [a, b] = await startTwo()
    const { token } = await a.readToken('me')
    const before = await connect(b, token, 'device-0001')
    await b.publish('user:me', { body: 'before' })
    await expect.poll(() => before.rows('user:me').map(({ body }) => body)).toEqual(['before'])
    expect(await b.stop()).toBe(0)
    before.stop()
    await expect.poll(() => known(a)).toBe(1)
    // It said so itself: nobody had to find out.
    expect(a.log.some(({ msg }) => msg === 'gateways ended without a word')).toBe(false)
    const after = await connect(a, token, 'device-0001')
    await a.publish('user:me', { body: 'after' })
    await expect.poll(() => after.rows('user:me').map(({ body }) => body)).toEqual(['before', 'after'])
  })
})
