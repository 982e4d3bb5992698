import {
  HeraldError,
  type Platform,
  type Session,
  type SessionDevice,
  type TokenInfo,
} from '@herald/protocol'
import type { Devices, ListedDevice } from '../contracts/devices'
import type { PresenceView } from '../presence/presence'
import type { Directory, Principal } from '../contracts/directory'
import { isJwtId } from './jwt'

/** A live socket, as far as lists show it. */
export interface LiveDevice {
  readonly device: string
  readonly platform: Platform
  readonly app: string | undefined
  /** The token that it stands on. */
  readonly tokenId: string
}

/** Wherever its gateway is. */
export type LiveSocketsOf = (user: string) => Promise<readonly LiveDevice[]>

export interface SessionPorts {
  readonly directory: Directory
  readonly devices: Pick<Devices, 'listOf' | 'end'>
  readonly presence: Pick<PresenceView, 'of'>
  readonly socketsOf?: LiveSocketsOf
  readonly clock: { readonly now: () => number }
}

type Caller = Principal & { readonly user: { readonly id: string } }

/** How the ids of sessions begin that are a device and no token. Ids of tokens and devices hold no colon. */
const DEVICE_PREFIX = 'device:'

const deviceOf = (id: string): string | undefined =>
  id.startsWith(DEVICE_PREFIX) ? id.slice(DEVICE_PREFIX.length) : undefined

/**
 * Where a user is signed in. A token of the gateway is a session, with the devices that stand on it; a JWT has no row, so
 * there each device is one. A device is one that is registered, or one that is live.
 */
export class Sessions {
  readonly #ports: SessionPorts

  constructor(ports: SessionPorts) {
    this.#ports = ports
  }

  /** Every session of a user, the last used first. */
  ofUser(user: string): Promise<Session[]> {
    return this.#list(user, () => true, undefined, undefined)
  }

  /**
   * One's own: tokens that read and do nothing else, and devices. A token with more rights is an administrator's to end,
   * but for the one that asks.
   */
  ofCaller({ token, user }: Caller, device: string | undefined): Promise<Session[]> {
    const isOwn = (other: TokenInfo): boolean => other.id === token.id || isOnlyReading(other)
    return this.#list(user.id, isOwn, token, device)
  }

  /** Throws `session_not_found`. */
  async end(user: string, id: string): Promise<void> {
    await this.#end(user, await this.ofUser(user), id)
  }

  /** Throws `session_not_found`. */
  async endOwn(caller: Caller, id: string): Promise<void> {
    await this.#end(caller.user.id, await this.ofCaller(caller, undefined), id)
  }

  /** Answers how many. */
  async endAll(user: string): Promise<number> {
    const sessions = await this.ofUser(user)
    for (const { id } of sessions) await this.#end(user, sessions, id)
    return sessions.length
  }

  /**
   * Ends all but the one that asks; with `device`, also the other devices that stand on the same token. Answers how many.
   * Throws `invalid_query` for a JWT that does not say which device is to stay.
   */
  async endOthers(caller: Caller, device: string | undefined): Promise<number> {
    const { token, user } = caller
    if (isJwtId(token.id) && device === undefined)
      throw new HeraldError('invalid_query', 'device: say which device is to stay signed in')
    const sessions = await this.ofCaller(caller, device)
    const others = sessions.filter(({ current }) => !current)
    for (const { id } of others) await this.#end(user.id, sessions, id)
    const beside = sessions
      .filter(({ current }) => current && device !== undefined)
      .flatMap(({ devices }) => devices.filter(({ id }) => id !== device))
    for (const { id } of beside) await this.#ports.devices.end(user.id, id)
    return others.length + beside.length
  }

