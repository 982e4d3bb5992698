import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startGetuiFake } from '@herald/push-fakes/getui-fake'

// The fake by calls that are written out here, so that it and the gateway cannot be wrong together.
const KEYS = { appId: 'TheApp', appKey: 'the-key', masterSecret: 'the-secret' }
const CID = 'c1'.repeat(16)

let now: number
let fake: Awaited<ReturnType<typeof startGetuiFake>>
let requests = 0

beforeEach(async () => {
  now = 1_750_000_000_000
  fake = await startGetuiFake({ ...KEYS, now: () => now })
})
afterEach(() => fake.close())

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${fake.url}/v2/${KEYS.appId}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return {
    status: response.status,
    body: (await response.json()) as { code: number; msg: string; data: Record<string, unknown> },
  }
}

const sign = (timestamp: string): string =>
  createHash('sha256').update(`the-key${timestamp}the-secret`).digest('hex')
const auth = (timestamp = String(now), changes: object = {}) =>
  post('/auth', { appkey: 'the-key', timestamp, sign: sign(timestamp), ...changes })
const token = async (): Promise<string> => (await auth()).body.data.token as string

const push = (changes: object = {}) => ({
  request_id: `request-${++requests}-of-this-test`,
  audience: { cid: [CID] },
  push_message: { transmission: '{"title":"t","content":"c","payload":"p"}' },
  ...changes,
})

