import { HeraldError, userFeed, type Scopes, type TokenInfo, type User } from '@herald/protocol'
import { sessionOfCode, type Directory } from '../../../../gateway/contracts/directory'
import type { UserLimits } from '../../../../gateway/contracts/user-limits'
import { endDevices } from './devices'
import type { State } from './state'

const HOUR_MS = 3_600_000
const YEAR_MS = 365 * 24 * HOUR_MS

export function memoryDirectory(state: State, limits: UserLimits): Directory {
  const find = (id: string) => {
    const user = state.users.get(id)
    if (!user) throw new HeraldError('user_not_found')
    return user
  }
  const named = (id: string): User => ({ id, name: find(id).name })
  const isOver = ({ expires }: { expires: number | null }): boolean =>
    expires !== null && expires <= state.now()
  const create = (id: string, name: string): User => {
    state.removed.delete(id)
    state.users.set(id, { id, name, created: state.now(), disabled: null })
    const own = new Map([userFeed(id), 'all'].map((feed) => [feed, { muted: false }]))
    state.follows.set(id, own)
    state.open(userFeed(id))
    const { epoch, from, head } = state.open('all')
    if (head >= from) state.reads.set(`${id} all`, { epoch, ranges: [[from, head]] })
    return { id, name }
  }
  const end = (id: string): void => {
    for (const [code, { user }] of state.codes) if (user === id) state.codes.delete(code)
    endDevices(state, ({ record }) => record.user === id)
  }
  const tokensOf = (user: string | null) =>
    [...state.tokens.values()].filter(({ info, revoked }) => info.user === user && !revoked)
  const requireRoom = (user: string): void => {
    const count = tokensOf(user).filter(({ info }) => !isOver(info)).length
    if (limits.tokens > 0 && count >= limits.tokens) throw new HeraldError('token_limit')
  }
  const makeToken = (
    user: string | null,
    label: string,
    scopes: Scopes,
    expires: number | null,
    id = `t_${String(state.next())}`,
  ) => {
    const secret = `hld_${String(state.next())}`
    const info: TokenInfo = {
      ...{ id, user, label, scopes },
      ...{ created: state.now(), expires },
    }
    state.tokens.set(secret, { info, revoked: false, used: null })
    return { token: secret, info }
  }
  const findToken = (id: string) => {
    const token = [...state.tokens.values()].find(({ info }) => info.id === id)
    if (!token) throw new HeraldError('token_not_found')
    return token
  }
  const codeOf = (code: string) => {
    const found = state.codes.get(code)
    if (!found || isOver(found) || find(found.user).disabled !== null)
      throw new HeraldError('sign_in_code_invalid')
    return found
  }

  return {
    createUser: (id, name = id) =>
      state.step(() => {
        if (state.users.has(id)) throw new HeraldError('user_exists')
        return create(id, name)
      }),
    admitUser: (id, name = id) =>
      state.step(() => {
        const known = state.users.get(id)
        if (state.removed.has(id) || (known && known.disabled !== null))
          throw new HeraldError('user_disabled')
        return known ? { user: named(id), created: false } : { user: create(id, name), created: true }
      }),
    listUsers: () => state.step(() => [...state.users.values()].sort((a, b) => (a.id < b.id ? -1 : 1))),
    getUser: (id) => state.step(() => named(id)),
    disableUser: (id) =>
      state.step(() => {
        find(id).disabled ??= state.now()
        end(id)
        state.bus.tell('user_ended', { user: id })
      }),
    enableUser: (id) =>
      state.step(() => {
        find(id).disabled = null
      }),
    removeUser: (id) =>
      state.step(() => {
        find(id)
        end(id)
        state.users.delete(id)
        state.removed.add(id)
        state.follows.delete(id)
        state.feeds.delete(userFeed(id))
        for (const [secret, { info }] of state.tokens) if (info.user === id) state.tokens.delete(secret)
        for (const map of [state.reads, state.devices, state.acks, state.pushes])
          for (const key of map.keys()) if (key.startsWith(`${id} `)) map.delete(key)
        for (const map of [state.chatNodes, state.nudges])
          for (const [key, one] of map) if (one.user === id) map.delete(key)
        state.bus.tell('user_ended', { user: id })
      }),
    drainRemoved: () => Promise.resolve(),
    authenticate: (secret) =>
      state.step(() => {
        const token = state.tokens.get(secret)
        if (!token) throw new HeraldError('token_invalid')
        if (token.revoked) throw new HeraldError('token_revoked')
        const { user } = token.info
        if (user !== null && find(user).disabled !== null) throw new HeraldError('user_disabled')
        if (isOver(token.info)) throw new HeraldError('token_expired')
        token.used = state.now()
        return { token: token.info, user: user === null ? null : named(user) }
      }),
    createToken: (user, { label, ttl, ...scopes }) =>
      state.step(() => {
        if (user !== null && find(user).disabled !== null) throw new HeraldError('user_disabled')
        if (user !== null) requireRoom(user)
        return makeToken(user, label, scopes, ttl === undefined ? null : state.now() + ttl * 1000)
      }),
    listTokens: (user) => state.step(() => tokensOf(user).map(({ info }) => info)),
    lastUseOf: (id) => state.step(() => findToken(id).used),
    flushUses: () => Promise.resolve(),
    revokeToken: (id) =>
      state.step(() => {
        findToken(id).revoked = true
        endDevices(state, ({ session }) => session === id)
        state.bus.tell('revoked', { tokenId: id })
      }),
    createSignInCode: (user, ttlMs = HOUR_MS) =>
      state.step(() => {
        if (find(user).disabled !== null) throw new HeraldError('user_disabled')
        const own = [...state.codes.values()].filter((one) => one.user === user && !isOver(one))
        if (limits.codes > 0 && own.length >= limits.codes) throw new HeraldError('sign_in_code_limit')
        const [code, id] = [`sign-in-code-${String(state.next())}`, `c_${String(state.next())}`]
        const expires = state.now() + ttlMs
        state.codes.set(code, { id, user, created: state.now(), expires })
        return { id, code, expires, session: sessionOfCode(id) }
      }),
    listSignInCodes: (user) =>
      state.step(() =>
        [...state.codes.values()]
          .filter((one) => one.user === user && !isOver(one))
          .map(({ id, created, expires }) => ({ id, created, expires })),
      ),
    dropSignInCodes: (user, id) =>
      state.step(() => {
        const meant = [...state.codes].filter(
          ([, one]) => one.user === user && (id === undefined || one.id === id),
        )
        if (id !== undefined && meant.length === 0) throw new HeraldError('sign_in_code_not_found')
        for (const [code] of meant) state.codes.delete(code)
        return meant.length
      }),
    peekSignInCode: (code) =>
      state.step(() => {
        const { user, expires } = codeOf(code)
        return { user: named(user), expires }
      }),
    redeemSignInCode: (code, label) =>
      state.step(() => {
        const { user, id } = codeOf(code)
        requireRoom(user)
        state.codes.delete(code)
        const scopes = { publish: [], read: true, admin: false }
        const made = makeToken(user, label, scopes, state.now() + YEAR_MS, sessionOfCode(id))
        return { ...made, user: named(user) }
      }),
  }
}
