import { afterEach, describe, expect, it, vi } from 'vitest'
import { LocalBus } from '../../../gateway/bus/local'
import type { Ended } from '../../../gateway/contracts/cluster'
import type { BusEvents } from '../../../gateway/contracts/bus'
import type { DeviceKey } from '../../../gateway/contracts/devices'
import { lookUpMissed, type MissedOptions } from '../../../gateway/ws/missed'

const PHONE = {
  user: 'ann',
  device: 'ann-phone',
  platform: 'ios',
  app: undefined,
  tokenId: 't_1',
  since: 10_000,
} as const
const TABLET = { ...PHONE, device: 'ann-tablet' }
const SPAN = { feed: 'user:ann', epoch: 'e', first: 3, last: 4 }

afterEach(() => {
  vi.useRealTimers()
})

/**
 * A gateway with two live devices, of which push services have taken something for the phone.
 * @param signedOut when, ms @param away how many questions the store does not answer
 */
function open(onFault: (error: unknown) => void, signedOut: Ended['devices'] = [], away = 0) {
  const bus = new LocalBus(onFault)
  const [told, asked]: [BusEvents['pushed'][], number[]] = [[], []]
  const closed: Ended['devices'][] = []
  const options: MissedOptions = {
    ...{ bus, gateway: 'one', onFault },
    missed: {
      heads: () => (away-- > 0 ? Promise.reject(new Error('no primary')) : Promise.resolve([])),
      changed: () => Promise.resolve([]),
      ended: () => Promise.resolve({ tokens: [], users: [], devices: signedOut }),
      pushed: (devices: readonly DeviceKey[], withinMs) => {
        asked.push(withinMs)
        return Promise.resolve(devices.filter(({ device }) => device === PHONE.device))
      },
    },
    presence: { elsewhere: () => Promise.resolve([]) },
    subscriptions: { feedsOf: () => Promise.resolve([]) },
    pushes: { pushedTo: () => Promise.resolve([SPAN]) },
    endpoint: {
      live: [PHONE, TABLET],
      renew: () => undefined,
      end: ({ devices }) => closed.push(devices as Ended['devices']),
    },
    hub: {
      heard: new Map(),
      ...{ grew: () => undefined, refresh: () => undefined, replaced: () => undefined },
      pushed: (event) => told.push(event),
    },
  }
  const stop = lookUpMissed(options)
  return { bus, told, asked, closed, stop }
}

describe('what other gateways told and may not have come', () => {
  it('is found of pushes too: the app that would present them again is told what services took', async () => {
    const faults: unknown[] = []
    vi.useFakeTimers()
    const { bus, told, asked } = open((error) => faults.push(error))
    bus.tell('missed', { withinMs: 2500 })
    await vi.advanceTimersByTimeAsync(0)
    expect(told).toEqual([{ user: 'ann', device: 'ann-phone', spans: [SPAN] }])
    expect(asked).toEqual([2500])
    expect(faults).toEqual([])
  })

  it('is found of sign-outs, and ends no socket of a device that has signed in again since', async () => {
    const before = { user: 'ann', device: 'ann-phone', at: 12_000 }
    const since = { user: 'ann', device: 'ann-tablet', at: 8000 }
    const { bus, closed } = open(() => undefined, [before, since])
    bus.tell('missed', { withinMs: 2500 })
    await expect.poll(() => closed).toEqual([[before]])
  })

  it('is looked up again, and as far back, when the store did not answer', async () => {
    vi.useFakeTimers()
    const faults: unknown[] = []
    const { bus, told, asked } = open((error) => faults.push(error), [], 2)
    bus.tell('missed', { withinMs: 2500 })
    await vi.advanceTimersByTimeAsync(3999)
    expect([faults.length, told]).toEqual([2, []])
    await vi.advanceTimersByTimeAsync(1)
    expect(told).toEqual([{ user: 'ann', device: 'ann-phone', spans: [SPAN] }])
    expect(asked).toEqual([6500])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is looked up no more when the gateway has left', async () => {
    vi.useFakeTimers()
    const faults: unknown[] = []
    const { bus, stop } = open((error) => faults.push(error), [], Infinity)
    bus.tell('missed', { withinMs: 2500 })
    await vi.advanceTimersByTimeAsync(0)
    stop()
    bus.tell('missed', { withinMs: 2500 })
    await vi.advanceTimersByTimeAsync(10_000)
    expect([faults.length, vi.getTimerCount()]).toEqual([1, 0])
  })
})
