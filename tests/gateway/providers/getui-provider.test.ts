import { parsePushPayload } from '@herald/protocol'
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isGetuiPush, startGetuiFake, type GetuiFakeOptions } from '@herald/push-fakes/getui-fake'
import { GetuiProvider } from '../../../gateway/providers/getui/getui-provider'
import { outcomeOfCode } from '../../../gateway/providers/getui/getui-codes'
import { notifyId, requestId } from '../../../gateway/providers/getui/getui-request'
import type { GetuiSettings } from '../../../gateway/providers/getui/settings'
import { clearAlert, messageAlert, providerSuite, type Fault } from './provider-suite'
import { messagePayload, never, targetOf } from './push-alerts'

const APP = 'AppIdOfGetui'
const KEYS = { appId: APP, appKey: 'app-key-of-getui', masterSecret: 'master-secret-of-getui' }
const CID = 'c1'.repeat(16)
const DAY_MS = 86_400_000

const settingsOf = (url: string, changes: Partial<GetuiSettings> = {}): GetuiSettings => ({
  ...KEYS,
  url,
  androidPackage: 'com.example.herald',
  vendorOptions: {},
  harmonyCategory: undefined,
  perMinute: 0,
  perDay: 0,
  ...changes,
})

providerSuite('Getui', async () => {
  const fake = await startGetuiFake(KEYS)
  const phone = fake.phones.add(CID)
  const refusals: Partial<Record<Fault, () => void>> = {
    gone: () => fake.refuseNext(20001, 'target user is invalid'),
    refused: () => fake.refuseNext(22001, 'the message is not allowed'),
    credentials: () => fake.refuseNext(10002, 'appkey is black-listed', 403),
    busy: () => fake.refuseNext(30019, 'system busy'),
    quota: () => fake.refuseNext(30004, 'the push number of today is over limit', 403),
    redirect: () => fake.fail({ type: 'redirect', to: `${fake.url}/v2/${APP}/push/single/cid` }),
  }
  const provider = new GetuiProvider(settingsOf(fake.url))
  const stranger = new GetuiProvider(settingsOf(fake.url, { masterSecret: 'another-master-secret' }))
  return {
    provider,
    stranger,
    target: targetOf('unipush', APP, CID),
    badTarget: targetOf('unipush', APP, 'not a client id'),
    secrets: [KEYS.masterSecret, KEYS.appKey, 'another-master-secret'],
    shown: () => phone.shown,
    received: () => fake.requests.filter(isGetuiPush).length,
    arrange: (fault) => {
      const refuse = refusals[fault]
      if (refuse === undefined) fake.fail({ type: fault as 'hang' | 'drop' | 'nonsense' })
      else refuse()
    },
    stop: () => fake.close(),
    close: async () => {
      await Promise.all([provider.close(), stranger.close(), fake.close()])
    },
  }
})

