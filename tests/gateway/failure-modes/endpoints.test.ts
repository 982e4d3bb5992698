import { createECDH, randomBytes } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startWebPushFake } from '@herald/push-fakes/webpush-fake'
import { EndpointGuard, type LookupAll } from '../../../gateway/providers/endpoint-guard'
import { openVapidKeys } from '../../../gateway/providers/webpush/vapid-keys'
import { WebPushProvider } from '../../../gateway/providers/webpush/webpush-provider'
import { startWholeGateway } from './whole-gateway'

const keys = openVapidKeys({ load: () => undefined, save: () => undefined })

const browserKeys = () => ({
  p256dh: createECDH('prime256v1').generateKeys().toString('base64url'),
  auth: randomBytes(16).toString('base64url'),
})

async function start(guard: EndpointGuard) {
  const provider = new WebPushProvider({ keys, contact: 'mailto:ops@example.com', guard })
  onTestFinished(() => provider.close())
  const gateway = await startWholeGateway({ providers: [provider], guard })
  const token = await gateway.addUser('ann')
  const put = (endpoint: string, own = browserKeys()) =>
    gateway.request('PUT', '/v1/me/devices/ann-browser', token, {
      platform: 'h5',
      push: [{ provider: 'webpush', app: keys.publicKey, token: endpoint, keys: own }],
    })
  return { gateway, token, put }
}

describe('bad input: an endpoint', () => {
  it.each([
    'https://192.168.1.1/push',
    'https://10.0.0.7/push',
    'https://127.0.0.1/push',
    'https://[::1]/push',
    'https://169.254.169.254/latest/meta-data',
    'https://0x7f.1/push',
    'https://router.local/push',
    'http://push.example.com/1',
    'https://push.example.com:8443/1',
    'https://user:secret@push.example.com/1',
  ])(
    'in a private address range, or made to look otherwise, is refused at registration: %s',
    async (endpoint) => {
      const { gateway, put } = await start(new EndpointGuard([]))
      const answer = await put(endpoint)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({
        error: {
          code: 'invalid_body',
          message: expect.stringMatching(/^push\.token: the endpoint must/) as unknown,
        },
      })
      expect(await gateway.devices.registrationsOf('ann', 'ann-browser')).toEqual([])
    },
  )

  it('whose public name leads into a private network is refused when it is called, and a person is told so', async () => {
    const lookup: LookupAll = (_host, _options, done) => {
      done(null, [{ address: '127.0.0.1', family: 4 }])
    }
    const { gateway, token, put } = await start(new EndpointGuard([], lookup))
    expect((await put('https://push.example.com/1')).status).toBe(200)
    const { id } = await gateway.publish('user:ann')
    await gateway.pass(1000)
    expect(await gateway.fate(id, 'ann-browser', token)).toMatchObject({
      ...{ state: 'dead', reason: 'refused' },
      details: ['the name of the endpoint leads into a private network'],
    })
  })

  it('that is a push service’s own is taken, and rings', async () => {
    const fake = await startWebPushFake()
    onTestFinished(() => fake.close())
    const { gateway, token, put } = await start(new EndpointGuard([fake.url]))
    const browser = fake.newSubscription(keys.publicKey)
    expect((await put(browser.endpoint, browser.keys)).status).toBe(200)
    const { id } = await gateway.publish('user:ann')
    await gateway.pass(1000)
    expect(fake.delivered.map(({ plaintext }) => JSON.parse(plaintext) as object)).toMatchObject([{ id }])
    expect(await gateway.fate(id, 'ann-browser', token)).toMatchObject({ state: 'pushed' })
  })
})