describe('the fake of Getui', () => {
  it('gives out a token for a day against a signature', async () => {
    const { body } = await auth()
    expect(body).toMatchObject({ code: 0, data: { expire_time: String(now + 86_400_000) } })
  })

  it('refuses a wrong signature, another key, and a clock that is far off', async () => {
    expect((await auth(undefined, { sign: 'f'.repeat(64) })).body.code).toBe(20001)
    expect((await auth(undefined, { appkey: 'another' })).body.code).toBe(20001)
    expect((await auth(String(now - 700_000))).body.msg).toMatch(/timestamp/)
    expect((await auth(String(now).slice(0, 10))).body.code).toBe(20001)
  })

  it('counts authentications of a minute', async () => {
    for (let i = 0; i < 100; i += 1) await auth()
    expect((await auth()).body.code).toBe(10003)
    now += 60_000
    expect((await auth()).body.code).toBe(0)
  })

  it('refuses a token that it does not know, and one that has expired', async () => {
    fake.phones.add(CID)
    expect(await post('/push/single/cid', push())).toMatchObject({ status: 401, body: { code: 10001 } })
    const given = await token()
    expect((await post('/push/single/cid', push(), { token: given })).body.code).toBe(0)
    now += 86_400_000
    expect((await post('/push/single/cid', push(), { token: given })).body.code).toBe(10001)
  })

  it('answers a repeated request id with success, and throws the push away', async () => {
    const phone = fake.phones.add(CID)
    const headers = { token: await token() }
    const body = push()
    expect((await post('/push/single/cid', body, headers)).body.code).toBe(0)
    expect((await post('/push/single/cid', body, headers)).body.code).toBe(0)
    expect(phone.shown).toHaveLength(1)
    expect(fake.dropped).toEqual([body.request_id])
  })

  const notification = { title: 't', body: 'b', click_type: 'startapp' }
  const ups = (changes: object) => ({
    push_channel: { android: { ups: { notification: { ...notification, ...changes } } } },
  })
  it.each([
    ['a short request id', { request_id: '123456789' }],
    ['a long request id', { request_id: 'x'.repeat(33) }],
    ['two cids', { audience: { cid: [CID, CID] } }],
    ['an unknown field', { pushmessage: {} }],
    ['a ttl of more than three days', { settings: { ttl: 259_200_001 } }],
    ['an unknown strategy', { settings: { strategy: { default: 5 } } }],
    ['nothing to send', { push_message: {} }],
    ['two things to send', { push_message: { transmission: 'x', revoke: { old_task_id: 'y' } } }],
    ['a transmission of 3073', { push_message: { transmission: 'x'.repeat(3073) } }],
    ['half a character', { push_message: { transmission: 'x\ud83d' } }],
    ['a title of 51', ups({ title: 'x'.repeat(51) })],
    ['a body of 257', ups({ body: 'x'.repeat(257) })],
    ['no body', ups({ body: '' })],
    ['an unknown click', ups({ click_type: 'open' })],
    ['no intent', ups({ click_type: 'intent' })],
    ['a notify id of 32 bits', ups({ notify_id: 2 ** 31 })],
    ['no kind of iOS push', { push_channel: { ios: { aps: {} } } }],
    [
      'a collapse id of 65',
      {
        push_channel: {
          ios: {
            type: 'notify',
            aps: { alert: { title: 't', body: 'b' } },
            'apns-collapse-id': 'x'.repeat(65),
          },
        },
      },
    ],
    [
      'more than APNs takes',
      { push_channel: { ios: { type: 'notify', aps: { alert: { title: 't', body: '文'.repeat(1400) } } } } },
    ],
    ['no category for HarmonyOS', { push_channel: { harmony: { notification: { title: 't', body: 'b' } } } }],
  ])('refuses %s', async (_what, changes) => {
    const phone = fake.phones.add(CID)
    const { status, body } = await post('/push/single/cid', push(changes), { token: await token() })
    expect({ status, code: body.code }).toEqual({ status: 400, code: 20001 })
    expect(phone.shown).toEqual([])
  })

  it('refuses a cid that it does not know', async () => {
    const { body } = await post('/push/single/cid', push(), { token: await token() })
    expect(body).toMatchObject({ code: 20001, msg: 'target user is invalid' })
  })

  it('counts pushes of a minute and of a day', async () => {
    await fake.close()
    fake = await startGetuiFake({ ...KEYS, now: () => now, perMinute: 2, perDay: 3 })
    fake.phones.add(CID)
    const codes: number[] = []
    for (const afterMs of [0, 0, 0, 60_000, 60_000]) {
      now += afterMs
      codes.push((await post('/push/single/cid', push(), { token: await token() })).body.code)
    }
    expect(codes).toEqual([0, 0, 10005, 0, 30004])
  })

  it('sends those who ask elsewhere', async () => {
    fake.moveTo('https://cncrestapi.getui.com')
    expect((await auth()).body).toMatchObject({
      code: 301,
      data: { hostList: [{ domainList: ['https://cncrestapi.getui.com'] }] },
    })
  })

  describe('on its way to a device', () => {
    const send = async (changes: object = {}) =>
      post('/push/single/cid', push(changes), { token: await token() })

    it('rings an Android phone that is on line only for title, content and payload exactly', async () => {
      const phone = fake.phones.add(CID)
      expect((await send()).body.data).toMatchObject({
        [fake.pushes[0]!.taskId]: { [CID]: 'successed_online' },
      })
      await send({ push_message: { transmission: '{"title":"t","content":"c"}' } })
      expect(phone.shown).toHaveLength(1)
      expect(phone.received).toEqual(['{"title":"t","content":"c"}'])
    })

    it('reaches a phone that is off line only by a maker’s channel, and otherwise when it is back in time', async () => {
      const bare = fake.phones.add(CID, { online: false })
      await send({ settings: { ttl: 1000 } })
      await send({ settings: { ttl: 100_000 } })
      expect(bare.shown).toEqual([])
      now += 50_000
      bare.connect(now)
      expect(bare.shown).toHaveLength(1)
      const huawei = fake.phones.add(CID, { online: false, maker: 'hw' })
      await send()
      expect(huawei.shown).toEqual([])
      await send(ups({}))
      expect(huawei.shown).toHaveLength(1)
    })

    it('tells a listener', async () => {
      fake.phones.add(CID)
      const heard: unknown[] = []
      const stop = fake.phones.onDelivered((delivered) => heard.push(delivered))
      await send()
      stop()
      await send()
      expect(heard).toEqual([
        { token: CID, platform: 'android', what: 'shown', title: 't', body: 'c', payload: 'p' },
      ])
    })

    it('revokes on Xiaomi and vivo only', async () => {
      for (const [maker, left] of [
        ['xm', 0],
        ['vv', 0],
        ['hw', 1],
      ] as const) {
        const phone = fake.phones.add(CID, { online: false, maker })
        await send(ups({}))
        const revoke = { old_task_id: fake.pushes.at(-1)!.taskId }
        await send({ push_channel: { android: { ups: { revoke } } } })
        expect(phone.shown).toHaveLength(left)
      }
    })
  })
})
