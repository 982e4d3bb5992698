import { createHmac, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startUnicloudFake } from '@herald/push-fakes/unicloud-fake'
import { verifyHttpInfo, type HttpEvent } from '@herald/push-fakes/s2s-verification'

const KEY = 'sign-key-of-32-characters-or-so!'
const NOW = 1_750_000_000_000

function event(body: object, changes: Partial<HttpEvent> & { text?: string; at?: number } = {}): HttpEvent {
  const { text = '', at = NOW, ...others } = changes
  const signature = createHmac('sha256', KEY).update(`${at}\n${text}`).digest('hex')
  return {
    path: '/',
    httpMethod: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'UNICLOUD-S2S-TIMESTAMP': String(at),
      'unicloud-s2s-signature': `hmac-sha256 ${signature}`,
    },
    queryStringParameters: {},
    body: JSON.stringify(body),
    isBase64Encoded: false,
    ...others,
  }
}

describe('the verification of uni-cloud-s2s', () => {
  it('takes what the vendor’s example signs: by name, without what is nested', () => {
    const signed = event(
      { num: 1, str: 'abc', bool: true, arr: [1, 2, 3] },
      { text: 'bool=true&num=1&str=abc' },
    )
    expect(() => verifyHttpInfo(signed, KEY, NOW)).not.toThrow()
  })

  it.each([
    ['a changed field', event({ a: 2 }, { text: 'a=1' })],
    ['a field more', event({ a: 1, b: 2 }, { text: 'a=1' })],
    ['GET', event({ a: 1 }, { text: 'a=1', httpMethod: 'GET' })],
    ['another type', event({ a: 1 }, { text: 'a=1', headers: { 'content-type': 'text/plain' } })],
    ['no headers', event({ a: 1 }, { headers: { 'content-type': 'application/json' } })],
    ['an old one', event({ a: 1 }, { text: 'a=1', at: NOW - 60_001 })],
    ['one of the future', event({ a: 1 }, { text: 'a=1', at: NOW + 60_001 })],
  ])('refuses %s', (_what, wrong) => {
    expect(() => verifyHttpInfo(wrong, KEY, NOW)).toThrow(expect.objectContaining({ errCode: 51000 }))
  })

  it('does not see a change of what is nested: so it must not be believed', () => {
    const text = 'a=1'
    expect(() => verifyHttpInfo(event({ a: 1, nested: { b: 1 } }, { text }), KEY, NOW)).not.toThrow()
  })
})

describe('the fake of uni-push 2.0', () => {
  let fake: Awaited<ReturnType<typeof startUnicloudFake>>
  beforeEach(async () => {
    fake = await startUnicloudFake({ signKey: KEY, now: () => NOW })
  })
  afterEach(() => fake.close())

  const CID = 'c1'.repeat(16)
  const message = (changes: object = {}) => ({
    push_clientid: CID,
    title: 'title',
    content: 'content',
    payload: { a: 1 },
    ...changes,
  })

  it('answers 200 whatever the function returns', async () => {
    const response = await fetch(fake.url, { method: 'POST', body: '{}' })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ errCode: 51000 })
  })

  it('rings everybody when no audience is given', async () => {
    const phones = Array.from({ length: 3 }, () => fake.phones.add(randomUUID()))
    await fake.sendMessage(message({ push_clientid: undefined, force_notification: true }))
    expect(phones.map(({ shown }) => shown.length)).toEqual([1, 1, 1])
    expect(fake.broadcasts()).toBe(1)
  })

  it('ignores devices beyond 500 without a word', async () => {
    const cids = Array.from({ length: 600 }, (_, index) => `cid${index}`)
    for (const cid of cids) fake.phones.add(cid)
    const { errCode } = await fake.sendMessage(message({ push_clientid: cids, force_notification: true }))
    expect(errCode).toBe(0)
    expect(fake.phones.all.filter(({ shown }) => shown.length > 0)).toHaveLength(500)
  })

  it.each([
    ['two audiences', { user_id: 'u1' }],
    ['more than 1000 cids', { push_clientid: Array.from({ length: 1001 }, () => CID) }],
    ['a title of 20', { title: 'x'.repeat(20) }],
    ['a content of 50', { content: 'x'.repeat(50) }],
    ['a payload of 800', { payload: { a: 'x'.repeat(792) } }],
    ['a short request id', { request_id: '123' }],
    ['a ttl of four days', { settings: { ttl: 4 * 86_400_000 } }],
    ['a field of another name', { forceNotification: true }],
  ])('refuses %s', async (_what, changes) => {
    fake.phones.add(CID)
    expect(await fake.sendMessage(message(changes))).toMatchObject({ errCode: 'uni-cloud-push-error-20001' })
    expect(fake.pushes).toEqual([])
  })

  it('drops a repeated request id and says success', async () => {
    const phone = fake.phones.add(CID)
    const repeated = message({ request_id: 'request-0001', force_notification: true })
    await fake.sendMessage(repeated)
    expect(await fake.sendMessage(repeated)).toMatchObject({ errCode: 0 })
    expect(phone.shown).toHaveLength(1)
  })

  it('shows a notification on line only when it is forced to', async () => {
    const phone = fake.phones.add(CID)
    await fake.sendMessage(message())
    expect([phone.shown.length, phone.received.length]).toEqual([0, 1])
    await fake.sendMessage(message({ force_notification: true }))
    expect([phone.shown.length, phone.received.length]).toEqual([1, 1])
  })
})
