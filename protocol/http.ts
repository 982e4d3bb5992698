import * as v from 'valibot'
import { FeedNameSchema, FeedPatternSchema, UserIdSchema } from './feed'
import {
  ClippedRangesSchema,
  EpochSchema,
  FeedStateSchema,
  SeqOrZeroSchema,
  userEntries,
  UserSchema,
} from './frames'
import { MAX_PAGE } from './limits'
import { MessageIdSchema, MessageSchema, newContentEntries, TimeSchema } from './message'
import { MUST_SHOW, nameOf } from './name'
import { RangesSchema, SeqSchema } from './range-schemas'
import { isBlank } from './text'

/** Seconds; from one second to ten years. */
const TtlSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(315_360_000))

/** `POST /v1/feeds/{feed}/messages`. Strict: a misspelt field is an error, not a message without it. */
export const PublishBodySchema = v.pipe(
  v.strictObject({ ...newContentEntries, ttl: v.optional(TtlSchema) }),
  v.check(({ body, title = '' }) => !isBlank(body) || !isBlank(title), 'title or body must have text'),
)

/** What a publisher gets: 201 when the message is on stable storage, 200 for a repeated Idempotency-Key. */
export const PublishedSchema = v.object({
  id: MessageIdSchema,
  feed: FeedNameSchema,
  epoch: EpochSchema,
  seq: SeqSchema,
  time: TimeSchema,
  /** How many users hear it: those who follow the feed now. */
  followers: v.pipe(v.number(), v.integer(), v.minValue(0)),
})

/** `POST /v1/me/test` and `POST /v1/users/{id}/test`: the language that the test alert speaks. */
export const TestBodySchema = v.strictObject({ language: v.optional(v.picklist(['en', 'zh-Hans']), 'en') })

/** A page of a feed in seq order. `after` and `before` exclude the seq that they name. */
export const HistoryPageSchema = v.object({
  feed: FeedNameSchema,
  epoch: EpochSchema,
  from: SeqSchema,
  head: SeqOrZeroSchema,
  messages: v.pipe(v.array(MessageSchema), v.readonly()),
})

const QueryNumberSchema = v.pipe(
  v.string(),
  v.regex(/^\d{1,15}$/, 'must be a whole number'),
  v.transform(Number),
)

export const HistoryQuerySchema = v.pipe(
  v.strictObject({
    after: v.optional(QueryNumberSchema),
    before: v.optional(QueryNumberSchema),
    limit: v.optional(v.pipe(QueryNumberSchema, v.minValue(1), v.maxValue(MAX_PAGE)), '50'),
  }),
  v.check(
    (query) => query.after === undefined || query.before === undefined,
    'give after or before, not both',
  ),
)

/** What a token may do. `read`: act as its user. */
export const ScopesSchema = v.object({
  publish: v.array(FeedPatternSchema),
  read: v.boolean(),
  admin: v.boolean(),
})

/** A token without its secret. */
export const TokenInfoSchema = v.object({
  id: v.string(),
  user: v.nullable(UserIdSchema),
  label: v.string(),
  scopes: ScopesSchema,
  created: TimeSchema,
  expires: v.nullable(TimeSchema),
})

export const CreateTokenBodySchema = v.strictObject({
  label: v.optional(nameOf(80), ''),
  publish: v.optional(v.pipe(v.array(FeedPatternSchema), v.maxLength(50)), []),
  read: v.optional(v.boolean(), false),
  admin: v.optional(v.boolean(), false),
  ttl: v.optional(TtlSchema),
})

/** The only answer that holds a token's secret. */
export const CreatedTokenSchema = v.object({ token: v.string(), info: TokenInfoSchema })

export const TokenListSchema = v.object({ tokens: v.array(TokenInfoSchema) })

export const CreateUserBodySchema = v.strictObject({
  id: UserIdSchema,
  name: v.optional(
    v.pipe(
      nameOf(80),
      v.check((name) => name !== '', MUST_SHOW),
    ),
  ),
})

export const UserListSchema = v.object({
  /** `disabled`: since when nobody may act as the user; null when somebody may. */
  users: v.array(v.object({ ...userEntries, created: TimeSchema, disabled: v.nullable(TimeSchema) })),
})

/**
 * A code that signs in once, for a link that can be shown or sent. `id` names it in lists, and is no secret; `session` is the id
 * that the session will have.
 */
export const SignInCodeSchema = v.object({
  id: v.string(),
  code: v.string(),
  expires: TimeSchema,
  session: v.string(),
})

