import { ApnsProvider } from '../../../../gateway/providers/apns/apns-provider'
import type { ApnsFault } from '@herald/push-fakes/apns-fake'
import { providerSuite, type Fault } from '../provider-suite'
import { makeKey, settingsFor, startApns, target, TOKEN } from './apns-under-test'

const faults: Readonly<Record<Exclude<Fault, 'quota'>, ApnsFault>> = {
  gone: { type: 'answer', status: 410, reason: 'Unregistered', timestamp: 1_700_000_000_000 },
  refused: { type: 'answer', status: 413, reason: 'PayloadTooLarge' },
  credentials: { type: 'answer', status: 403, reason: 'InvalidProviderToken' },
  busy: { type: 'answer', status: 503, reason: 'ServiceUnavailable' },
  hang: { type: 'hang' },
  drop: { type: 'kill', taken: true },
  nonsense: { type: 'answer', status: 299, body: '<html>' },
  redirect: { type: 'answer', status: 307, headers: { location: `/3/device/${TOKEN}` } },
}

providerSuite(
  'apns',
  async () => {
    const { fake, provider, key } = await startApns()
    const stranger = new ApnsProvider(settingsFor(fake, makeKey()))
    const checks = () =>
      [...fake.pushes, ...fake.refused].filter(({ token }) => token === '0'.repeat(64)).length
    return {
      provider,
      stranger,
      target: target(),
      badTarget: target({ token: '{length = 32, bytes = 0x01020304 05060708 ... 1d1e1f20 }' }),
      secrets: [key.pem],
      shown: () =>
        fake.pushes.map(({ payload }) => ({
          ...(payload.aps as { alert?: { title: string; body: string } }).alert,
          payload: payload.payload,
        })),
      received: () => fake.requests - checks(),
      arrange: (fault) => {
        if (fault !== 'quota') fake.script(faults[fault])
      },
      stop: () => fake.close(),
      close: async () => {
        await Promise.all([provider.close(), stranger.close()])
        await fake.close()
      },
    }
  },
  // APNs limits single devices, and says so by TooManyRequests; it has no limit for an app.
  { without: ['quota'] },
)
