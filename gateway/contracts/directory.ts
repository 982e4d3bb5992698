import type {
  CreatedToken,
  CreateTokenBody,
  SignedIn,
  SignInCode,
  SignInCodeList,
  SignInPeek,
  TokenInfo,
  User,
} from '@herald/protocol'

/** Who a request or a socket speaks for. `user` is null for a token that only publishes or administers. */
export interface Principal {
  readonly token: TokenInfo
  readonly user: User | null
}

/** A user who may come in. `created`: by this call. */
export interface Admitted {
  readonly user: User
  readonly created: boolean
}

/** A device that signed in by a link stays signed in for a year. */
export const DEVICE_TOKEN_TTL_MS = 365 * 24 * 3600 * 1000

/** The id of the session that a sign-in code becomes, so that whoever made the code knows when it was used. */
export const sessionOfCode = (codeId: string): string => codeId.replace(/^c_/, 't_')

/** Users, their tokens and one-time sign-in codes. */
export interface Directory {
  /** Throws `user_exists`. The user's own feed and `all` are followed from the start. */
  createUser(id: string, name?: string): Promise<User>
  /**
   * The user that a JWT names; made when there was never one of this id. Throws `user_disabled`, also for one who was
   * removed: only `createUser` makes that one anew.
   */
  admitUser(id: string, name?: string): Promise<Admitted>
  listUsers(): Promise<(User & { created: number; disabled: number | null })[]>
  /** Throws `user_not_found`. */
  getUser(id: string): Promise<User>
  /**
   * Throws `user_not_found`. Nobody may act as the user until `enableUser`; the user's feeds and tokens stay. Tells
   * `user_ended`.
   */
  disableUser(id: string): Promise<void>
  /** Throws `user_not_found`. */
  enableUser(id: string): Promise<void>
  /**
   * Throws `user_not_found`. Tells `user_ended` at once; resolves when nothing of the user is left, the messages of the own
   * feed included.
   */
  removeUser(id: string): Promise<void>
  /** Clears up after removed users whose removal was cut short. */
  drainRemoved(): Promise<void>

  /** Rejects with `token_invalid`, `token_expired`, `token_revoked` or `user_disabled`. */
  authenticate(secret: string): Promise<Principal>
  /** Throws `user_not_found`, `user_disabled`, `token_limit`. `user` null: a token for a sender or an administrator. */
  createToken(user: string | null, body: CreateTokenBody): Promise<CreatedToken>
  listTokens(user: string | null): Promise<TokenInfo[]>
  /** When a token was last used, to some minutes, ms; null when it never was. */
  lastUseOf(id: string): Promise<number | null>
  /** Writes when tokens were last used. */
  flushUses(): Promise<void>
  /** Throws `token_not_found`. Tells `revoked`. */
  revokeToken(id: string): Promise<void>

  /** Works for `ttlMs`; an hour without it. Throws `user_not_found`, `user_disabled`, `sign_in_code_limit`. */
  createSignInCode(user: string, ttlMs?: number): Promise<SignInCode>
  /** Codes that could still be used, the oldest first. */
  listSignInCodes(user: string): Promise<SignInCodeList['codes']>
  /** Takes a code back; without an id, all of the user's. Throws `sign_in_code_not_found` for an id. */
  dropSignInCodes(user: string, id?: string): Promise<number>
  /** Whose code it is, which stays as it is. Throws `sign_in_code_invalid`. */
  peekSignInCode(code: string): Promise<SignInPeek>
  /** The token has the id that the code's `session` said. Throws `sign_in_code_invalid`, `token_limit`. */
  redeemSignInCode(code: string, label: string): Promise<SignedIn>
}
