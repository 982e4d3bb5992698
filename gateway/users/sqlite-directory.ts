import {
  HeraldError,
  type CreatedToken,
  type CreateTokenBody,
  type Scopes,
  type SignedIn,
  type SignInCode,
  type TokenInfo,
  type User,
} from '@herald/protocol'
import { hash as digest, randomBytes } from 'node:crypto'
import { allRows, getRow } from '../store/statements'
import type { Store } from '../store/store'
import type { FeedLog } from '../feeds/feed-log'
import type { Directory, Principal } from './directory'
import type { NewToken, TokenRow } from './directory-commands'
import { userFeed } from '@herald/protocol'

/** A sign-in link can be sent to a phone and opened there; after this it is worth nothing. */
export const SIGN_IN_CODE_TTL_MS = 60 * 60 * 1000

/** A device that signed in by a link stays signed in for a year. */
const DEVICE_TOKEN_TTL_MS = 365 * 24 * 3600 * 1000

/** Secrets are 256 random bits, so a plain SHA-256 keeps them safe at rest; a slow hash is for passwords. */
const hashSecret = (secret: string): string => digest('sha256', secret, 'hex')

const newSecret = (): string => `hld_${randomBytes(32).toString('base64url')}`

/** Tokens that are kept in memory, some 500 bytes each; one more, and all are read anew. */
const MAX_KNOWN = 4096

const TOKEN_COLUMNS = 'id, user, label, scopes, created, expires, revoked'

/** A token and whom it speaks for, in one read: each device that comes back needs both. */
const SELECT_PRINCIPAL = `
  SELECT tokens.id, tokens.user, tokens.label, tokens.scopes, tokens.created, tokens.expires, tokens.revoked, users.name
  FROM tokens LEFT JOIN users ON users.id = tokens.user WHERE tokens.hash = ?`

/** Users, tokens and sign-in codes in the embedded store. */
export class SqliteDirectory implements Directory {
  readonly #store: Store
  readonly #log: FeedLog
  readonly #now: () => number
  readonly #revokeListeners: ((tokenId: string) => void)[] = []
  /** Tokens that were valid when they were last read, by hash. A revocation takes them out. */
  readonly #known = new Map<string, Principal>()

  constructor(store: Store, log: FeedLog, now: () => number = Date.now) {
    this.#store = store
    this.#log = log
    this.#now = now
  }

  async createUser(id: string, name: string = id): Promise<User> {
    const epochs = [randomBytes(9).toString('base64url'), randomBytes(9).toString('base64url')] as const
    const result = await this.#store.write('createUser', { id, name, created: this.#now(), epochs })
    if (result === 'exists') throw new HeraldError('user_exists', `a user ${id} exists`)
    await Promise.all([this.#log.open(userFeed(id)), this.#log.open('all')])
    return { id, name }
  }

  listUsers(): (User & { created: number })[] {
    return allRows<User & { created: number }>(
      this.#store.reader,
      'SELECT id, name, created FROM users ORDER BY id',
    ).map(({ id, name, created }) => ({ id, name, created }))
  }

  getUser(id: string): User {
    const row = getRow<User>(this.#store.reader, 'SELECT id, name FROM users WHERE id = ?', id)
    if (!row) throw new HeraldError('user_not_found', `there is no user ${id}`)
    return { id: row.id, name: row.name }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- another directory may have to ask a server
  async authenticate(secret: string): Promise<Principal> {
    const hash = hashSecret(secret)
    const principal = this.#known.get(hash) ?? this.#look(hash)
    const { expires } = principal.token
    if (expires !== null && expires <= this.#now()) throw new HeraldError('token_expired')
    return principal
  }

  /** Reads a token that may be used, and keeps it in memory: every request of a sender comes with the same one. */
  #look(hash: string): Principal {
    const row = getRow<TokenRow & { name: string | null }>(this.#store.reader, SELECT_PRINCIPAL, hash)
    if (!row) throw new HeraldError('token_invalid')
    if (row.revoked !== null) throw new HeraldError('token_revoked')
    const user = row.user === null || row.name === null ? null : { id: row.user, name: row.name }
    const principal = { token: toInfo(row), user }
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(hash, principal)
    return principal
  }

  #forget(id: string): void {
    for (const [hash, { token }] of this.#known) if (token.id === id) this.#known.delete(hash)
  }

  async createToken(user: string | null, body: CreateTokenBody): Promise<CreatedToken> {
    const { publish, read, admin } = body
    const expires = body.ttl === undefined ? null : this.#now() + body.ttl * 1000
    const { secret, token } = this.#newToken(body.label, { publish, read, admin }, expires)
    const result = await this.#store.write('createToken', { ...token, user })
    if (result === 'no_user') throw new HeraldError('user_not_found', `there is no user ${String(user)}`)
    return { token: secret, info: newInfo({ ...token, user }) }
  }

  listTokens(user: string | null): TokenInfo[] {
    const rows = allRows<TokenRow>(
      this.#store.reader,
      `SELECT ${TOKEN_COLUMNS} FROM tokens WHERE user IS ? AND revoked IS NULL ORDER BY created`,
      user,
    )
    return rows.map(toInfo)
  }

  getToken(id: string): TokenInfo {
    const row = getRow<TokenRow>(this.#store.reader, `SELECT ${TOKEN_COLUMNS} FROM tokens WHERE id = ?`, id)
    if (!row) throw new HeraldError('token_not_found', `there is no token ${id}`)
    return toInfo(row)
  }

  async revokeToken(id: string): Promise<void> {
    const found = await this.#store.write('revokeToken', { id, now: this.#now() })
    this.#forget(id)
    if (!found) throw new HeraldError('token_not_found', `there is no token ${id}`)
    for (const listener of this.#revokeListeners) listener(id)
  }

  onRevoke(listener: (tokenId: string) => void): void {
    this.#revokeListeners.push(listener)
  }

  async createSignInCode(user: string): Promise<SignInCode> {
    const code = randomBytes(15).toString('base64url')
    const now = this.#now()
    const expires = now + SIGN_IN_CODE_TTL_MS
    const result = await this.#store.write('createSignInCode', { hash: hashSecret(code), user, expires, now })
    if (result === 'no_user') throw new HeraldError('user_not_found', `there is no user ${user}`)
    return { code, expires }
  }

  async redeemSignInCode(code: string, label: string): Promise<SignedIn> {
    const now = this.#now()
    const scopes: Scopes = { publish: [], read: true, admin: false }
    const { secret, token } = this.#newToken(label, scopes, now + DEVICE_TOKEN_TTL_MS)
    const user = await this.#store.write('redeemSignInCode', { hash: hashSecret(code), now, token })
    if (user === undefined) throw new HeraldError('sign_in_code_invalid')
    return { token: secret, info: newInfo({ ...token, user }), user: this.getUser(user) }
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

function toInfo(row: TokenRow): TokenInfo {
  const { id, user, label, scopes, created, expires } = row
  return { id, user, label, scopes: JSON.parse(scopes) as Scopes, created, expires }
}

function newInfo({ id, user, label, scopes, created, expires }: NewToken): TokenInfo {
  return { id, user, label, scopes, created, expires }
}