  async #end(user: string, sessions: readonly Session[], id: string): Promise<void> {
    if (!sessions.some((session) => session.id === id)) throw new HeraldError('session_not_found')
    const device = deviceOf(id)
    if (device === undefined) await this.#ports.directory.revokeToken(id)
    else await this.#ports.devices.end(user, device)
  }

  async #list(
    user: string,
    isListed: (token: TokenInfo) => boolean,
    caller: TokenInfo | undefined,
    device: string | undefined,
  ): Promise<Session[]> {
    const now = this.#ports.clock.now()
    const known = await this.#devicesOf(user, now)
    const tokens = (await this.#ports.directory.listTokens(user)).filter(
      (token) => token.scopes.read && (token.expires === null || token.expires > now) && isListed(token),
    )
    const sessions = [
      ...(await Promise.all(tokens.map((token) => this.#ofToken(token, known, caller)))),
      ...known.filter(({ session }) => isJwtId(session)).map((one) => ofDevice(one, caller, device)),
    ]
    return sessions.sort((a, b) => (b.lastUsed ?? 0) - (a.lastUsed ?? 0) || (a.id < b.id ? -1 : 1))
  }

  async #ofToken(
    token: TokenInfo,
    known: readonly KnownDevice[],
    caller: TokenInfo | undefined,
  ): Promise<Session> {
    const devices = known.filter(({ session }) => session === token.id)
    const used = (await this.#ports.directory.lastUseOf(token.id)) ?? 0
    const lastUsed = Math.max(used, ...devices.map(({ lastSeen }) => lastSeen))
    return {
      ...{ id: token.id, kind: 'token', label: token.label, created: token.created, expires: token.expires },
      lastUsed: lastUsed === 0 ? null : lastUsed,
      current: token.id === caller?.id,
      devices: devices.map(({ shown }) => shown),
    }
  }

  /** Registered devices and live ones, one entry each. A live socket says on which token the device stands now. */
  async #devicesOf(user: string, now: number): Promise<KnownDevice[]> {
    const sockets = (await this.#ports.socketsOf?.(user)) ?? []
    const live = new Map(sockets.map((socket) => [socket.device, socket]))
    const registered = await this.#ports.devices.listOf(user)
    const ids = new Set(registered.map(({ id }) => id))
    const unregistered = [...live.values()].filter(({ device }) => !ids.has(device))
    const known = await Promise.all([
      ...registered.map((device) => this.#known(user, device, live.get(device.id), now)),
      ...unregistered.map((socket) => this.#known(user, undefined, socket, now)),
    ])
    return known.flatMap((device) => device ?? [])
  }

  async #known(
    user: string,
    listed: ListedDevice | undefined,
    live: LiveDevice | undefined,
    now: number,
  ): Promise<KnownDevice | undefined> {
    const id = listed?.id ?? live?.device
    const platform = live?.platform ?? listed?.platform
    const session = live?.tokenId ?? listed?.session
    if (id === undefined || platform === undefined || session === undefined) return undefined
    const app = live?.app ?? listed?.app
    const lease = await this.#ports.presence.of(user, id)
    const state = lease === undefined || lease.state === 'returning' ? 'away' : lease.state
    return {
      session,
      created: listed?.created ?? null,
      expires: listed?.expires ?? null,
      lastSeen: state === 'away' ? (listed?.lastSeen ?? now) : now,
      shown: { id, platform, ...(app !== undefined && { app }), state, push: listed?.push ?? false },
    }
  }
}

interface KnownDevice {
  readonly session: string
  readonly created: number | null
  readonly expires: number | null
  readonly lastSeen: number
  readonly shown: SessionDevice
}

const isOnlyReading = ({ scopes }: TokenInfo): boolean => !scopes.admin && scopes.publish.length === 0

/** `expires` is the last JWT's that came: the next one of the same person renews it. */
function ofDevice(known: KnownDevice, caller: TokenInfo | undefined, device: string | undefined): Session {
  const { created, expires, lastSeen, session, shown } = known
  return {
    ...{ id: DEVICE_PREFIX + shown.id, kind: 'device', label: 'JWT', created, expires, lastUsed: lastSeen },
    current: session === caller?.id && shown.id === device,
    devices: [shown],
  }
}
