import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startJpushFake } from '@herald/push-fakes/jpush-fake'
import { startGetuiFake } from '@herald/push-fakes/getui-fake'
import { GetuiProvider } from '../../../gateway/providers/getui/getui-provider'
import { JpushProvider } from '../../../gateway/providers/jpush/jpush-provider'
import { BUNDLE, TOKEN } from '../providers/apns/apns-under-test'
import { byApns, OTHER_TOKEN, Phone, startWithApns } from './phone'
import { startWholeGateway } from './whole-gateway'

const ME = 'user:ann'
const IPHONE = { token: TOKEN, environment: 'production', topic: BUNDLE } as const
const HOUR_MS = 3_600_000

describe('a token', () => {
  it('D4-07: goes with the account: a switch or a sign-out leaves nobody else ringing there', async () => {
    const { fake, gateway, token } = await startWithApns()
    const bob = await gateway.addUser('bob')
    // The account was switched on one phone, whose token stayed the same.
    await gateway.register(bob, 'bob-phone', [byApns()])
    const { id } = await gateway.publish(ME)
    await gateway.pass(1000)
    expect(fake.pushes).toEqual([])
    expect(await gateway.fate(id, 'ann-phone', token)).toMatchObject({
      state: 'none',
      reason: 'no_registration',
    })
    await gateway.publish('user:bob')
    await gateway.pass(1000)
    expect(fake.pushes).toHaveLength(1)
    // A phone drops what names another recipient; the name says nothing about the person.
    const { to } = JSON.parse(String(fake.pushes[0]?.payload.payload)) as { to: string }
    expect(to).toBe(gateway.recipientOf('bob'))
    expect(to).not.toBe(gateway.recipientOf('ann'))
    expect((await gateway.request('DELETE', '/v1/me/devices/bob-phone', bob)).status).toBe(204)
    await gateway.publish('user:bob')
    await gateway.publish('all')
    await gateway.pass(60_000, 5000)
    expect(fake.pushes).toHaveLength(1)
  })

  it('D4-07: goes with the session when that is revoked', async () => {
    const { fake, gateway, token } = await startWithApns()
    const { token: info } = (await (await gateway.request('GET', '/v1/me', token)).json()) as {
      token: { id: string }
    }
    expect((await gateway.request('DELETE', `/v1/tokens/${info.id}`, token)).status).toBe(204)
    await expect.poll(() => gateway.devices.registrationsOf('ann', 'ann-phone')).toEqual([])
    await gateway.publish(ME)
    await gateway.pass(10_000)
    expect(fake.pushes).toEqual([])
  })

  it('D4-09: that was rotated gives way to the new one', async () => {
    const { fake, gateway, token } = await startWithApns()
    fake.setDevice({ ...IPHONE, token: OTHER_TOKEN })
    await gateway.register(token, 'ann-phone', [byApns(OTHER_TOKEN)])
    await gateway.publish(ME)
    await gateway.pass(1000)
    expect(fake.pushes.map(({ token: to }) => to)).toEqual([OTHER_TOKEN])
  })

  it('D4-09: that was registered again after the moment of a 410 stays, and an older one is dropped', async () => {
    const { fake, gateway, token } = await startWithApns()
    const registered = gateway.clock.ms
    fake.setDevice({ ...IPHONE, goneSince: registered - 60_000 })
    const first = await gateway.publish(ME)
    await gateway.pass(1000)
    expect(await gateway.devices.registrationsOf('ann', 'ann-phone')).toHaveLength(1)
    expect(await gateway.fate(first.id, 'ann-phone', token)).toMatchObject({ state: 'dead' })
    fake.setDevice({ ...IPHONE, goneSince: registered + 60_000 })
    const second = await gateway.publish(ME)
    await gateway.pass(1000)
    expect(await gateway.devices.registrationsOf('ann', 'ann-phone')).toEqual([])
    expect(await gateway.fate(second.id, 'ann-phone', token)).toMatchObject({
      ...{ state: 'dead', reason: 'token_gone' },
      details: [expect.stringContaining('Unregistered')],
    })
    // The app registers at its next launch, and rings again.
    fake.setDevice(IPHONE)
    await gateway.register(token, 'ann-phone', [byApns()])
    const third = await gateway.publish(ME)
    await gateway.pass(1000)
    expect(fake.tray(TOKEN).map(({ collapseId }) => collapseId)).toEqual([third.id])
  })

  it('D4-09: of another environment is refused by name, not dropped, and a person is told so', async () => {
    const { fake, gateway, token } = await startWithApns()
    const sandbox = 'c3'.repeat(32)
    fake.setDevice({ token: sandbox, environment: 'sandbox', topic: BUNDLE })
    await gateway.register(token, 'ann-phone', [byApns(sandbox)])
    const { id } = await gateway.publish(ME)
    await gateway.pass(1000)
    expect(await gateway.fate(id, 'ann-phone', token)).toMatchObject({
      ...{ state: 'dead', reason: 'refused' },
      details: [expect.stringContaining('BadDeviceToken')],
    })
    expect(await gateway.devices.registrationsOf('ann', 'ann-phone')).toHaveLength(1)
  })

  it('bad input: of a wrong string is refused where the app hears of it, or where the service says so', async () => {
    const { fake, gateway, token } = await startWithApns()
    const put = (wrong: string) =>
      gateway.request('PUT', '/v1/me/devices/ann-phone', token, { platform: 'ios', push: [byApns(wrong)] })
    const lossy = await put('{length = 32, bytes = 0x01020304 05060708 ... 1d1e1f20 }')
    expect(lossy.status).toBe(400)
    expect(await lossy.json()).toMatchObject({
      error: { code: 'invalid_body', message: expect.stringContaining('push.token') as unknown },
    })
    expect(await gateway.devices.registrationsOf('ann', 'ann-phone')).toMatchObject([{ token: TOKEN }])

    for (const [wrong, word] of [
      ['f'.repeat(64), /BadDeviceToken/],
      ['no hex at all', /token/],
    ] as const) {
      expect((await put(wrong)).status).toBe(200)
      const { id } = await gateway.publish(ME)
      await gateway.pass(1000)
      const fate = await gateway.fate(id, 'ann-phone', token)
      expect(fate).toMatchObject({ state: 'dead', reason: 'refused' })
      expect(fate.details.join()).toMatch(word)
    }
    expect(fake.pushes).toEqual([])
  })

  it('bad input: of a foreign user cannot be given, read, or signed out with one’s own access token', async () => {
    const { gateway, token } = await startWithApns()
    const bob = await gateway.addUser('bob')
    const { id } = await gateway.publish(ME)
    await gateway.pass(1000)
    expect((await gateway.request('GET', `/v1/messages/${id}/deliveries`, bob)).status).toBe(404)
    await gateway.request('DELETE', '/v1/me/devices/ann-phone', bob)
    await gateway.register(bob, 'ann-phone', [byApns(OTHER_TOKEN)])
    expect(await gateway.devices.registrationsOf('ann', 'ann-phone')).toMatchObject([{ token: TOKEN }])
    expect(await gateway.fate(id, 'ann-phone', token)).toMatchObject({ user: 'ann', state: 'pushed' })
  })
})

