import { closeCodes } from '@herald/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { steadyClock } from '../../../gateway/escalation/steady-clock'
import { openRateLimits } from '../../../gateway/http/rate-limits'
import { next, type State } from '../../../services/connection/machine'
import { TOKEN, startApns } from '../providers/apns/apns-under-test'
import { startSocketServer } from '../ws/socket-server'
import { helloOf, TestSocket } from '../ws/test-socket'
import { byApns, Phone, startWithApns } from './phone'
import { startWholeGateway, type WholeGateway } from './whole-gateway'

const ME = 'user:ann'
const epochOf = async (gateway: WholeGateway, feed = ME): Promise<string> =>
  (await gateway.log.head(feed))?.epoch ?? ''

describe('a deploy', () => {
  const HERD = 200
  const SPREAD_MS = 5000

  it('D4-12: spreads the return of a herd over the time that it names', async () => {
    const server = await startSocketServer()
    const sockets = await Promise.all(
      Array.from({ length: HERD }, (_, index) =>
        server.join({ device: { id: `device-${String(index).padStart(4, '0')}`, platform: 'h5' } }),
      ),
    )
    await server.endpoint.close(SPREAD_MS)
    const waits: number[] = []
    for (const [index, { socket }] of sockets.entries()) {
      const { code, reason } = await socket.closed
      const live: State = { name: 'live', attempt: 0, heartbeatMs: 25_000, phase: 'quiet', dueAt: 0 }
      const { state, effects } = next(
        live,
        { type: 'closed', code, reason },
        { now: 0, random: (index + 0.5) / HERD },
      )
      expect(state.name).toBe('waiting')
      waits.push(...effects.flatMap((effect) => (effect.type === 'timer' ? [effect.ms] : [])))
    }
    expect(waits).toHaveLength(HERD)
    // Random numbers that lie evenly become moments that lie evenly: no second gets more than its share.
    for (let second = 0; second < SPREAD_MS; second += 1000)
      expect(waits.filter((ms) => ms >= second && ms < second + 1000)).toHaveLength((HERD * 1000) / SPREAD_MS)
  })

  it('D4-12: admits an address only as often as its limit, and says when to come back', async () => {
    const limits = openRateLimits(
      { publish: 0, requests: 0, address: 20, failures: 0, broken: 0 },
      () => undefined,
    )
    const tries = await Promise.allSettled(Array.from({ length: 50 }, () => limits.address('192.0.2.1')))
    const refused = tries.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
    expect(refused.length).toBeGreaterThanOrEqual(20)
    expect(tries.length - refused.length).toBeGreaterThanOrEqual(20)
    expect(refused[0]).toMatchObject({ code: 'rate_limited', retryAfterS: expect.any(Number) as unknown })
  })
})

