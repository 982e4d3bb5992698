import { describe, expect, it, onTestFinished } from 'vitest'
import type { SharedPresence, SharedSocket } from '../../../gateway/contracts/cluster'
import { Everywhere } from '../../../gateway/presence/everywhere'
import { Presence } from '../../../gateway/presence/presence'
import { SharedPlaces } from '../simulation/cluster/shared-places'

const NOW = 1_000_000

const socketOf = (user: string, device: string): SharedSocket => ({
  ...{ user, device, platform: 'ios', app: undefined, tokenId: 't_1' },
})

/** A gateway that has no sockets, among others that have. It notes what it asks for. */
function open() {
  const places = new SharedPlaces(() => NOW)
  const asked: (readonly string[])[] = []
  const shared: SharedPresence = {
    enter: (gateway, socket, state) => Promise.resolve(places.enter(gateway, socket, state)),
    save: (gateway, leases) => {
      places.save(gateway, leases)
      return Promise.resolve()
    },
    of: (users) => {
      asked.push(users)
      return Promise.resolve(users.flatMap((user) => places.of(user)))
    },
    elsewhere: (gateway, devices) => Promise.resolve(places.elsewhere(gateway, devices)),
    sweep: () => Promise.resolve(),
  }
  const local = new Presence(37_500, () => NOW)
  const everywhere = new Everywhere({
    ...{ gateway: 'one', local, shared, leaseMs: 37_500, now: () => NOW },
    onFault: (error) => {
      throw error
    },
  })
  onTestFinished(() => everywhere.stop())
  return { places, asked, local, everywhere }
}

describe('devices at other gateways', () => {
  it('are one question for a whole page of followers', async () => {
    const { places, asked, local, everywhere } = open()
    const users = Array.from({ length: 200 }, (_, index) => `user-${String(index)}`)
    for (const user of users) places.enter('two', socketOf(user, 'phone'), 'foreground')
    local.heard('user-7', 'tablet', 'foreground')
    const known = await everywhere.among(users)
    expect(users.map((user) => known.of(user, 'phone')?.state)).toEqual(users.map(() => 'foreground'))
    expect(known.of('user-7', 'tablet')).toMatchObject({ state: 'foreground', until: NOW + 37_500 })
    expect(known.activeBeside('user-7', 'phone')).toEqual(['tablet'])
    expect(known.activeBeside('user-7', 'tablet')).toEqual(['phone'])
    expect(known.of('user-8', 'watch')).toBeUndefined()
    expect(asked).toEqual([users])
  })

  it('are believed as before when one is asked for alone', async () => {
    const { places, everywhere } = open()
    places.enter('two', socketOf('ann', 'phone'), 'background')
    expect(await everywhere.of('ann', 'phone')).toMatchObject({ state: 'background', isElsewhere: true })
    places.end('two')
    expect(await everywhere.of('ann', 'phone')).toMatchObject({ state: 'returning', until: NOW + 10_000 })
    expect(await everywhere.activeBeside('ann', 'tablet')).toEqual([])
  })
})
