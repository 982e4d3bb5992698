import { describe, expect, it } from 'vitest'
import { LocalBus } from '../../../gateway/bus/local'
import type { BusEvents } from '../../../gateway/contracts/bus'
import type { DeviceKey } from '../../../gateway/contracts/devices'
import { lookUpMissed, type MissedOptions } from '../../../gateway/ws/missed'

const PHONE = { user: 'ann', device: 'ann-phone', platform: 'ios', app: undefined, tokenId: 't_1' } as const
const TABLET = { ...PHONE, device: 'ann-tablet' }
const SPAN = { feed: 'user:ann', epoch: 'e', first: 3, last: 4 }

/** A gateway with two live devices, of which push services have taken something for the phone. */
function open(onFault: (error: unknown) => void) {
  const bus = new LocalBus(onFault)
  const [told, asked]: [BusEvents['pushed'][], number[]] = [[], []]
  const none = { tokens: [], users: [], devices: [] }
  const options: MissedOptions = {
    ...{ bus, gateway: 'one', onFault },
    missed: {
      heads: () => Promise.resolve([]),
      changed: () => Promise.resolve([]),
      ended: () => Promise.resolve(none),
      pushed: (devices: readonly DeviceKey[], withinMs) => {
        asked.push(withinMs)
        return Promise.resolve(devices.filter(({ device }) => device === PHONE.device))
      },
    },
    presence: { elsewhere: () => Promise.resolve([]) },
    subscriptions: { feedsOf: () => Promise.resolve([]) },
    pushes: { pushedTo: () => Promise.resolve([SPAN]) },
    endpoint: { live: [PHONE, TABLET], renew: () => undefined, end: () => undefined },
    hub: {
      heard: new Map(),
      ...{ grew: () => undefined, refresh: () => undefined, replaced: () => undefined },
      pushed: (event) => told.push(event),
    },
  }
  lookUpMissed(options)
  return { bus, told, asked }
}

describe('what other gateways told and may not have come', () => {
  it('is found of pushes too: the app that would present them again is told what services took', async () => {
    const faults: unknown[] = []
    const { bus, told, asked } = open((error) => faults.push(error))
    bus.tell('missed', { withinMs: 2500 })
    await expect.poll(() => told).toEqual([{ user: 'ann', device: 'ann-phone', spans: [SPAN] }])
    expect(asked).toEqual([2500])
    expect(faults).toEqual([])
  })
})
