import type {
  CreatedToken,
  CreateTokenBody,
  FeedState,
  ReadAnswer,
  ReadRanges,
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

/** Users, their tokens and one-time sign-in codes. */
export interface Directory {
  /** Throws `user_exists`. The user's own feed and `all` are followed from the start. */
  createUser(id: string, name?: string): Promise<User>
  /**
   * The user that a JWT names; made when there was never one of this id. Throws `user_disabled`, also for one who was
   * removed: only `createUser` makes that one anew.
   */
  admitUser(id: string, name?: string): Promise<User>
  listUsers(): (User & { created: number; disabled: number | null })[]
  /** Throws `user_not_found`. */
  getUser(id: string): User
  /** Throws `user_not_found`. Nobody may act as the user until `enableUser`; the user's feeds and tokens stay. */
  disableUser(id: string): Promise<void>
  /** Throws `user_not_found`. */
  enableUser(id: string): Promise<void>
  /** Throws `user_not_found`. Resolves when nothing of the user is left, the messages of the own feed included. */
  removeUser(id: string): Promise<void>
  /** Called after it is durable that nobody may act as the user. */
  onUserEnded(listener: (user: string) => void): void

  /** Rejects with `token_invalid`, `token_expired`, `token_revoked` or `user_disabled`. */
  authenticate(secret: string): Promise<Principal>
  /** Throws `user_not_found`, `user_disabled`, `token_limit`. `user` null: a token for a sender or an administrator. */
  createToken(user: string | null, body: CreateTokenBody): Promise<CreatedToken>
  listTokens(user: string | null): TokenInfo[]
  /** When a token was last used, to some minutes, ms; null when it never was. */
  lastUseOf(id: string): number | null
  /** Throws `token_not_found`. */
  getToken(id: string): TokenInfo
  /** Throws `token_not_found`. Tells the `onRevoke` listeners after it is durable. */
  revokeToken(id: string): Promise<void>
  onRevoke(listener: (tokenId: string) => void): void

  /** Throws `user_not_found`, `user_disabled`, `sign_in_code_limit`. */
  createSignInCode(user: string): Promise<SignInCode>
  /** Codes that could still be used, the oldest first. */
  listSignInCodes(user: string): SignInCodeList['codes']
  /** Takes a code back; without an id, all of the user's. Throws `sign_in_code_not_found` for an id. */
  dropSignInCodes(user: string, id?: string): Promise<number>
  /** Whose code it is, which stays as it is. Throws `sign_in_code_invalid`. */
  peekSignInCode(code: string): SignInPeek
  /** Throws `sign_in_code_invalid`, `token_limit`. */
  redeemSignInCode(code: string, label: string): Promise<SignedIn>
}

/** What changed for a user, told to the user's sockets. `origin` is the socket that caused it, and needs no echo. */
export type SubscriptionEvent =
  | {
      readonly type: 'read'
      readonly feed: string
      readonly epoch: string
      readonly ranges: ReadRanges
      readonly unread: number
    }
  | { readonly type: 'feed'; readonly state: FeedState }
  | { readonly type: 'unfollow'; readonly feed: string }

export type SubscriptionListener = (
  user: string,
  event: SubscriptionEvent,
  origin: object | undefined,
) => void

/** Which feeds a user follows, mutes and has read. */
export interface Subscriptions {
  /** The user's feeds with their unread counts: own feed first, then `all`, then topics by name. */
  feedsOf(user: string): FeedState[]
  /** Whether the user follows the feed (and so may read it over a socket). */
  follows(user: string, feed: string): boolean
  /** How many users follow the feed. From memory, but for the first time after a change. */
  followers(feed: string): number
  /** Whether the user may read the feed at all: own feed, `all`, any topic; never another user's feed. */
  mayRead(user: string, feed: string): boolean
  /** Throws `read_forbidden`, `topic_limit`. What is in the feed already counts as read. `muted` undefined: unchanged. */
  follow(user: string, feed: string, muted: boolean | undefined): Promise<FeedState>
  /** Throws `feed_required` for the user's own feed and `all`. */
  unfollow(user: string, feed: string): Promise<void>
  /** Merges read ranges. Throws `epoch_unknown`, `read_forbidden`. */
  markRead(
    user: string,
    feed: string,
    epoch: string,
    ranges: ReadRanges,
    origin?: object,
  ): Promise<ReadAnswer>
  onChange(listener: SubscriptionListener): void
}