describe('a cursor', () => {
  it('D4-13: of each feed by itself: what one feed had lost comes, and nothing of the others again', async () => {
    const { gateway, token } = await startWithApns()
    for (const feed of ['topic:a', 'topic:b']) await gateway.subscriptions.follow('ann', feed, undefined)
    const phone = new Phone(gateway, token, 'ann-phone')
    const client = await phone.start()
    await gateway.publish('topic:a')
    await expect.poll(() => client.rows('topic:a')).toHaveLength(1)
    // The socket dies between the frames of two feeds: a is ahead, b has a hole.
    phone.lostFeeds.add('topic:b')
    const lost: string[] = []
    for (let index = 0; index < 3; index++) lost.push((await gateway.publish('topic:b')).id)
    const newest = await gateway.publish('topic:a')
    await expect.poll(() => client.rows('topic:a')).toHaveLength(2)
    expect(client.rows('topic:b')).toEqual([])
    phone.lostFeeds.clear()
    phone.cut()
    await expect.poll(() => client.rows('topic:b').map(({ id }) => id)).toEqual(lost)
    expect(client.alerted.filter((id) => id === newest.id)).toHaveLength(1)
    expect(new Set(client.alerted).size).toBe(client.alerted.length)
    expect(client.inbox.feeds['topic:a']?.cursor).toBe(2)
    expect(client.inbox.feeds['topic:b']?.cursor).toBe(3)
  })

  it('D4-14: of an earlier life of the log is void: the device hears a reset, not silence', async () => {
    const { fake, gateway, token } = await startWithApns()
    const phone = new Phone(gateway, token, 'ann-phone')
    const client = await phone.start()
    for (let index = 0; index < 5; index++) await gateway.publish(ME)
    await expect
      .poll(async () => (await gateway.acks.ackOf('ann', 'ann-phone', ME, await epochOf(gateway)))?.seq)
      .toBe(5)
    const old = await epochOf(gateway)
    // As after a restore from a copy: every feed gets a new epoch, so that no cursor points past what was lost.
    await gateway.log.renewEpochs()
    await expect.poll(() => client.inbox.feeds[ME]?.epoch).toBe(await epochOf(gateway))
    expect(await epochOf(gateway)).not.toBe(old)
    await expect
      .poll(async () => (await gateway.acks.ackOf('ann', 'ann-phone', ME, await epochOf(gateway)))?.seq)
      .toBe(5)
    client.stop()
    await gateway.pass(60_000, 5000)
    // An ack of the old life says nothing about the new one: the sixth rings.
    gateway.acks.record({ user: 'ann', device: 'ann-phone', feed: ME, epoch: old, seq: 99, time: 1 })
    const { id } = await gateway.publish(ME)
    await gateway.pass(1000)
    expect(fake.tray(TOKEN).map(({ collapseId }) => collapseId)).toContain(id)
    await phone.start()
    await expect.poll(() => phone.client.inbox.feeds[ME]?.cursor).toBe(6)
    expect(phone.client.rows(ME).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6])
    expect(new Set(client.alerted).size).toBe(client.alerted.length)
    expect(phone.client.alerted).toEqual([])
  })

  it('D4-18: of a reader that is too slow heals what its full outbox could not take, after it was sent away', async () => {
    const { gateway, token } = await startWithApns()
    const slow = await new TestSocket(gateway.url.replace('http', 'ws') + '/v1/socket').opened()
    slow.send(helloOf(token, { device: { id: 'ann-phone', platform: 'ios' } }))
    await slow.nextOf('welcome')
    slow.socket.pause()
    const body = 'x'.repeat(15_000)
    let published = 0
    while (gateway.closed.length === 0 && published < 4000) {
      await Promise.all(Array.from({ length: 20 }, () => gateway.publish(ME, { body })))
      published += 20
    }
    expect(gateway.closed).toEqual([{ code: closeCodes.slow_reader, device: 'ann-phone' }])
    const client = await new Phone(gateway, token, 'ann-phone').start()
    await expect.poll(() => client.inbox.feeds[ME]?.cursor, { timeout: 10_000 }).toBe(published)
    expect(client.unread(ME)).toBe(published)
  })
})

describe('a clock', () => {
  /** A wall clock that the machine's owner may set, and the time that really passes. */
  function openClock() {
    const time = { wall: Date.now(), elapsed: 0 }
    const pass = (ms: number): void => {
      time.wall += ms
      time.elapsed += ms
    }
    const now = steadyClock({ now: () => time.wall, onMove: () => undefined }, () => time.elapsed)
    return { time, pass, now }
  }

  async function startOn(now: () => number) {
    const apns = await startApns()
    onTestFinished(() => apns.close())
    const gateway = await startWholeGateway({ providers: [apns.provider], now })
    const token = await gateway.addUser('ann')
    await gateway.register(token, 'ann-phone', [byApns()])
    return { fake: apns.fake, gateway, token }
  }

  it.each([
    ['back an hour', -3_600_000],
    ['back two days', -2 * 86_400_000],
  ])('D4-15: that jumps %s makes no deadline late, and no message live longer', async (_what, jump) => {
    const { time, pass, now } = openClock()
    const { fake, gateway, token } = await startOn(now)
    const phone = new Phone(gateway, token, 'ann-phone')
    await phone.start()
    phone.frozen = true
    const { id } = await gateway.publish(ME)
    await gateway.publish(ME, { expires: now() + 5000 })
    await gateway.escalation.settle()
    pass(4000)
    time.wall += jump
    await gateway.escalation.settle()
    expect(fake.pushes).toEqual([])
    pass(4500)
    await gateway.escalation.settle()
    expect(fake.tray(TOKEN)).toHaveLength(1)
    // Not a summary of two: the other had expired by the gateway's own clock.
    expect(JSON.parse(String(fake.pushes[0]?.payload.payload))).toMatchObject({ type: 'message', id })
  })

  it('D4-15: that jumps a day ahead ends what has expired, pushes the rest once, and goes on', async () => {
    const { time, now, pass } = openClock()
    const { fake, gateway, token } = await startOn(now)
    const phone = new Phone(gateway, token, 'ann-phone')
    await phone.start()
    phone.frozen = true
    const short = await gateway.publish(ME, { expires: now() + 60_000 })
    await gateway.escalation.settle()
    time.wall += 86_400_000
    await gateway.escalation.settle()
    expect(fake.pushes).toEqual([])
    expect(await gateway.fate(short.id, 'ann-phone', token)).toMatchObject({
      ...{ state: 'cancelled', reason: 'expired' },
    })
    const { id } = await gateway.publish(ME)
    pass(60_000)
    await gateway.escalation.settle()
    await gateway.escalation.settle()
    expect(fake.pushes.map(({ collapseId }) => collapseId)).toEqual([id])
  })
})