describe('Getui', () => {
  let now: number
  let fake: Awaited<ReturnType<typeof startGetuiFake>>
  let provider: GetuiProvider
  const target = targetOf('unipush', APP, CID)

  async function start(options: Partial<GetuiFakeOptions> = {}, changes: Partial<GetuiSettings> = {}) {
    await fake.close()
    fake = await startGetuiFake({ ...KEYS, now: () => now, ...options })
    provider = new GetuiProvider(settingsOf(fake.url, changes), () => now)
  }
  const send = (changes: Parameters<typeof messageAlert>[0] = {}, to = target) =>
    provider.send(to, messageAlert({ expires: now + 3_600_000, ...changes }), never())
  const auths = () => fake.requests.filter(({ path }) => path.endsWith('/auth')).length

  beforeEach(async () => {
    now = Date.parse('2026-03-01T10:00:30Z')
    fake = await startGetuiFake({ ...KEYS, now: () => now })
    provider = new GetuiProvider(settingsOf(fake.url), () => now)
  })
  afterEach(async () => {
    await provider.close()
    await fake.close()
  })

  it('asks once for an access token, however many pushes wait for it', async () => {
    fake.phones.add(CID)
    await Promise.all(Array.from({ length: 10 }, () => send()))
    expect(auths()).toBe(1)
  })

  it('renews the token an hour before it ends, and goes on with the old one when it gets none', async () => {
    fake.phones.add(CID)
    await send()
    now += DAY_MS - 3_700_000
    await send()
    expect(auths()).toBe(1)
    now += 200_000
    fake.fail({ type: 'drop' }, ({ path }) => path.endsWith('/auth'))
    expect(await send()).toMatchObject({ type: 'accepted' })
    expect(auths()).toBe(2)
    expect(await send()).toMatchObject({ type: 'accepted' })
    expect(auths()).toBe(3)
  })

  it('renews a token that is refused, once, and repeats the push under the same request id', async () => {
    const phone = fake.phones.add(CID)
    await send()
    fake.expireTokens()
    expect(await send()).toMatchObject({ type: 'accepted' })
    expect(phone.shown).toHaveLength(2)
    expect(fake.dropped).toEqual([])
    fake.refuseNext(10001, 'token is invalid', 401)
    fake.refuseNext(10001, 'token is invalid', 401)
    expect(await send()).toMatchObject({ type: 'refused', blame: 'credentials' })
  })

  it('D4-10: repeats after an unknown outcome under the same request id, so that the device rings once', async () => {
    const phone = fake.phones.add(CID)
    const alert = { pushId: randomUUID() }
    fake.fail({ type: 'drop' })
    expect(await send(alert)).toMatchObject({ type: 'retry', unknown: true })
    expect(await send(alert)).toMatchObject({ type: 'accepted' })
    expect(phone.shown).toHaveLength(1)
    expect(fake.dropped).toEqual([requestId({ type: 'message', ...alert })])
  })

  it('makes request ids of 10 to 32 characters, and notify ids of 31 bits', () => {
    const push = { type: 'message', pushId: randomUUID() } as const
    const clear = { ...push, type: 'clear' } as const
    for (const id of [requestId(push), requestId(clear)]) expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(requestId(push)).toBe(requestId({ ...push }))
    expect(requestId(clear)).not.toBe(requestId(push))
    for (let i = 0; i < 200; i += 1) {
      expect(notifyId(String(i))).toBeGreaterThanOrEqual(0)
      expect(notifyId(String(i))).toBeLessThan(2 ** 31)
    }
  })

  it('moves to another host of the vendor once it is told to, and stays there', async () => {
    const other = await startGetuiFake({ ...KEYS, now: () => now })
    other.phones.add(CID)
    fake.moveTo(other.url)
    // The other place has not given out this token, so it is asked for one too.
    expect(await send()).toMatchObject({ type: 'accepted' })
    expect(other.pushes).toHaveLength(1)
    const asked = fake.requests.length
    expect(await send()).toMatchObject({ type: 'accepted' })
    expect(fake.requests).toHaveLength(asked)
    await other.close()
    expect(await send()).toMatchObject({ type: 'retry', unknown: true })
    fake.moveTo(undefined)
    fake.phones.add(CID)
    expect(await send()).toMatchObject({ type: 'accepted' })
  })

  it('takes no token to a host that is not the vendor’s', async () => {
    const other = await startGetuiFake({ ...KEYS, now: () => now })
    const { port } = new URL(other.url)
    fake.phones.add(CID)
    for (const host of [
      `http://localhost:${port}`,
      'http://restapi.getui.com',
      'https://getui.com.evil.com',
    ]) {
      fake.moveTo(host)
      expect(await send()).toMatchObject({ type: 'retry' })
      fake.moveTo(undefined)
      expect(await send()).toMatchObject({ type: 'accepted' })
    }
    expect(other.requests).toEqual([])
    await other.close()
  })

  it.each([
    [10003, 'auth', { type: 'retry', afterMs: 30_000, unknown: false, provider: true }],
    [10005, 'calls', { type: 'retry', afterMs: 30_000, unknown: false, provider: true }],
    [30018, 'calls', { type: 'retry', afterMs: 30_000, unknown: false, provider: true }],
    [2, 'starting', { type: 'retry', unknown: false, provider: true }],
    [10004, 'appid', { type: 'refused', blame: 'credentials' }],
    [30017, 'no right', { type: 'refused', blame: 'credentials' }],
    [20001, 'ttl is invalid', { type: 'refused', blame: 'push' }],
    [30016, 'sensitive words', { type: 'refused', blame: 'push' }],
    [30011, 'today', { type: 'quota', until: Date.parse('2026-03-01T16:00:00Z') }],
  ])('reads code %i %s', async (code, message, outcome) => {
    fake.phones.add(CID)
    fake.refuseNext(code, message)
    expect(await send()).toMatchObject(outcome)
  })

  it('reads codes that nobody has written down by their HTTP status', async () => {
    fake.phones.add(CID)
    fake.refuseNext(77_777, 'new', 403)
    expect(await send()).toMatchObject({ type: 'refused', blame: 'credentials' })
    fake.refuseNext(77_777, 'new', 404)
    expect(await send()).toMatchObject({ type: 'refused', blame: 'push' })
    fake.refuseNext(77_777, 'new', 500)
    expect(await send()).toMatchObject({ type: 'retry', unknown: true })
  })

  it('D4-17: counts calls itself and sends nothing beyond, until the next minute and the next day in China', async () => {
    await start({}, { perMinute: 2, perDay: 3 })
    fake.phones.add(CID)
    await send()
    await send()
    expect(await send()).toMatchObject({ type: 'quota', until: Date.parse('2026-03-01T10:01:00Z') })
    now += 60_000
    expect(await send()).toMatchObject({ type: 'accepted' })
    expect(await send()).toMatchObject({ type: 'quota', until: Date.parse('2026-03-01T16:00:00Z') })
    expect(fake.pushes).toHaveLength(3)
  })

  it('tells a device that Getui has not seen for 90 days as gone', async () => {
    fake.phones.add(CID).dormant = true
    expect(await send()).toMatchObject({ type: 'gone' })
  })

  it('refuses a registration of another app, and a push that has expired, without a call', async () => {
    expect(await send({}, targetOf('unipush', 'AnotherApp', CID))).toMatchObject({ type: 'refused' })
    expect(await send({ expires: now })).toMatchObject({ type: 'refused', blame: 'push' })
    expect(fake.requests).toEqual([])
  })

  it('keeps a push no longer than its message lives, and at most three days', async () => {
    fake.phones.add(CID)
    await send({ expires: now + 90_000 })
    await send({ expires: now + 30 * DAY_MS })
    expect(fake.pushes.map(({ ttl }) => ttl)).toEqual([90_000, 3 * DAY_MS])
  })

  it.each(['hw', 'xm', 'vv'])(
    'rings an Android phone that is off line, by %s, and its click brings the payload',
    async (maker) => {
      const phone = fake.phones.add(CID, { online: false, maker })
      const payload = messagePayload(randomUUID(), {
        title: 'A "title"; with # signs',
        body: '正文 💾'.repeat(60),
      })
      expect(await send({ payload, title: '题'.repeat(60), body: '文'.repeat(600) })).toMatchObject({
        type: 'accepted',
      })
      expect(phone.shown).toHaveLength(1)
      const clicked = parsePushPayload(phone.shown[0]?.payload)
      expect(clicked).toMatchObject({ type: 'message', seq: 7 })
      // There is no room for the texts in a link; the device fetches them.
      expect(clicked).not.toHaveProperty('body')
    },
  )

  it('makes links that no phone maker refuses for their length', async () => {
    fake.phones.add(CID, { online: false, maker: 'vv' })
    await send({ payload: messagePayload(randomUUID()), title: '题'.repeat(50), body: '文'.repeat(256) })
    const { intent } = (fake.pushes[0]?.ups?.notification ?? {}) as { intent: string }
    expect(intent.length).toBeLessThanOrEqual(1000)
    expect(intent).toMatch(/component=com\.example\.herald\/io\.dcloud\.PandoraEntry;S\.UP-OL-SU=true;/)
    expect(intent.endsWith(';end')).toBe(true)
  })

  it('opens the app without a link when it does not know the package', async () => {
    await start({}, { androidPackage: undefined })
    const phone = fake.phones.add(CID, { online: false, maker: 'hw' })
    expect(await send()).toMatchObject({ type: 'accepted' })
    expect(phone.shown).toHaveLength(1)
  })

  it('replaces what a phone that is off line shows of the same message', async () => {
    const phone = fake.phones.add(CID, { online: false, maker: 'hw' })
    const collapseId = randomUUID()
    await send({ collapseId, title: 'first' })
    await send({ collapseId, title: 'second' })
    expect(phone.shown.map(({ title }) => title)).toEqual(['second'])
  })

  it('rings an iPhone through APNs, with badge, thread and sound', async () => {
    const phone = fake.phones.add(CID, { platform: 'ios', online: true })
    const collapseId = randomUUID()
    await send({ collapseId, sound: false })
    await send({ collapseId })
    expect(phone.shown).toHaveLength(1)
    expect(phone.badge).toBe(3)
    expect(fake.pushes.map(({ ios }) => (ios?.aps as { sound: string }).sound)).toEqual([
      'com.gexin.ios.silence',
      'default',
    ])
  })

  it('sends to HarmonyOS only with a category, which Huawei demands', async () => {
    const phone = fake.phones.add(CID, { platform: 'harmony', online: false })
    await send()
    expect(phone.shown).toEqual([])
    await start({}, { harmonyCategory: 'IM' })
    const other = fake.phones.add(CID, { platform: 'harmony', online: false })
    await send()
    expect(other.shown).toHaveLength(1)
  })

  it('opens the message by a tap on HarmonyOS, replaces it, and takes it back', async () => {
    await start({}, { harmonyCategory: 'IM' })
    const phone = fake.phones.add(CID, { platform: 'harmony', online: false })
    const collapseId = randomUUID()
    const payload = messagePayload(randomUUID(), { title: 't', body: 'b' })
    await send({ collapseId, payload, title: 'first' })
    const second = await send({ collapseId, payload, title: 'second' })
    expect(phone.shown.map(({ title }) => title)).toEqual(['second'])
    expect(phone.shown[0]?.payload).toBe(payload)
    const ref = second.type === 'accepted' ? second.ref : undefined
    const clear = clearAlert({ ref, collapseId, expires: now + 60_000 })
    expect(await provider.send(target, clear, never())).toMatchObject({ type: 'accepted' })
    expect(phone.shown).toEqual([])
  })

  it('takes a missing right for a fault of the account, not of one push', () => {
    expect(outcomeOfCode(20001, 'permission required by push/single', now)).toMatchObject({
      type: 'refused',
      blame: 'credentials',
    })
  })

  it('fills Xiaomi’s template with the message: without a template its private messages are dropped', async () => {
    const template = {
      '/extra.channel_id': '123456',
      '/extra.template_id': 'P20001',
      '/extra.template_param': '{"title":"{title}","text":"告警：{body}"}',
    }
    const body = 'db1 says "1 %" \\ left 💾👩‍👩‍👧 \n'.repeat(20)
    const untouched = fake.phones.add(CID, { online: false, maker: 'xm', wantsTemplate: true })
    expect(await send({ title: 'Disk 🔥 full', body })).toMatchObject({ type: 'accepted' })
    expect(untouched.shown).toEqual([])
    await start({}, { vendorOptions: { XM: template } })
    const phone = fake.phones.add(CID, { online: false, maker: 'xm', wantsTemplate: true })
    await send({ title: 'Disk 🔥 full', body })
    await send({ title: '🔥', body: '' })
    expect(phone.shown).toHaveLength(2)
    const variables = fake.pushes.map(
      ({ ups }) =>
        JSON.parse(
          (ups?.options as Record<string, Record<string, string>>).XM?.['/extra.template_param'] ?? '',
        ) as { title: string; text: string },
    )
    expect(variables[0]?.title).toBe('Disk full')
    expect(variables[0]?.text).toMatch(/^告警：db1 says "1 %" \\ left db1/)
    expect(variables[1]).toEqual({ title: 'Herald', text: '告警：Herald' })
  })

  it('hands the phone makers’ options on', async () => {
    await start({}, { vendorOptions: { HW: { '/message/android/category': 'IM' } } })
    fake.phones.add(CID)
    await send()
    expect(fake.pushes[0]?.ups?.options).toEqual({ HW: { '/message/android/category': 'IM' } })
  })

  it('sends a payload that is too long without the texts, and whole otherwise', async () => {
    const phone = fake.phones.add(CID)
    const id = randomUUID()
    await send({ payload: messagePayload(id, { title: 't', body: '文'.repeat(5000) }) })
    await send({ payload: messagePayload(id, { title: 't', body: 'short' }) })
    expect(parsePushPayload(phone.shown[0]?.payload)).not.toHaveProperty('body')
    expect(parsePushPayload(phone.shown[1]?.payload)).toMatchObject({ body: 'short' })
  })

  it('takes back by the task id where the maker can, and tells the app otherwise', async () => {
    const xiaomi = fake.phones.add(CID, { online: false, maker: 'xm' })
    // As escalation does it, the clear has the id of the push that it takes back.
    const pushId = randomUUID()
    const first = await send({ pushId })
    const ref = first.type === 'accepted' ? first.ref : undefined
    expect(ref).toMatch(/^RASS/)
    const clear = clearAlert({ ref, pushId, expires: now + 60_000 })
    expect(await provider.send(target, clear, never())).toMatchObject({ type: 'accepted' })
    expect(xiaomi.shown).toEqual([])
    const online = fake.phones.add('d'.repeat(32))
    await provider.send(
      targetOf('unipush', APP, 'd'.repeat(32)),
      clearAlert({ expires: now + 60_000 }),
      never(),
    )
    expect(online.shown).toEqual([])
    expect(online.received).toHaveLength(1)
  })

  it('clears the badge of an iPhone in silence', async () => {
    const phone = fake.phones.add(CID, { platform: 'ios', online: false })
    await send()
    await provider.send(target, clearAlert({ expires: now + 60_000 }), never())
    expect(phone.badge).toBe(0)
    expect(phone.received).toHaveLength(1)
    expect(phone.shown).toHaveLength(1)
  })

  it('does not read an answer without end', async () => {
    fake.phones.add(CID)
    fake.fail({ type: 'flood' })
    expect(await send()).toMatchObject({
      type: 'retry',
      unknown: true,
      why: expect.stringContaining('larger'),
    })
  })

  it('a push that gives up leaves the token to those that still wait', async () => {
    fake.phones.add(CID)
    const impatient = new AbortController()
    const first = provider.send(target, messageAlert({ expires: now + 1000 }), impatient.signal)
    const second = send()
    impatient.abort()
    expect(await first).toMatchObject({ type: 'retry' })
    expect(await second).toMatchObject({ type: 'accepted' })
    expect(auths()).toBe(1)
  })
})
