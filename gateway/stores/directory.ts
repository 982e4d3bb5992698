import {
  HeraldError,
  type CreatedToken,
  type CreateTokenBody,
  type Scopes,
  type SignedIn,
  type SignInCode,
  type SignInCodeList,
  type SignInPeek,
  type TokenInfo,
  type User,
} from '@herald/protocol'
import { hash as digest, randomBytes } from 'node:crypto'
import type { NewToken, Refusal, StoreEngine, TokenRow, UserRow } from './rows'
import type { StoreBus } from '../contracts/bus'
import type { FeedLog } from '../contracts/feed-log'
import { newEpoch } from './feed-rules'
import {
  DEVICE_TOKEN_TTL_MS,
  sessionOfCode,
  type Admitted,
  type Directory,
  type Principal,
} from '../contracts/directory'
import { TokenUses } from './token-uses'
import { NO_LIMITS, type UserLimits } from '../contracts/user-limits'
import { userFeed } from '@herald/protocol'

/** A sign-in link can be sent to a phone and opened there; after this it is worth nothing. */
export const SIGN_IN_CODE_TTL_MS = 60 * 60 * 1000

/** Secrets are 256 random bits, so a plain SHA-256 keeps them safe at rest; a slow hash is for passwords. */
const hashSecret = (secret: string): string => digest('sha256', secret, 'hex')

const newSecret = (): string => `hld_${randomBytes(32).toString('base64url')}`

/** Tokens that are kept in memory, some 500 bytes each; one more, and all are read anew. */
const MAX_KNOWN = 4096

/** Messages and pushes of a removed user that go in one write. */
const DRAIN_STEP = 1000

/** Users, tokens and sign-in codes. */
export class StoredDirectory implements Directory {
  readonly #engine: StoreEngine
  readonly #bus: StoreBus
  readonly #log: FeedLog
  readonly #now: () => number
  readonly #limits: UserLimits
  readonly #uses: TokenUses
  /** Tokens that were valid when they were last read, by hash. A revocation takes them out. */
  readonly #known = new Map<string, Principal>()
  /** How often something was taken out: what was read before is not kept. */
  #ends = 0

  constructor(
    engine: StoreEngine,
    bus: StoreBus,
    log: FeedLog,
    now: () => number = Date.now,
    limits: UserLimits = NO_LIMITS,
  ) {
    this.#engine = engine
    this.#bus = bus
    this.#log = log
    this.#now = now
    this.#limits = limits
    this.#uses = new TokenUses(engine)
    bus.on?.('revoked', ({ tokenId }) => {
      this.#forget(({ token }) => token.id === tokenId)
    })
    bus.on?.('user_ended', ({ user: id }) => {
      this.#forget(({ user }) => user?.id === id)
    })
    bus.on?.('missed', () => {
      this.#forget(() => true)
    })
  }

  async createUser(id: string, name: string = id): Promise<User> {
    if ((await this.#create(id, name, 'administrator')) === 'exists')
      throw new HeraldError('user_exists', `a user ${id} exists`)
    return { id, name }
  }

  async admitUser(id: string, name: string = id): Promise<Admitted> {
    const known = await this.#find(id)
    const result = known ? 'exists' : await this.#create(id, name, 'jwt')
    if (result === 'created') return { user: { id, name }, created: true }
    // Two requests of a new user at once: the other one was faster.
    const user = known ?? (await this.#find(id))
    if (!user || user.disabled !== null) throw new HeraldError('user_disabled')
    return { user: { id: user.id, name: user.name }, created: false }
  }

  async #create(id: string, name: string, by: 'administrator' | 'jwt') {
    const epochs = [newEpoch(), newEpoch()] as const
    const result = await this.#engine.write('createUser', { id, name, created: this.#now(), epochs, by })
    if (result === 'created') await Promise.all([this.#log.open(userFeed(id)), this.#log.open('all')])
    return result
  }

  listUsers(): Promise<(User & { created: number; disabled: number | null })[]> {
    return this.#engine.read('users')
  }

  async getUser(id: string): Promise<User> {
    const row = await this.#find(id)
    if (!row) throw new HeraldError('user_not_found', `there is no user ${id}`)
    return { id: row.id, name: row.name }
  }

  #find(id: string): Promise<UserRow | undefined> {
    return this.#engine.read('user', id)
  }

  async disableUser(id: string): Promise<void> {
    const done = await this.#engine.write('disableUser', { id, now: this.#now() })
    this.#requireUser(id, done)
    this.#endUser(id)
  }

  async enableUser(id: string): Promise<void> {
    this.#requireUser(id, await this.#engine.write('enableUser', { id }))
  }

  async removeUser(id: string): Promise<void> {
    const done = await this.#engine.write('removeUser', { id, now: this.#now() })
    this.#requireUser(id, done)
    this.#endUser(id)
    await this.drainRemoved()
  }

  /** In steps, between which others write. */
  async drainRemoved(): Promise<void> {
    while (await this.#engine.write('drainRemoved', { limit: DRAIN_STEP }));
  }

  #requireUser(id: string, there: boolean): void {
    if (!there) throw new HeraldError('user_not_found', `there is no user ${id}`)
  }

  #endUser(id: string): void {
    this.#forget(({ user }) => user?.id === id)
    this.#bus.tell('user_ended', { user: id })
  }

  async authenticate(secret: string): Promise<Principal> {
    const hash = hashSecret(secret)
    const principal = this.#known.get(hash) ?? (await this.#look(hash))
    const { expires } = principal.token
    const now = this.#now()
    if (expires !== null && expires <= now) throw new HeraldError('token_expired')
    this.#uses.note(principal.token.id, now)
    return principal
  }

  /** Reads a token that may be used, and keeps it in memory: every request of a sender comes with the same one. */
  async #look(hash: string): Promise<Principal> {
    const ends = this.#ends
    const row = await this.#engine.read('principal', hash)
    if (!row) throw new HeraldError('token_invalid')
    if (row.revoked !== null) throw new HeraldError('token_revoked')
    if (row.disabled !== null) throw new HeraldError('user_disabled')
    const user = row.user === null || row.name === null ? null : { id: row.user, name: row.name }
    const principal = { token: toInfo(row), user }
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    if (ends === this.#ends) this.#known.set(hash, principal)
    return principal
  }

  #forget(isOver: (principal: Principal) => boolean): void {
    this.#ends += 1
    for (const [hash, principal] of this.#known) if (isOver(principal)) this.#known.delete(hash)
  }

  async createToken(user: string | null, body: CreateTokenBody): Promise<CreatedToken> {
    const { publish, read, admin } = body
    const expires = body.ttl === undefined ? null : this.#now() + body.ttl * 1000
    const { secret, token } = this.#newToken(body.label, { publish, read, admin }, expires)
    const result = await this.#engine.write('createToken', {
      token: { ...token, user },
      limit: this.#limits.tokens,
    })
    if (result !== 'created') throw refusal(result, String(user), 'token_limit')
    return { token: secret, info: newInfo({ ...token, user }) }
  }

