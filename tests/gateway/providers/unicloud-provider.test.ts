import { parsePushPayload } from '@herald/protocol'
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isUnicloudPush, startUnicloudFake } from '@herald/push-fakes/unicloud-fake'
import { requestId } from '../../../gateway/providers/getui/getui-request'
import { signedHeaders } from '../../../gateway/providers/unicloud/unicloud-request'
import type { UnicloudSettings } from '../../../gateway/providers/unicloud/settings'
import { UnicloudProvider } from '../../../gateway/providers/unicloud/unicloud-provider'
import { loadCloudFunction } from './cloud-function'
import { clearAlert, messageAlert, providerSuite, type Fault } from './provider-suite'
import { messagePayload, never, targetOf } from './push-alerts'

const SIGN_KEY = 'sign-key-of-32-characters-or-so!'
const CID = 'c1'.repeat(16)
const target = targetOf('unipush', '__UNI__123456', CID)

const settingsOf = (url: string, changes: Partial<UnicloudSettings> = {}): UnicloudSettings => ({
  url,
  signKey: SIGN_KEY,
  vendorOptions: {},
  categories: undefined,
  perMinute: 0,
  perDay: 0,
  ...changes,
})

describe.each(['the function that people paste', 'the one in the fake'])('by %s', (which) => {
  providerSuite('uniCloud', async () => {
    const fake = await startUnicloudFake({ signKey: SIGN_KEY })
    if (which === 'the function that people paste') fake.install(loadCloudFunction(fake))
    const phone = fake.phones.add(CID)
    const refusals: Partial<Record<Fault, () => void>> = {
      gone: () => fake.refuseNext(20001, 'target user is invalid'),
      refused: () => fake.refuseNext(22001, 'the message is not allowed'),
      credentials: () => fake.refuseNext(10002, 'appkey is black-listed'),
      busy: () => fake.refuseNext(30019, 'system busy'),
      quota: () => fake.refuseNext(30004, 'the push number of today is over limit'),
      redirect: () => fake.fail({ type: 'redirect', to: fake.url }),
    }
    const provider = new UnicloudProvider(settingsOf(fake.url))
    const stranger = new UnicloudProvider(settingsOf(fake.url, { signKey: 'another-sign-key-of-somebody' }))
    return {
      provider,
      stranger,
      target,
      badTarget: targetOf('unipush', '__UNI__123456', 'not a client id'),
      secrets: [SIGN_KEY, 'another-sign-key-of-somebody'],
      shown: () => phone.shown,
      received: () => fake.requests.filter(isUnicloudPush).length,
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
})

describe('uniCloud', () => {
  let now: number
  let fake: Awaited<ReturnType<typeof startUnicloudFake>>
  let provider: UnicloudProvider

  beforeEach(async () => {
    now = Date.parse('2026-03-01T10:00:30Z')
    fake = await startUnicloudFake({ signKey: SIGN_KEY, now: () => now })
    fake.install(loadCloudFunction(fake))
    provider = new UnicloudProvider(settingsOf(fake.url), () => now)
  })
  afterEach(async () => {
    await provider.close()
    await fake.close()
  })
  const send = (changes: Parameters<typeof messageAlert>[0] = {}, by = provider) =>
    by.send(target, messageAlert({ expires: now + 3_600_000, ...changes }), never())

  it('signs as the vendor’s documents do', () => {
    // The key, the time and the signature are those of https://doc.dcloud.net.cn/uniCloud/uni-cloud-s2s.html
    const headers = signedHeaders({ b: 2, a: 1 }, 'q0etb3cl0s8mrlfdqp33ist1ou0r97pg', 1_677_743_381_925)
    expect(headers).toEqual({
      'Unicloud-S2s-Timestamp': '1677743381925',
      'Unicloud-S2s-Signature':
        'hmac-sha256 5c02499d2c45876ceb60635311f2368f672964f0555c08d05d76cb6361d92dd4',
    })
  })

  it('is refused when its clock is more than a minute off', async () => {
    fake.phones.add(CID)
    const late = new UnicloudProvider(settingsOf(fake.url), () => now - 61_000)
    expect(await send({}, late)).toMatchObject({ type: 'refused', blame: 'credentials' })
    const slightly = new UnicloudProvider(settingsOf(fake.url), () => now - 59_000)
    expect(await send({}, slightly)).toMatchObject({ type: 'accepted' })
  })

  it('D4-10: repeats under the same request id, so that the device rings once', async () => {
    const phone = fake.phones.add(CID)
    const alert = { pushId: randomUUID() }
    fake.fail({ type: 'drop' })
    expect(await send(alert)).toMatchObject({ type: 'retry', unknown: true })
    expect(await send(alert)).toMatchObject({ type: 'accepted' })
    expect(phone.shown).toHaveLength(1)
    expect(fake.dropped).toEqual([requestId({ type: 'message', ...alert })])
  })

  it('gives the app an object whose length the vendor takes', async () => {
    const phone = fake.phones.add(CID, { platform: 'ios', online: false })
    await send({ payload: messagePayload(randomUUID(), { title: 't', body: '文'.repeat(900) }) })
    expect(phone.shown[0]?.payload).toBeTypeOf('object')
    expect(parsePushPayload(phone.shown[0]?.payload)).toMatchObject({ type: 'message', seq: 7 })
    const ids = Array.from({ length: 50 }, () => randomUUID())
    const common = { herald: 1, to: 'recipient-hash', badge: 50 }
    await send({ payload: JSON.stringify({ ...common, type: 'summary', count: 50, ids }) })
    const summary = parsePushPayload(phone.shown[1]?.payload)
    expect(summary).toMatchObject({ type: 'summary', count: 50 })
    const kept = summary?.type === 'summary' ? summary.ids : []
    expect(kept.length).toBeGreaterThan(5)
    expect(kept).toEqual(ids.slice(-kept.length))
  })

  it('clears by way of the app under an id of its own, and shows nothing', async () => {
    const online = fake.phones.add(CID, { maker: 'hw', online: false })
    const pushId = randomUUID()
    await send({ pushId })
    online.connect(now)
    await provider.send(target, clearAlert({ pushId, expires: now + 60_000 }), never())
    expect(online.received).toHaveLength(1)
    expect(fake.dropped).toEqual([])
  })

  it('clears nothing but by way of the app', async () => {
    const online = fake.phones.add(CID, { maker: 'hw' })
    expect(await provider.send(target, clearAlert({ expires: now + 60_000 }), never())).toMatchObject({
      type: 'accepted',
    })
    expect(online.received).toHaveLength(1)
    expect(online.shown).toEqual([])
    const offline = fake.phones.add(CID, { maker: 'hw', online: false })
    await provider.send(target, clearAlert({ expires: now + 60_000 }), never())
    expect(offline.shown).toEqual([])
    offline.connect(now)
    expect(offline.received).toHaveLength(1)
    expect(offline.shown).toEqual([])
  })

  it('hands options and categories on', async () => {
    fake.phones.add(CID)
    const options = { HW: { '/message/android/category': 'IM' } }
    const categories = { harmony: 'IM' }
    await send(
      {},
      new UnicloudProvider(settingsOf(fake.url, { vendorOptions: options, categories }), () => now),
    )
    expect(fake.pushes[0]).toMatchObject({ options, category: categories })
  })

  it('fills the makers’ options with the texts of each message', async () => {
    fake.phones.add(CID)
    const vendorOptions = { XM: { '/extra.template_param': '{"title":"{title}","text":"{body}"}' } }
    await send(
      { title: 'Disk "full" 🔥', body: 'db1' },
      new UnicloudProvider(settingsOf(fake.url, { vendorOptions }), () => now),
    )
    expect(fake.pushes[0]?.options).toEqual({
      XM: { '/extra.template_param': '{"title":"Disk \\"full\\"","text":"db1"}' },
    })
  })

  it('tells a device that is long gone, and a cid that uni-push does not know', async () => {
    expect(await send()).toMatchObject({ type: 'gone' })
    fake.phones.add(CID).dormant = true
    expect(await send()).toMatchObject({ type: 'gone' })
  })

  it('says so when there is no function at the address', async () => {
    const lost = new UnicloudProvider(settingsOf(`${fake.url}/elsewhere`), () => now)
    expect(await send({}, lost)).toMatchObject({ type: 'refused', blame: 'credentials' })
    expect(await lost.check(never())).toMatchObject({ ok: false })
  })

  it('does not know what became of a push when the function failed', async () => {
    fake.phones.add(CID)
    fake.install(() => Promise.reject(new Error('out of memory')))
    expect(await send()).toMatchObject({ type: 'retry', unknown: true })
  })

  it('D4-17: sends nothing beyond the limits that are set', async () => {
    fake.phones.add(CID)
    const limited = new UnicloudProvider(settingsOf(fake.url, { perMinute: 1, perDay: 2 }), () => now)
    await send({}, limited)
    expect(await send({}, limited)).toMatchObject({
      type: 'quota',
      until: Date.parse('2026-03-01T10:01:00Z'),
    })
    now += 60_000
    await send({}, limited)
    now += 60_000
    expect(await send({}, limited)).toMatchObject({
      type: 'quota',
      until: Date.parse('2026-03-01T16:00:00Z'),
    })
    expect(fake.pushes).toHaveLength(2)
  })
})

describe('the function that people paste', () => {
  let fake: Awaited<ReturnType<typeof startUnicloudFake>>
  beforeEach(async () => {
    fake = await startUnicloudFake({ signKey: SIGN_KEY })
    fake.install(loadCloudFunction(fake))
    fake.phones.add(CID)
  })
  afterEach(() => fake.close())

  async function call(fields: Record<string, unknown>, signed: Record<string, unknown> = fields) {
    const primitives = signed as Record<string, string | number>
    const response = await fetch(fake.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signedHeaders(primitives, SIGN_KEY, Date.now()) },
      body: JSON.stringify(fields),
    })
    return (await response.json()) as { errCode: unknown; errMsg: string }
  }
  const push = (changes: object = {}) =>
    JSON.stringify({
      push_clientid: CID,
      request_id: randomUUID().replaceAll('-', ''),
      title: 'title',
      content: 'content',
      payload: {},
      force_notification: true,
      ...changes,
    })

  it('sends what is signed', async () => {
    expect(await call({ action: 'send', version: 1, push: push() })).toMatchObject({ errCode: 0 })
    expect(fake.pushes).toHaveLength(1)
  })

  it('refuses a push that was changed on the way', async () => {
    const signed = { action: 'send', version: 1, push: push() }
    expect(await call({ ...signed, push: push({ title: 'changed' }) }, signed)).toMatchObject({
      errCode: 51000,
    })
  })

  it('refuses a nested push, which no signature covers', async () => {
    const nested = { action: 'send', version: 1, push: JSON.parse(push()) as object }
    expect(await call(nested, { action: 'send', version: 1 })).toMatchObject({ errCode: 'herald-push' })
    expect(fake.pushes).toEqual([])
  })

  it.each([
    ['no audience', { push_clientid: undefined }],
    ['an empty one', { push_clientid: '' }],
    ['several', { push_clientid: [CID, CID] }],
    ['users', { user_id: 'u1' }],
    ['a tag', { push_clientid: undefined, user_tag: 'all' }],
    ['no request id', { request_id: undefined }],
  ])('rings nobody when it is given %s', async (_what, changes) => {
    expect(await call({ action: 'send', version: 1, push: push(changes) })).toMatchObject({
      errCode: 'herald-push',
    })
    expect(fake.broadcasts()).toBe(0)
    expect(fake.pushes).toEqual([])
  })

  it('takes a body that uniCloud has encoded', async () => {
    const body = { action: 'check', version: 1 }
    const main = loadCloudFunction({ ...fake, verifyHttpInfo: () => undefined })
    const event = { path: '/', httpMethod: 'POST', headers: {}, queryStringParameters: {} }
    const encoded = Buffer.from(JSON.stringify(body)).toString('base64')
    expect(await main({ ...event, body: encoded, isBase64Encoded: true })).toMatchObject({ errCode: 0 })
  })

  it('passes on what uni-push throws', async () => {
    const thrown = Object.assign(new Error('daily'), {
      errCode: 'uni-cloud-push-error-30004',
      errMsg: 'daily',
    })
    fake.install(loadCloudFunction({ ...fake, sendMessage: () => Promise.reject(thrown) }))
    expect(await call({ action: 'send', version: 1, push: push() })).toEqual({
      errCode: 'uni-cloud-push-error-30004',
      errMsg: 'daily',
    })
  })

  it('says that another version is asked for', async () => {
    expect(await call({ action: 'send', version: 2, push: push() })).toMatchObject({
      errCode: 'herald-version',
    })
  })
})
