import type { DeviceBody, TokenInfo } from '@herald/protocol'
import type { DeviceKey } from '../../../gateway/contracts/devices'
import type { PushRow } from '../../../gateway/contracts/push-ledger'
import type { Bus } from '../../../gateway/contracts/bus'
import type { Store } from '../../../gateway/contracts/store'
import type { UserLimits } from '../../../gateway/contracts/user-limits'

export interface SuiteOptions {
  readonly now?: () => number
  readonly limits?: UserLimits
}

/** Opens an empty store, which the test's end closes, and the bus that it tells. */
export type OpenStore = (options?: SuiteOptions) => Promise<Store & { readonly bus: Bus }>

export const START = Date.UTC(2026, 5, 1)

export const session: TokenInfo = {
  ...{ id: 't_session', user: null, label: '', created: 0, expires: null },
  scopes: { publish: [], read: true, admin: false },
}

export const phone = (token: string): DeviceBody => ({
  ...{ platform: 'ios', notifications: true, preview: true, sound: true },
  push: [{ provider: 'apns', app: 'com.example', environment: 'production', kind: 'alert', token }],
})

/** A user with a phone that can be rung. */
export async function addPhone({ directory, devices }: Store, user: string): Promise<DeviceKey> {
  await directory.createUser(user)
  const device = `${user}-phone`
  await devices.put(user, device, session, phone(`token-${user}`))
  return { user, device }
}

const claimAt = (now: number, owner = 'one') => ({ owner, now, until: now + 60_000 })

/** A message of a user, found by a sweep to be missing on the phone: one row that is due. */
export async function leavePush({ log, pushes }: Store, key: DeviceKey, now: number): Promise<void> {
  const { feed, epoch, seq } = await log.append(`user:${key.user}`, { body: 'x', priority: 3 })
  const sweep = await pushes.claimSweep(claimAt(now))
  if (!sweep) throw new Error('an append opened no sweep')
  const row = { ...key, feed, epoch, first: seq, last: seq, now, due: now }
  await pushes.advanceSweep({
    ...{ id: sweep.id, after: key, until: 0 },
    pushes: [{ ...row, state: 'waiting', reason: 'not_connected' }],
  })
  await pushes.finishSweep(sweep.id, null)
}

export const claim = async ({ pushes }: Store, now: number, owner = 'one'): Promise<PushRow[]> =>
  (await pushes.claimPushes({ ...claimAt(now, owner), limit: 256 })).flat()

/** A service has taken the push. */
export const accept = ({ pushes }: Store, row: PushRow, now: number): Promise<void> =>
  pushes.settle([
    {
      ...{ keys: [row], state: 'pushed', reason: 'accepted', due: null, provider: 'apns' },
      ...{ accepted: now, ref: row.push, step: { time: now, reason: 'accepted', provider: 'apns' } },
    },
  ])
