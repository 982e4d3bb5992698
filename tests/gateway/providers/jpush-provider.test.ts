import { parsePushPayload } from '@herald/protocol'
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isJpushPush, startJpushFake, type JpushFakeOptions } from '@herald/push-fakes/jpush-fake'
import { JpushProvider } from '../../../gateway/providers/jpush/jpush-provider'
import type { JpushSettings } from '../../../gateway/providers/jpush/settings'
import { clearAlert, messageAlert, providerSuite, type Fault } from './provider-suite'
import { messagePayload, never, targetOf } from './push-alerts'

const KEYS = { appKey: 'app-key-of-jpush', masterSecret: 'master-secret-of-jpush' }
const RID = '1104a8979278ae64e75'
const DAY_MS = 86_400_000
const target = targetOf('jpush', KEYS.appKey, RID)

const settingsOf = (url: string, changes: Partial<JpushSettings> = {}): JpushSettings => ({
  ...KEYS,
  url,
  vendorOptions: {},
  classification: 1,
  androidChannel: undefined,
  badgeClass: undefined,
  harmonyCategory: undefined,
  iosBytes: 2000,
  audiences: new Set(),
  perMinute: 600,
  ...changes,
})

providerSuite('JPush', async () => {
  const fake = await startJpushFake(KEYS)
  const phone = fake.phones.add(RID)
  const refusals: Partial<Record<Fault, () => void>> = {
    gone: () => fake.refuseNext(1003, `invalid registration_id ${RID}`),
    refused: () => fake.refuseNext(1005, 'the message is too large'),
    credentials: () => fake.refuseNext(2003, 'the app may not call this', 403),
    busy: () => fake.refuseNext(1030, 'internal service time-out', 503),
    quota: () => fake.refuseNext(2002, 'request times over the limit', 429),
    redirect: () => fake.fail({ type: 'redirect', to: `${fake.url}/v3/push` }),
  }
  const provider = new JpushProvider(settingsOf(fake.url))
  const stranger = new JpushProvider(settingsOf(fake.url, { masterSecret: 'another-master-secret' }))
  return {
    provider,
    stranger,
    target,
    badTarget: targetOf('jpush', KEYS.appKey, 'no registration id'),
    secrets: [KEYS.masterSecret, 'another-master-secret', Buffer.from(`${KEYS.appKey}:`).toString('base64')],
    shown: () => phone.shown,
    received: () => fake.requests.filter(isJpushPush).length,
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

describe('JPush', () => {
  let now: number
  let fake: Awaited<ReturnType<typeof startJpushFake>>
  let provider: JpushProvider

  async function start(options: Partial<JpushFakeOptions> = {}, changes: Partial<JpushSettings> = {}) {
    await fake.close()
    fake = await startJpushFake({ ...KEYS, now: () => now, ...options })
    provider = new JpushProvider(settingsOf(fake.url, changes), () => now)
  }
  beforeEach(async () => {
    now = Date.parse('2026-03-01T10:00:30Z')
    fake = await startJpushFake({ ...KEYS, now: () => now })
    provider = new JpushProvider(settingsOf(fake.url), () => now)
  })
  afterEach(async () => {
    await provider.close()
    await fake.close()
  })
  const send = (changes: Parameters<typeof messageAlert>[0] = {}, to = target) =>
    provider.send(to, messageAlert({ expires: now + 3_600_000, ...changes }), never())
  const fetches = () => fake.requests.filter(({ path }) => path === '/v3/push/cid').length

  it('fetches ten cids at a time, whoever waits, and gives each to one push', async () => {
    const cids = await Promise.all(Array.from({ length: 25 }, () => provider.prepare(never())))
    expect(new Set(cids).size).toBe(25)
    expect(fetches()).toBe(3)
  })

  it('fetches the next ten before the last are gone, so that no push waits for them', async () => {
    for (let taken = 0; taken < 7; taken += 1) await provider.prepare(never())
    expect(fetches()).toBe(1)
    await provider.prepare(never())
    await expect.poll(fetches).toBe(2)
  })

  it('gives out no cid that is hours old', async () => {
    await provider.prepare(never())
    now += 5 * 3_600_000
    await provider.prepare(never())
    expect(fetches()).toBe(2)
  })

  it('D4-10: repeats with the same cid and gets the first answer: the device rings once', async () => {
    const phone = fake.phones.add(RID)
    const handle = await provider.prepare(never())
    fake.fail({ type: 'drop' })
    expect(await send({ handle })).toMatchObject({ type: 'retry', unknown: true })
    expect(await send({ handle })).toMatchObject({ type: 'accepted', ref: fake.pushes[0]?.msgId })
    expect(phone.shown).toHaveLength(1)
    expect(fake.replayed).toEqual([handle])
  })

  it('rejects to prepare while JPush is down, and says refused keys when the push is sent', async () => {
    fake.fail({ type: 'drop' }, ({ path }) => path === '/v3/push/cid')
    await expect(provider.prepare(never())).rejects.toThrow('no answer')
    const stranger = new JpushProvider(settingsOf(fake.url, { masterSecret: 'wrong' }), () => now)
    const handle = await stranger.prepare(never())
    expect(
      await stranger.send(target, messageAlert({ handle, expires: now + 60_000 }), never()),
    ).toMatchObject({
      type: 'refused',
      blame: 'credentials',
    })
  })

  it.each([
    [1000, 500, { type: 'retry', unknown: true, provider: true }],
    [1030, 503, { type: 'retry', unknown: false, provider: true }],
    [1002, 400, { type: 'refused', blame: 'push' }],
    [1009, 400, { type: 'refused', blame: 'push' }],
    [1012, 400, { type: 'quota', until: Date.parse('2026-03-01T16:00:00Z') }],
    [1008, 400, { type: 'refused', blame: 'credentials' }],
    [2005, 403, { type: 'refused', blame: 'credentials' }],
    [9999, 400, { type: 'retry', unknown: true }],
  ])('reads code %i', async (code, status, outcome) => {
    fake.phones.add(RID)
    fake.refuseNext(code, 'says JPush', status)
    expect(await send()).toMatchObject(outcome)
  })

  it('D4-17: waits as long as JPush says when the calls of a minute are used up, and asks no more', async () => {
    await start({ perMinute: 2 }, { perMinute: 0 })
    fake.phones.add(RID)
    await send()
    now += 20_000
    await send()
    const refused = await send()
    expect(refused).toMatchObject({ type: 'quota', until: now + 40_000 })
    const asked = fake.requests.length
    expect(await send()).toMatchObject({ type: 'quota', until: now + 40_000 })
    expect(fake.requests).toHaveLength(asked)
    now += 40_000
    expect(await send()).toMatchObject({ type: 'accepted' })
  })

  it('counts what it asks for cids, too', async () => {
    await start({}, { perMinute: 2 })
    fake.phones.add(RID)
    await send({ handle: await provider.prepare(never()) })
    expect(await send()).toMatchObject({ type: 'quota' })
  })

  it('counts its own calls, so that JPush need not refuse', async () => {
    await start({}, { perMinute: 2 })
    fake.phones.add(RID)
    await send()
    await send()
    expect(await send()).toMatchObject({ type: 'quota', until: Date.parse('2026-03-01T10:01:00Z') })
    expect(fake.pushes).toHaveLength(2)
  })

  it('drops a token that JPush knows nobody by only after three pushes over a day', async () => {
    const phone = fake.phones.add(RID)
    phone.dormant = true
    for (const afterMs of [0, 3_600_000, 3_600_000]) {
      now += afterMs
      expect(await send()).toMatchObject({
        type: 'refused',
        blame: 'push',
        why: expect.stringContaining('1011'),
      })
    }
    now += DAY_MS
    expect(await send()).toMatchObject({ type: 'gone' })
  })

  it('forgives what was before a push that was taken', async () => {
    const phone = fake.phones.add(RID)
    for (let times = 0; times < 3; times += 1) {
      phone.dormant = true
      for (const afterMs of [0, DAY_MS]) {
        now += afterMs
        expect(await send()).toMatchObject({ type: 'refused' })
      }
      phone.dormant = false
      expect(await send()).toMatchObject({ type: 'accepted' })
    }
  })

  it('D4-09: sends to the gate of APNs that the token is for', async () => {
    const sandbox = fake.phones.add(RID, { platform: 'ios', environment: 'sandbox' })
    await send({}, targetOf('jpush', KEYS.appKey, RID, 'production'))
    expect(sandbox.shown).toEqual([])
    await send({}, targetOf('jpush', KEYS.appKey, RID, 'sandbox'))
    expect(sandbox.shown).toHaveLength(1)
  })

  it('replaces on iOS, sets the badge, and rings by priority', async () => {
    const phone = fake.phones.add(RID, { platform: 'ios' })
    const collapseId = randomUUID()
    await send({ collapseId, priority: 5 })
    await send({ collapseId, priority: 1, sound: false, badge: 500 })
    expect(phone.shown).toHaveLength(1)
    expect(phone.shown[0]?.sound).toBe(false)
    expect(phone.badge).toBe(99)
    expect(fake.pushes.map(({ ios }) => ios?.['interruption-level'])).toEqual(['time-sensitive', 'passive'])
  })

  it('keeps every platform’s part within its bytes: first the texts give way, then the payload’s', async () => {
    const phone = fake.phones.add(RID, { platform: 'ios' })
    const id = randomUUID()
    const long = { title: '题'.repeat(250), body: '文💾'.repeat(5000) }
    expect(await send({ ...long, payload: messagePayload(id, long) })).toMatchObject({ type: 'accepted' })
    expect(parsePushPayload(phone.shown[0]?.payload)).toMatchObject({ id, seq: 7 })
    expect(phone.shown[0]?.body.length).toBeGreaterThan(50)
    const ids = Array.from({ length: 50 }, () => randomUUID())
    const summary = { herald: 1, type: 'summary', to: 'recipient-hash', badge: 50, count: 50, ids }
    expect(await send({ ...long, payload: JSON.stringify(summary) })).toMatchObject({ type: 'accepted' })
    expect(parsePushPayload(phone.shown[1]?.payload)).toMatchObject({ count: 50 })
  })

  it('gives phone makers that take less a text of their own', async () => {
    fake.phones.add(RID)
    await send({ body: '字'.repeat(210) })
    const extras = fake.pushes[0]?.android?.extras as Record<string, string>
    expect(Object.fromEntries(Object.entries(extras).map(([key, text]) => [key, text.length]))).toMatchObject(
      {
        mipns_content_forshort: 128,
        oppns_content_forshort: 200,
        vpns_content_forshort: 50,
        mzpns_content_forshort: 100,
      },
    )
  })

  it('hands options on, and sends to HarmonyOS only with a category', async () => {
    const vendorOptions = { xiaomi: { channel_id: '123' } }
    const phone = fake.phones.add(RID, { platform: 'harmony' })
    expect(await send()).toMatchObject({ type: 'refused' })
    await start(
      {},
      { vendorOptions, harmonyCategory: 'IM', androidChannel: 'alerts', badgeClass: 'com.x.Main' },
    )
    const other = fake.phones.add(RID, { platform: 'harmony' })
    expect(await send()).toMatchObject({ type: 'accepted' })
    expect(other.shown).toHaveLength(1)
    expect(phone.shown).toEqual([])
    expect(fake.pushes[0]).toMatchObject({
      options: { third_party_channel: vendorOptions, classification: 1 },
      android: { channel_id: 'alerts', badge_class: 'com.x.Main', badge_set_num: 3 },
    })
  })

  it('fills the makers’ options with the texts of each message', async () => {
    await start({}, { vendorOptions: { xiaomi: { template_param: '{"title":"{title}","text":"{body}"}' } } })
    fake.phones.add(RID)
    await send({ title: 'Disk "full" 🔥', body: 'db1' })
    expect(fake.pushes[0]?.options).toMatchObject({
      third_party_channel: { xiaomi: { template_param: '{"title":"Disk \\"full\\"","text":"db1"}' } },
    })
  })

  it('names on HarmonyOS what a tap opens: Huawei shows nothing without, and JPush accepts it', async () => {
    await start({}, { harmonyCategory: 'IM' })
    fake.phones.add(RID, { platform: 'harmony' })
    expect(await send()).toMatchObject({ type: 'accepted' })
    expect(fake.pushes[0]?.hmos).toMatchObject({ category: 'IM', intent: { url: 'action.system.home' } })
  })

  it('recalls what is shown', async () => {
    const phone = fake.phones.add(RID)
    const sent = await send()
    const ref = sent.type === 'accepted' ? sent.ref : undefined
    expect(await provider.send(target, clearAlert({ ref }), never())).toMatchObject({ type: 'accepted' })
    expect(phone.shown).toEqual([])
    expect(await provider.send(target, clearAlert({ ref: 'unknown' }), never())).toMatchObject({
      type: 'refused',
      blame: 'push',
    })
  })

  it('keeps a push no longer than its message lives', async () => {
    fake.phones.add(RID)
    await send({ expires: now + 90_500 })
    await send({ expires: now + 30 * DAY_MS })
    expect(fake.pushes.map(({ options }) => options.time_to_live)).toEqual([90, 3 * 86_400])
    expect(await send({ expires: now + 900 })).toMatchObject({ type: 'refused', blame: 'push' })
  })

  describe('aliases and tags', () => {
    const alias = targetOf('jpush', KEYS.appKey, 'alias:bob')
    const tag = targetOf('jpush', KEYS.appKey, 'tag:红')

    it('are refused unless they are allowed, and never ring all', async () => {
      fake.phones.add(RID)
      fake.setAlias(RID, 'bob')
      expect(await send({}, alias)).toMatchObject({ type: 'refused', blame: 'push' })
      expect(await send({}, targetOf('jpush', KEYS.appKey, 'all'))).toMatchObject({ type: 'refused' })
      expect(fake.requests).toEqual([])
    })

    it('ring whoever has them, when they are', async () => {
      await start({}, { audiences: new Set(['alias', 'tag'] as const) })
      const phone = fake.phones.add(RID)
      fake.setAlias(RID, 'bob')
      fake.setTags(RID, ['红', 'blue'])
      expect(await send({}, alias)).toMatchObject({ type: 'accepted' })
      expect(await send({}, tag)).toMatchObject({ type: 'accepted' })
      expect(phone.shown).toHaveLength(2)
      expect(fake.broadcasts()).toBe(0)
    })

    it('are never gone: somebody may take them tomorrow', async () => {
      await start({}, { audiences: new Set(['alias'] as const) })
      for (let day = 0; day < 4; day += 1) {
        expect(await send({}, alias)).toMatchObject({ type: 'refused', blame: 'push' })
        now += DAY_MS
      }
    })

    it.each(['alias:', `alias:${'字'.repeat(14)}`, 'alias:a b', 'tag:"'])('refuses %s', async (token) => {
      await start({}, { audiences: new Set(['alias', 'tag'] as const) })
      expect(await send({}, targetOf('jpush', KEYS.appKey, token))).toMatchObject({ type: 'refused' })
      expect(fake.requests).toEqual([])
    })
  })
})
