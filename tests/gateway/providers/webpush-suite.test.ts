import { startWebPushFake } from '@herald/push-fakes/webpush-fake'
import { EndpointGuard } from '../../../gateway/providers/endpoint-guard'
import type { PushTarget } from '../../../gateway/providers/provider'
import { openVapidKeys } from '../../../gateway/providers/webpush/vapid-keys'
import { WebPushProvider } from '../../../gateway/providers/webpush/webpush-provider'
import { providerSuite, type Fault } from './provider-suite'

providerSuite(
  'Web Push',
  async () => {
    const fake = await startWebPushFake()
    const keys = openVapidKeys({ load: () => undefined, save: () => undefined })
    const open = (contact: string) =>
      new WebPushProvider({ keys, contact, guard: new EndpointGuard([fake.url]), services: [fake.url] })
    const provider = open('mailto:ops@example.com')
    // Apple refuses such a contact, and so does the fake.
    const stranger = open('mailto:ops@localhost')
    const { endpoint, keys: browserKeys } = fake.newSubscription(keys.publicKey)
    const target: PushTarget = {
      provider: 'webpush',
      app: keys.publicKey,
      environment: 'production',
      kind: 'alert',
      token: endpoint,
      keys: browserKeys,
    }
    const arrange = (fault: Fault): void => {
      if (fault === 'gone') fake.end(endpoint)
      if (fault === 'refused') fake.script({ status: 413 })
      if (fault === 'credentials') fake.script({ status: 403, body: '{"reason":"BadJwtToken"}' })
      if (fault === 'busy') fake.script({ status: 503, headers: { 'retry-after': '30' } })
      if (fault === 'hang' || fault === 'drop' || fault === 'nonsense') fake.script(fault)
      if (fault === 'redirect') fake.script({ status: 307, headers: { location: endpoint } })
    }
    return {
      ...{ provider, stranger, target, arrange },
      badTarget: { ...target, token: 'not an endpoint' },
      secrets: [browserKeys.auth, browserKeys.p256dh],
      shown: () => fake.delivered.map(({ plaintext }) => ({ payload: plaintext })),
      received: () => fake.received,
      stop: () => fake.close(),
      async close() {
        await Promise.all([provider.close(), stranger.close()])
        await fake.close()
      },
    }
  },
  { without: ['quota'], noText: true },
)