describe('a push service', () => {
  it('D4-08: that says 200 and then nothing is never taken for a delivery; the app finds everything', async () => {
    const { fake, gateway, token } = await startWithApns()
    // An offline phone: APNs answers 200, and keeps one push of all.
    fake.setDevice({ ...IPHONE, offline: true })
    const first = await gateway.publish(ME)
    await gateway.pass(20_000, 1000)
    const second = await gateway.publish(ME)
    await gateway.pass(20_000, 1000)
    expect(fake.pushes.map(({ shown }) => shown)).toEqual([false, false])
    expect(await gateway.fate(first.id, 'ann-phone', token)).toMatchObject({
      ...{ state: 'pushed', reason: 'accepted' },
      reasons: ['not_connected', 'accepted'],
    })
    fake.setDevice(IPHONE)
    expect(fake.tray(TOKEN).map(({ collapseId }) => collapseId)).toEqual([second.id])
    const client = await new Phone(gateway, token, 'ann-phone').start()
    await expect.poll(() => client.rows(ME).map(({ id }) => id)).toEqual([first.id, second.id])
    await expect
      .poll(async () => (await gateway.acks.ackOf('ann', 'ann-phone', ME, await epochOf(gateway)))?.seq)
      .toBe(2)
    await gateway.acks.flush()
    expect(await gateway.fate(first.id, 'ann-phone', token)).toMatchObject({
      ...{ state: 'acked', reason: 'acked_late' },
    })
  })

  it('D4-10: whose answer is lost gets the same push again, and the phone shows it once', async () => {
    const { fake, gateway, token } = await startWithApns()
    fake.script({ type: 'kill', taken: true })
    const { id } = await gateway.publish(ME)
    await gateway.pass(60_000, 1000)
    const [first, second] = fake.pushes
    expect(fake.pushes).toHaveLength(2)
    expect(second).toMatchObject({ id: first?.id, collapseId: id, payload: first?.payload })
    expect(fake.tray(TOKEN)).toHaveLength(1)
    expect(await gateway.fate(id, 'ann-phone', token)).toMatchObject({
      ...{ state: 'pushed', reason: 'accepted' },
      reasons: ['not_connected', 'retrying', 'accepted'],
    })
  })

  it('D4-11: is never asked for a silent push: what rings has words, and what clears goes by the badge', async () => {
    const { fake, gateway } = await startWithApns()
    for (const priority of [2, 3, 5]) {
      await gateway.publish(ME, { priority })
      await gateway.pass(20_000, 1000)
    }
    await gateway.subscriptions.markRead('ann', ME, await epochOf(gateway), [[1, 3]])
    await gateway.pass(5000)
    expect(fake.pushes.length).toBeGreaterThanOrEqual(4)
    for (const { pushType } of fake.pushes) expect(pushType).toBe('alert')
    for (const { payload } of fake.pushes.slice(0, 3)) {
      expect(payload.aps).toMatchObject({ alert: { body: 'Hello' } })
      expect(payload.aps).not.toHaveProperty('content-available')
    }
    expect(fake.pushes.at(-1)?.payload.aps).toMatchObject({ badge: 0 })
    expect(fake.badge(TOKEN)).toBe(0)
  })

  it('D4-17: whose quota is used up holds the push, which is called waiting and not sent', async () => {
    const keys = { appKey: 'app-key-of-jpush', masterSecret: 'master-secret-of-jpush' }
    const time = { ms: Date.parse('2026-03-01T10:00:30Z') }
    const now = () => time.ms
    const fake = await startJpushFake({ ...keys, now })
    const provider = new JpushProvider(
      {
        ...keys,
        ...{ url: fake.url, vendorOptions: {}, classification: 1, androidChannel: undefined },
        ...{ badgeClass: undefined, harmonyCategory: undefined, iosBytes: 2000 },
        ...{ audiences: new Set(), perMinute: 600 },
      },
      now,
    )
    onTestFinished(async () => {
      await provider.close()
      await fake.close()
    })
    const rid = '1104a8979278ae64e75'
    const phone = fake.phones.add(rid)
    const gateway = await startWholeGateway({ providers: [provider], now })
    const token = await gateway.addUser('ann')
    await gateway.register(token, 'ann-phone', [{ provider: 'jpush', app: keys.appKey, token: rid }])
    fake.refuseNext(2002, 'request times over the limit', 429)
    const { id } = await gateway.publish(ME)
    await gateway.escalation.settle()
    expect(phone.shown).toEqual([])
    const held = await gateway.fate(id, 'ann-phone', token)
    expect(held).toMatchObject({ state: 'waiting', reason: 'quota' })
    expect(held.reasons).not.toContain('accepted')
    expect(held.next).toBeGreaterThan(now())
    const refused = fake.requests.length
    time.ms += 1000
    await gateway.escalation.settle()
    expect(fake.requests).toHaveLength(refused)
    time.ms += 61_000
    await gateway.escalation.settle()
    expect(phone.shown).toHaveLength(1)
    expect(await gateway.fate(id, 'ann-phone', token)).toMatchObject({ state: 'pushed' })
  })

  it('D4-04: with a vendor’s channel reaches an Android phone whose app the system has killed', async () => {
    const keys = { appId: 'AppIdOfGetui', appKey: 'key-of-getui', masterSecret: 'secret-of-getui' }
    const fake = await startGetuiFake(keys)
    const provider = new GetuiProvider({
      ...keys,
      ...{ url: fake.url, androidPackage: 'com.example.herald', vendorOptions: {} },
      ...{ harmonyCategory: undefined, perMinute: 0, perDay: 0 },
    })
    onTestFinished(async () => {
      await provider.close()
      await fake.close()
    })
    const cid = 'c1'.repeat(16)
    const phone = fake.phones.add(cid, { platform: 'android', maker: 'xm', online: false })
    const gateway = await startWholeGateway({ providers: [provider] })
    const token = await gateway.addUser('ann')
    await gateway.register(token, 'ann-phone', [{ provider: 'unipush', app: keys.appId, token: cid }], {
      platform: 'android',
    })
    const { id } = await gateway.publish(ME, { title: 'Disk full' })
    await gateway.pass(1000)
    expect(phone.shown).toMatchObject([{ title: 'Disk full', body: 'Hello' }])
    expect(await gateway.fate(id, 'ann-phone', token)).toMatchObject({ state: 'pushed' })
  })

  it('fault: that hangs is given up after 15 s, and asked again for the same push', async () => {
    const { fake, gateway, token } = await startWithApns()
    const patience: { ms: number; end: AbortController }[] = []
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      const end = new AbortController()
      patience.push({ ms, end })
      return end.signal
    })
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
    fake.script({ type: 'hang' })
    const { id } = await gateway.publish(ME)
    gateway.escalation.wake()
    await expect.poll(() => fake.requests).toBe(1)
    // Meanwhile nobody else asks for it.
    gateway.clock.ms += 14_000
    gateway.escalation.wake()
    for (const { ms, end } of patience) if (ms === 15_000) end.abort()
    await gateway.escalation.settle()
    expect(patience.map(({ ms }) => ms)).toContain(15_000)
    expect(await gateway.fate(id, 'ann-phone', token)).toMatchObject({ state: 'waiting', reason: 'retrying' })
    await gateway.pass(30_000, 1000)
    expect(fake.pushes).toHaveLength(1)
    expect(fake.tray(TOKEN).map(({ collapseId }) => collapseId)).toEqual([id])
  })

  it.each([
    ['a page of HTML', { type: 'answer', status: 299, body: '<html>' }],
    ['a status without a reason', { type: 'answer', status: 500, body: '' }],
    ['a redirect', { type: 'answer', status: 307, headers: { location: '/elsewhere' } }],
  ] as const)(
    'fault: that answers nonsense (%s) drops nothing, and says so in a plain word',
    async (_what, answer) => {
      const { fake, gateway, token } = await startWithApns()
      fake.script(answer)
      const { id } = await gateway.publish(ME)
      await gateway.pass(0)
      const fate = await gateway.fate(id, 'ann-phone', token)
      expect(fate.state).not.toBe('pushed')
      expect(fate.details.join()).not.toBe('')
      expect(await gateway.devices.registrationsOf('ann', 'ann-phone')).toHaveLength(1)
      await gateway.pass(2 * 60_000, 5000)
      const next = await gateway.publish(ME)
      await gateway.pass(60_000, 5000)
      expect(fake.tray(TOKEN).map(({ collapseId }) => collapseId)).toContain(next.id)
    },
  )

  it('fault: that is down for an hour gets no storm, and every push when it is back', async () => {
    const { fake, gateway, token } = await startWithApns()
    const down = { type: 'answer', status: 503, reason: 'ServiceUnavailable' } as const
    fake.script(...Array.from({ length: 500 }, () => down))
    const ids: string[] = []
    for (let minute = 0; minute < 60; minute++) {
      if (minute < 5) ids.push((await gateway.publish(ME)).id)
      await gateway.pass(60_000, 10_000)
    }
    expect(fake.pushes).toEqual([])
    expect(fake.refused.length + fake.requests).toBeLessThan(120)
    expect((await gateway.fate(ids[0] ?? '', 'ann-phone', token)).reasons).toEqual(
      expect.arrayContaining(['retrying', 'circuit_open']),
    )
    fake.unscript()
    await gateway.pass(HOUR_MS, 30_000)
    for (const id of ids)
      expect(await gateway.fate(id, 'ann-phone', token)).toMatchObject({ state: 'pushed' })
  })
})

async function epochOf(gateway: Awaited<ReturnType<typeof startWithApns>>['gateway']): Promise<string> {
  return (await gateway.log.head(ME))?.epoch ?? ''
}
