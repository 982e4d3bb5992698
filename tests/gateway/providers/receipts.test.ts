import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startGetuiFake } from '@herald/push-fakes/getui-fake'
import { GetuiProvider } from '../../../gateway/providers/getui/getui-provider'
import { JpushProvider } from '../../../gateway/providers/jpush/jpush-provider'
import { ReceiptError } from '../../../gateway/providers/provider'

const KEYS = { appId: 'AppIdOfGetui', appKey: 'app-key', masterSecret: 'master-secret' }
const CID = 'c1'.repeat(16)
const NOW = 1_750_000_000_000

describe('receipts of Getui', () => {
  let fake: Awaited<ReturnType<typeof startGetuiFake>>
  beforeEach(async () => {
    fake = await startGetuiFake({ ...KEYS, now: () => NOW })
  })
  afterEach(() => fake.close())
  const provider = new GetuiProvider({
    ...KEYS,
    url: 'http://127.0.0.1:1',
    androidPackage: undefined,
    vendorOptions: {},
    harmonyCategory: undefined,
    perMinute: 0,
    perDay: 0,
  })
  const read = (body: string) => provider.readReceipts({}, body)

  it('are read line by line', () => {
    const steps = ['0', '10000', '10010', '10009', '10019', '110000', '150000']
    const body = steps.map((actionId) => fake.receipt('RASS_1', CID, actionId)).join('')
    expect(read(body).map(({ what }) => what)).toEqual([
      ...['arrived', 'shown', 'clicked', 'shown', 'clicked', 'arrived', 'arrived'],
    ])
    expect(read(body)[0]).toEqual({
      ref: 'RASS_1',
      token: CID,
      what: 'arrived',
      time: NOW,
      detail: 'success action 0',
    })
  })

  it('D4-08: tell a push that was taken and did not arrive, and why', () => {
    const line = fake.receipt('RASS_1', CID, '120000', { code: '402', desc: 'vendor token is invalid' })
    expect(read(line)).toMatchObject([
      { what: 'not_arrived', detail: expect.stringContaining('402 vendor token is invalid') },
    ])
  })

  it('leave out steps that have no name here', () => {
    expect(read(fake.receipt('RASS_1', CID, '999') + fake.receipt('RASS_2', CID, '0'))).toHaveLength(1)
  })

  it.each([
    ['another cid', { cid: 'd'.repeat(32) }],
    ['another task', { taskid: 'RASS_2' }],
    ['no signature', { sign: '' }],
    ['a signature that is none', { sign: 'z'.repeat(32) }],
    ['no time', { recvtime: 'soon' }],
  ])('are refused as a whole with %s in one line', (_what, changes) => {
    const body = fake.receipt('RASS_1', CID, '0') + fake.receipt('RASS_1', CID, '0', changes)
    expect(() => read(body)).toThrow(ReceiptError)
  })

  it.each(['', '\n', 'not json', '[]', 'null'])('are refused when they are %j', (body) => {
    expect(() => read(body)).toThrow(ReceiptError)
  })

  it('are refused when they are for another app, however well signed', async () => {
    const other = await startGetuiFake({ ...KEYS, appId: 'AnotherApp' })
    expect(() => read(other.receipt('RASS_1', CID, '0'))).toThrow('another app')
    await other.close()
  })
})

describe('receipts of JPush', () => {
  const provider = new JpushProvider(
    {
      appKey: KEYS.appKey,
      masterSecret: KEYS.masterSecret,
      url: 'http://127.0.0.1:1',
      vendorOptions: {},
      classification: 1,
      androidChannel: undefined,
      badgeClass: undefined,
      harmonyCategory: undefined,
      iosBytes: 2000,
      audiences: new Set(),
      perMinute: 0,
    },
    () => NOW,
  )
  const authorization = `Basic ${Buffer.from('app-key:master-secret').toString('base64')}`
  const read = (body: unknown, headers: Record<string, string | string[]> = { authorization }) =>
    provider.readReceipts(headers, typeof body === 'string' ? body : JSON.stringify(body))

  it('are read in whatever wrapping and spelling they come', () => {
    const entry = { msg_id: '18', registration_id: 'rid1', type: 1, itime: 1_750_000_000 }
    const expected = { ref: '18', token: 'rid1', what: 'arrived', time: 1_750_000_000_000 }
    for (const body of [entry, [entry], { data: [entry] }]) expect(read(body)).toMatchObject([expected])
    expect(read({ msgid: 18, rid: 'rid1', status: 'clicked' })).toMatchObject([
      { ref: '18', token: 'rid1', what: 'clicked', time: NOW },
    ])
  })

  it('leave out what they do not understand', () => {
    expect(read([{ msg_id: '1', type: 8 }, { type: 1 }, 7, null, { msg_id: '2', type: 2 }])).toMatchObject([
      { ref: '2', what: 'clicked' },
    ])
  })

  it('are refused without this app’s key and secret, and when they are no JSON', () => {
    expect(() => read([], {})).toThrow(ReceiptError)
    expect(() => read([], { authorization: `${authorization}x` })).toThrow(ReceiptError)
    expect(() => read([], { authorization: [authorization] })).toThrow(ReceiptError)
    expect(() => read('not json')).toThrow(ReceiptError)
  })
})