  async listTokens(user: string | null): Promise<TokenInfo[]> {
    return (await this.#engine.read('tokens', user)).map(toInfo)
  }

  async lastUseOf(id: string): Promise<number | null> {
    const row = await this.#engine.read('token', id)
    return this.#uses.lastOf(id) ?? row?.used ?? null
  }

  flushUses(): Promise<void> {
    return this.#uses.flush()
  }

  async revokeToken(id: string): Promise<void> {
    const found = await this.#engine.write('revokeToken', { id, now: this.#now() })
    this.#forget(({ token }) => token.id === id)
    if (!found) throw new HeraldError('token_not_found', `there is no token ${id}`)
    this.#bus.tell('revoked', { tokenId: id })
  }

  async createSignInCode(user: string, ttlMs = SIGN_IN_CODE_TTL_MS): Promise<SignInCode> {
    const code = randomBytes(15).toString('base64url')
    const id = `c_${randomBytes(9).toString('base64url')}`
    const now = this.#now()
    const expires = now + ttlMs
    const result = await this.#engine.write('createSignInCode', {
      ...{ id, hash: hashSecret(code), user, expires, now },
      limit: this.#limits.codes,
    })
    if (result !== 'created') throw refusal(result, user, 'sign_in_code_limit')
    return { id, code, expires, session: sessionOfCode(id) }
  }

  listSignInCodes(user: string): Promise<SignInCodeList['codes']> {
    return this.#engine.read('signInCodes', user, this.#now())
  }

  async dropSignInCodes(user: string, id?: string): Promise<number> {
    const dropped = await this.#engine.write('dropSignInCodes', { user, id })
    if (id !== undefined && dropped === 0) throw new HeraldError('sign_in_code_not_found')
    return dropped
  }

  async peekSignInCode(code: string): Promise<SignInPeek> {
    const row = await this.#engine.read('signInCode', hashSecret(code))
    if (!row || row.expires <= this.#now()) throw new HeraldError('sign_in_code_invalid')
    return { user: await this.#holderOf(row.user), expires: row.expires }
  }

  async redeemSignInCode(code: string, label: string): Promise<SignedIn> {
    const now = this.#now()
    const scopes: Scopes = { publish: [], read: true, admin: false }
    const { secret, token } = this.#newToken(label, scopes, now + DEVICE_TOKEN_TTL_MS)
    const result = await this.#engine.write('redeemSignInCode', {
      ...{ hash: hashSecret(code), now, token },
      limit: this.#limits.tokens,
    })
    if (result === 'invalid') throw new HeraldError('sign_in_code_invalid')
    if (result === 'full') throw new HeraldError('token_limit')
    const { user, id } = result
    return { token: secret, info: newInfo({ ...token, id, user }), user: await this.#holderOf(user) }
  }

  /** Whose code it is. With a user who was removed in the same moment all his codes have ended. */
  async #holderOf(user: string): Promise<User> {
    const row = await this.#find(user)
    if (!row) throw new HeraldError('sign_in_code_invalid')
    return { id: row.id, name: row.name }
  }

  #newToken(
    label: string,
    scopes: Scopes,
    expires: number | null,
  ): { secret: string; token: Omit<NewToken, 'user'> } {
    const secret = newSecret()
    const id = `t_${randomBytes(9).toString('base64url')}`
    return { secret, token: { id, hash: hashSecret(secret), label, scopes, created: this.#now(), expires } }
  }
}

/** Why nothing was made for a user. */
function refusal(result: Refusal, user: string, full: 'token_limit' | 'sign_in_code_limit'): HeraldError {
  if (result === 'no_user') return new HeraldError('user_not_found', `there is no user ${user}`)
  return new HeraldError(result === 'disabled' ? 'user_disabled' : full)
}

function toInfo(row: TokenRow): TokenInfo {
  const { id, user, label, scopes, created, expires } = row
  return { id, user, label, scopes: JSON.parse(scopes) as Scopes, created, expires }
}

function newInfo({ id, user, label, scopes, created, expires }: NewToken): TokenInfo {
  return { id, user, label, scopes, created, expires }
}
