import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startJpushFake } from '@herald/push-fakes/jpush-fake'

const KEYS = { appKey: 'the-key', masterSecret: 'the-secret' }
const RID = '1104a8979278ae64e75'
const BASIC = `Basic ${Buffer.from('the-key:the-secret').toString('base64')}`

let now: number
let fake: Awaited<ReturnType<typeof startJpushFake>>

beforeEach(async () => {
  now = 1_750_000_000_000
  fake = await startJpushFake({ ...KEYS, now: () => now })
})
afterEach(() => fake.close())

async function call(method: string, path: string, body?: unknown, authorization = BASIC) {
  const response = await fetch(`${fake.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const json = (await response.json()) as { msg_id?: string; cidlist?: string[]; error?: { code: number } }
  return { status: response.status, headers: response.headers, ...json }
}
const push = (changes: object = {}) => ({
  platform: 'all',
  audience: { registration_id: [RID] },
  notification: {
    android: { alert: 'text', title: 'title' },
    ios: { alert: { title: 'title', body: 'text' } },
  },
  ...changes,
})
const cidOf = async (): Promise<string> => (await call('GET', '/v3/push/cid?count=1')).cidlist?.[0] ?? ''

describe('the fake of JPush', () => {
  it('refuses who does not prove himself', async () => {
    for (const wrong of ['', 'Basic x', BASIC.slice(0, -2)]) {
      expect(await call('POST', '/v3/push', push(), wrong)).toMatchObject({
        status: 401,
        error: { code: 1004 },
      })
    }
  })

  it('gives out at most ten cids at a time', async () => {
    expect((await call('GET', '/v3/push/cid?count=10')).cidlist).toHaveLength(10)
    expect(await call('GET', '/v3/push/cid?count=11')).toMatchObject({ status: 400, error: { code: 1003 } })
  })

  it('answers a repeated cid with the first result, even when the push is another', async () => {
    const phone = fake.phones.add(RID)
    const cid = await cidOf()
    const first = await call('POST', '/v3/push', push({ cid }))
    const other = await call('POST', '/v3/push', push({ cid, notification: { android: { alert: 'other' } } }))
    expect(other.msg_id).toBe(first.msg_id)
    expect(phone.shown).toHaveLength(1)
    expect(fake.replayed).toEqual([cid])
  })

  it('lets a cid be used again whose push was refused', async () => {
    const cid = await cidOf()
    expect(await call('POST', '/v3/push', push({ cid }))).toMatchObject({ error: { code: 1011 } })
    fake.phones.add(RID)
    expect(await call('POST', '/v3/push', push({ cid }))).toMatchObject({ status: 200 })
  })

  it('refuses a cid that it has not given out, and one that is more than a day old', async () => {
    fake.phones.add(RID)
    expect(await call('POST', '/v3/push', push({ cid: 'the-key-made-up' }))).toMatchObject({
      error: { code: 1003 },
    })
    const cid = await cidOf()
    now += 86_400_001
    expect(await call('POST', '/v3/push', push({ cid }))).toMatchObject({ error: { code: 1003 } })
  })

  it.each([
    ['no audience', 1002, { audience: undefined }],
    ['nothing to show', 1002, { notification: undefined }],
    ['an unknown platform', 1003, { platform: ['symbian'] }],
    ['an empty audience', 1003, { audience: { registration_id: [] } }],
    ['an alias of 41 bytes', 1003, { audience: { alias: ['x'.repeat(41)] } }],
    ['21 tags', 1003, { audience: { tag: Array.from({ length: 21 }, String) } }],
    ['a misspelt option', 1003, { options: { ttl: 5 } }],
    ['four days', 1003, { options: { time_to_live: 345_600 } }],
    ['a gate that is no boolean', 1003, { options: { apns_production: 'true' } }],
    ['a collapse id of 65 bytes', 1003, { options: { apns_collapse_id: 'x'.repeat(65) } }],
    ['an override of an unknown push', 1003, { options: { override_msg_id: 1 } }],
    ['too much for Android', 1005, { notification: { android: { alert: 'x'.repeat(4000) } } }],
    ['too much for iOS', 1005, { notification: { ios: { alert: '文'.repeat(665) } } }],
    [
      'HarmonyOS without a category',
      1003,
      { notification: { hmos: { alert: 'x', intent: { url: 'action.system.home' } } } },
    ],
    [
      'HarmonyOS without an intent, which Huawei demands',
      1003,
      { notification: { hmos: { alert: 'x', category: 'IM' } } },
    ],
    [
      'two kinds of audience of which one fits nobody',
      1011,
      { audience: { registration_id: [RID], tag: ['x'] } },
    ],
    ['nobody', 1011, { audience: { alias: ['nobody'] } }],
  ])('refuses %s with %i', async (_what, code, changes) => {
    const phone = fake.phones.add(RID)
    expect(await call('POST', '/v3/push', push(changes))).toMatchObject({ status: 400, error: { code } })
    expect(phone.shown).toEqual([])
  })

  it('overrides what it knows, and rings nobody for a validation', async () => {
    const phone = fake.phones.add(RID)
    const first = await call('POST', '/v3/push', push())
    const override = { options: { override_msg_id: Number(first.msg_id) } }
    expect(await call('POST', '/v3/push', push(override))).toMatchObject({ status: 200 })
    expect(await call('POST', '/v3/push/validate', push())).toMatchObject({ status: 200 })
    expect(phone.shown).toHaveLength(2)
  })

  it('counts the calls of a minute and says how many are left', async () => {
    await fake.close()
    fake = await startJpushFake({ ...KEYS, now: () => now, perMinute: 2 })
    fake.phones.add(RID)
    const first = await call('POST', '/v3/push', push())
    expect(first.headers.get('x-rate-limit-remaining')).toBe('1')
    now += 20_000
    await call('POST', '/v3/push', push())
    const refused = await call('POST', '/v3/push', push())
    expect(refused).toMatchObject({ status: 429, error: { code: 2002 } })
    expect(refused.headers.get('x-rate-limit-reset')).toBe('40')
    now += 40_000
    expect(await call('POST', '/v3/push', push())).toMatchObject({ status: 200 })
  })

  it('shows the alert that stands above the platforms', async () => {
    const phones = [fake.phones.add(RID), fake.phones.add('rid-of-ios', { platform: 'ios' })]
    await call('POST', '/v3/push', push({ audience: 'all', notification: { alert: 'for all' } }))
    expect(phones.map(({ shown }) => shown[0]?.body)).toEqual(['for all', 'for all'])
  })

  it('brings an audience of all to everybody', async () => {
    const phones = ['rid-one-1', 'rid-two-2'].map((rid) => fake.phones.add(rid))
    await call('POST', '/v3/push', push({ audience: 'all' }))
    expect(phones.map(({ shown }) => shown.length)).toEqual([1, 1])
    expect(fake.broadcasts()).toBe(1)
  })

  it('keeps a push for a phone that is off line until its time is over', async () => {
    const phone = fake.phones.add(RID, { online: false })
    await call('POST', '/v3/push', push({ options: { time_to_live: 10 } }))
    await call('POST', '/v3/push', push({ options: { time_to_live: 100 } }))
    now += 50_000
    phone.connect(now)
    expect(phone.shown).toHaveLength(1)
  })

  it('recalls what it knows', async () => {
    const phone = fake.phones.add(RID)
    const { msg_id: id } = await call('POST', '/v3/push', push())
    expect(await call('DELETE', `/v3/push/${id}`)).toMatchObject({ status: 200 })
    expect(phone.shown).toEqual([])
    expect(await call('DELETE', '/v3/push/1')).toMatchObject({ error: { code: 1003 } })
  })
})