/** A code for another device of one's own. `server`: where that reaches the gateway; null: where the one that asks does. */
export const OwnSignInCodeSchema = v.object({
  ...SignInCodeSchema.entries,
  created: TimeSchema,
  server: v.nullable(v.string()),
})

/** Sign-in codes that could still be used, without the codes themselves. */
export const SignInCodeListSchema = v.object({
  codes: v.array(v.object({ id: v.string(), created: TimeSchema, expires: TimeSchema })),
})

const SignInCodeTextSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{10,64}$/, 'is not a sign-in code'))

export const SignInBodySchema = v.strictObject({
  code: SignInCodeTextSchema,
  label: v.optional(nameOf(80), ''),
})

/** Asks whose sign-in code it is, and leaves it as it is. */
export const SignInPeekBodySchema = v.strictObject({ code: SignInCodeTextSchema })

export const SignInPeekSchema = v.object({ user: UserSchema, expires: TimeSchema })

export const SignedInSchema = v.object({ token: v.string(), info: TokenInfoSchema, user: UserSchema })

/** `GET /v1/me`: who the token acts as, and that user's feeds. */
export const MeSchema = v.object({
  user: UserSchema,
  token: TokenInfoSchema,
  feeds: v.array(FeedStateSchema),
})

export const FollowBodySchema = v.strictObject({ muted: v.optional(v.boolean()) })

export const ReadBodySchema = v.strictObject({
  feed: FeedNameSchema,
  epoch: EpochSchema,
  ranges: RangesSchema,
})

export const ReadAnswerSchema = v.object({
  feed: FeedNameSchema,
  epoch: EpochSchema,
  unread: SeqOrZeroSchema,
  read: ClippedRangesSchema,
})

/** `GET /v1/feeds`: the topics that hold messages, the busiest first, for somebody who looks for one to follow. */
export const TopicListSchema = v.object({
  topics: v.array(v.object({ feed: FeedNameSchema, messages: v.number(), lastTime: TimeSchema })),
})

/** A gateway among those that share a store, as the others know it. */
export const GatewaySchema = v.object({
  /** Random, of this life alone. */
  id: v.string(),
  /** Its machine and its port. */
  name: v.string(),
  version: v.string(),
  /** When it joined, ms. */
  started: v.number(),
  /** How long ago it said that it lives, ms. */
  silentMs: v.number(),
  /** Whether it hears the others at once, or finds what they did by looking. */
  bus: v.picklist(['ok', 'polling']),
  connections: v.number(),
})

export const StatusSchema = v.object({
  version: v.string(),
  uptimeSeconds: v.number(),
  connections: v.number(),
  users: v.number(),
  feeds: v.number(),
  messages: v.number(),
  storeBytes: v.number(),
  writable: v.boolean(),
  /** Why the clock is not believed, and how far it is ahead of the gateway's time, ms; absent when it is. */
  clock: v.optional(
    v.object({ reason: v.picklist(['before_build', 'behind', 'jumped', 'new']), by: v.number() }),
  ),
  /** All that share the store, the oldest first; absent where one gateway has it alone. */
  gateways: v.optional(v.array(GatewaySchema)),
})

export type PublishBody = v.InferOutput<typeof PublishBodySchema>
export type TestBody = v.InferOutput<typeof TestBodySchema>
export type Published = v.InferOutput<typeof PublishedSchema>
export type HistoryPage = v.InferOutput<typeof HistoryPageSchema>
export type HistoryQuery = v.InferOutput<typeof HistoryQuerySchema>
export type Scopes = v.InferOutput<typeof ScopesSchema>
export type TokenInfo = v.InferOutput<typeof TokenInfoSchema>
export type CreateTokenBody = v.InferOutput<typeof CreateTokenBodySchema>
export type CreatedToken = v.InferOutput<typeof CreatedTokenSchema>
export type SignedIn = v.InferOutput<typeof SignedInSchema>
export type SignInCodeList = v.InferOutput<typeof SignInCodeListSchema>
export type SignInPeek = v.InferOutput<typeof SignInPeekSchema>
export type OwnSignInCode = v.InferOutput<typeof OwnSignInCodeSchema>
export type SignInCode = v.InferOutput<typeof SignInCodeSchema>
export type Me = v.InferOutput<typeof MeSchema>
export type ReadBody = v.InferOutput<typeof ReadBodySchema>
export type ReadAnswer = v.InferOutput<typeof ReadAnswerSchema>
export type TopicList = v.InferOutput<typeof TopicListSchema>
export type Status = v.InferOutput<typeof StatusSchema>
