import { HeraldError } from '@herald/protocol'
import type { DeviceKey, DeviceRecord, Devices, RegistrationKey } from '../../../../gateway/contracts/devices'
import type { UserLimits } from '../../../../gateway/contracts/user-limits'
import { byDevice, type KnownDevice, type State } from './state'

const keyOf = ({ provider, app, environment, kind, token }: RegistrationKey): string =>
  [provider, app, environment, kind, token].join(' ')

/** Signs devices out: nothing rings them any more. */
export function endDevices(state: State, matches: (device: KnownDevice) => boolean): void {
  for (const device of state.devices.values()) {
    if (device.record.ended !== undefined || !matches(device)) continue
    device.record = { ...device.record, ended: state.now() }
    device.live = false
    dropRegistrations(state, device.record)
    const { user, id } = device.record
    for (const [node, one] of state.chatNodes)
      if (one.user === user && one.device === id) state.chatNodes.delete(node)
  }
}

function dropRegistrations(state: State, { user, id }: DeviceRecord): void {
  for (const [key, one] of state.registrations)
    if (one.user === user && one.device === id) state.registrations.delete(key)
}

export function memoryDevices(state: State, limits: UserLimits): Devices {
  const registrationsOf = (user: string, device: string) =>
    [...state.registrations.values()].filter((one) => one.user === user && one.device === device)
  const isOn = ({ record: { ended, expires } }: KnownDevice): boolean =>
    ended === undefined && (expires === null || expires > state.now())
  const isBehind = ({ user, id }: DeviceRecord, after: DeviceKey): boolean =>
    user > after.user || (user === after.user && id > after.device)
  const followersOf = (feed: string): DeviceRecord[] =>
    [...state.devices.values()]
      .map(({ record }) => record)
      .filter(({ user }) => state.follows.get(user)?.has(feed) === true)
      .sort(byDevice)

  return {
    put: (user, id, session, { platform, app, locale, timeZone, quietHours, push, ...body }) =>
      state.step(() => {
        const owner = state.users.get(user)
        if (state.removed.has(user) || (owner && owner.disabled !== null))
          throw new HeraldError('user_disabled')
        const token = [...state.tokens.values()].find(({ info }) => info.id === session.id)
        if (token?.revoked) throw new HeraldError('token_revoked')
        const key = `${user} ${id}`
        const others = [...state.devices].filter(
          ([other, device]) => other !== key && device.record.user === user && isOn(device),
        )
        if (limits.devices > 0 && others.length >= limits.devices) throw new HeraldError('device_limit')
        const { notifications, preview, sound } = body
        const record: DeviceRecord = {
          ...{ user, id, expires: session.expires, platform, locale, timeZone, quietHours },
          ...{ notifications, preview, sound, ended: undefined },
        }
        const known = state.devices.get(key)
        const now = state.now()
        state.devices.set(key, {
          ...{ record, session: session.id, app, seen: now },
          ...{ created: known?.created ?? now, live: known?.live ?? false },
        })
        dropRegistrations(state, record)
        for (const one of push) {
          state.registrations.delete(keyOf(one))
          state.registrations.set(keyOf(one), { ...one, registered: now, user, device: id })
        }
      }),
    end: (user, device) =>
      state.step(() => {
        endDevices(state, ({ record }) => record.user === user && record.id === device)
        state.bus.tell('device_ended', { user, device, at: state.now() })
      }),
    listOf: (user) =>
      state.step(() =>
        [...state.devices.values()]
          .filter(({ record }) => record.user === user && record.ended === undefined)
          .sort((a, b) => byDevice(a.record, b.record))
          .map(({ record: { id, platform, expires }, session, app, created, seen }) => ({
            ...{ id, session, platform, app, created, lastSeen: seen, expires },
            push: registrationsOf(user, id).length > 0,
          })),
      ),
    get: (user, device) => state.step(() => state.devices.get(`${user} ${device}`)?.record),
    registrationsOf: (user, device) =>
      state.step(() =>
        registrationsOf(user, device).map(({ user: _, device: __, ...registration }) => registration),
      ),
    drop: (key, since) =>
      state.step(() => {
        const known = state.registrations.get(keyOf(key))
        if (!known || (since !== undefined && known.registered >= since)) return false
        return state.registrations.delete(keyOf(key))
      }),
    noteLive: (notes) =>
      state.step(() => {
        for (const { user, device, live, at } of notes) {
          const known = state.devices.get(`${user} ${device}`)
          if (known) Object.assign(known, { live, seen: Math.max(known.seen, at) })
        }
      }),
    leftLive: () =>
      state.step(() =>
        [...state.devices.values()].flatMap(({ live, record }) =>
          live ? [{ user: record.user, device: record.id }] : [],
        ),
      ),
    followersOf: (feed, epoch, after, limit) =>
      state.step(() =>
        followersOf(feed)
          .filter((record) => record.ended === undefined && isBehind(record, after))
          .filter(({ user, id }) => registrationsOf(user, id).length > 0)
          .slice(0, limit)
          .map((device) => ({
            device,
            follow: {
              muted: state.follows.get(device.user)?.get(feed)?.muted === true,
              read: state.readOf(device.user, feed, epoch),
            },
          })),
      ),
    devicesOf: ({ feed, only, since, after, limit }) =>
      state.step(() =>
        followersOf(feed)
          .filter((record) => isBehind(record, after) && (only === undefined || record.user === only))
          .filter(({ ended }) => ended === undefined || ended > since)
          .slice(0, limit),
      ),
  }
}
