import * as v from 'valibot'
import { FeedNameSchema, UserIdSchema } from './feed'
import { MAX_PAGE } from './limits'
import { MessageSchema } from './message'
import { nameOf } from './name'
import { RangeSchema, RangesSchema, SeqSchema } from './range-schemas'
import { wellFormedJson } from './text'

export const EpochSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(64))

/** A seq, or 0 for "before the first". */
export const SeqOrZeroSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** How far a device has a feed. `seq` 0: it knows the feed's epoch and has no message of it. */
export const CursorSchema = v.object({ epoch: EpochSchema, seq: SeqOrZeroSchema })

export const AppStateSchema = v.picklist(['foreground', 'background'])

export const PlatformSchema = v.picklist(['h5', 'android', 'ios', 'mp-weixin', 'harmony', 'other'])

export const DeviceSchema = v.object({
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{8,64}$/, 'must be 8-64 of A-Z a-z 0-9 _ -')),
  platform: PlatformSchema,
  app: v.optional(nameOf(40)),
  locale: v.optional(nameOf(35)),
  timeZone: v.optional(nameOf(64)),
})

/** What is read of what a feed retains. */
export const ClippedRangesSchema = v.pipe(v.array(RangeSchema), v.readonly())

/**
 * One feed as one user sees it. Retained are the seqs `from..head`; an empty feed has `from = head + 1`.
 * `read` is clipped to what is retained.
 */
export const FeedStateSchema = v.object({
  feed: FeedNameSchema,
  epoch: EpochSchema,
  from: SeqSchema,
  head: SeqOrZeroSchema,
  unread: SeqOrZeroSchema,
  read: ClippedRangesSchema,
  muted: v.boolean(),
})

export const userEntries = { id: UserIdSchema, name: v.string() }

export const UserSchema = v.object(userEntries)

const feedAndEpoch = { feed: FeedNameSchema, epoch: EpochSchema }

/** The first frame of a socket: who, on which device, in which state, and how far it has each feed. */
export const HelloSchema = v.object({
  type: v.literal('hello'),
  token: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
  device: DeviceSchema,
  state: AppStateSchema,
  cursors: v.record(FeedNameSchema, CursorSchema),
})

/** "This device has stored the messages up to `seq` and presented them as its rules say." Cumulative. */
export const AckSchema = v.object({ type: v.literal('ack'), ...feedAndEpoch, seq: SeqSchema })

/** "The user has read these." Merged as a set, so order and repeats do not matter. */
export const ReadSchema = v.object({ type: v.literal('read'), ...feedAndEpoch, ranges: RangesSchema })

export const StateSchema = v.object({ type: v.literal('state'), state: AppStateSchema })
export const PingSchema = v.object({ type: v.literal('ping') })

export const WelcomeSchema = v.object({
  type: v.literal('welcome'),
  user: UserSchema,
  heartbeatMs: v.pipe(v.number(), v.integer(), v.minValue(1000)),
  feeds: v.array(FeedStateSchema),
})

/** Messages of one feed in seq order, without a hole inside. */
export const MessagesSchema = v.object({
  type: v.literal('messages'),
  ...feedAndEpoch,
  messages: v.pipe(v.array(MessageSchema), v.minLength(1), v.readonly()),
})

/**
 * The seqs `from..to` will not come over this socket. `trimmed`: they are gone from the log.
 * `skipped`: they are in the log, and history pages bring them.
 */
export const GapSchema = v.object({
  type: v.literal('gap'),
  ...feedAndEpoch,
  from: SeqSchema,
  to: SeqSchema,
  reason: v.picklist(['trimmed', 'skipped']),
})

/** The device's cursor means nothing in this log: drop what is held of the feed and start at `from`. */
export const ResetSchema = v.object({
  type: v.literal('reset'),
  ...feedAndEpoch,
  reason: v.picklist(['unknown_epoch', 'cursor_ahead']),
})

/** Somebody read on another device: the ranges to merge, and the unread count after it. */
export const ReadPushSchema = v.object({
  type: v.literal('read'),
  ...feedAndEpoch,
  ranges: v.pipe(v.array(RangeSchema), v.minLength(1), v.readonly()),
  unread: SeqOrZeroSchema,
})

/**
 * A push service has taken these for this device: they count as presented. Sent after `welcome` before any messages
 * of the feed, and at the moment when a service takes one.
 */
export const PushedSchema = v.object({
  type: v.literal('pushed'),
  ...feedAndEpoch,
  ranges: v.pipe(v.array(RangeSchema), v.minLength(1), v.readonly()),
})

/** A feed was followed, muted, unmuted or trimmed: its state now. */
export const FeedSchema = v.object({ type: v.literal('feed'), state: FeedStateSchema })

/** The user no longer follows a feed. */
export const UnfollowSchema = v.object({ type: v.literal('unfollow'), feed: FeedNameSchema })

export const PongSchema = v.object({ type: v.literal('pong') })

/** Everything that a client may send. */
export const ClientFrameSchema = v.variant('type', [
  HelloSchema,
  AckSchema,
  ReadSchema,
  StateSchema,
  PingSchema,
])

/** Everything that the gateway may send; first what comes most often, since they are tried in order. */
export const ServerFrameSchema = v.variant('type', [
  MessagesSchema,
  WelcomeSchema,
  GapSchema,
  ResetSchema,
  ReadPushSchema,
  PushedSchema,
  FeedSchema,
  UnfollowSchema,
  PongSchema,
])

export type Cursor = v.InferOutput<typeof CursorSchema>
export type AppState = v.InferOutput<typeof AppStateSchema>
export type Platform = v.InferOutput<typeof PlatformSchema>
export type Device = v.InferOutput<typeof DeviceSchema>
export type FeedState = v.InferOutput<typeof FeedStateSchema>
export type User = v.InferOutput<typeof UserSchema>
export type Hello = v.InferOutput<typeof HelloSchema>
export type Welcome = v.InferOutput<typeof WelcomeSchema>
export type Pushed = v.InferOutput<typeof PushedSchema>
export type ClientFrame = v.InferOutput<typeof ClientFrameSchema>
export type ServerFrame = v.InferOutput<typeof ServerFrameSchema>

/** What a frame's text turned out to be. `unknown`: well-formed, of a type that this end does not know. */
export type Parsed<Frame> =
  { ok: true; frame: Frame } | { ok: false; problem: 'json' | 'unknown' | 'shape'; detail: string }

export const parseClientFrame = (text: string): Parsed<ClientFrame> =>
  parseFrame(ClientFrameSchema, text, wellFormedJson)
export const parseServerFrame = (text: string): Parsed<ServerFrame> =>
  parseFrame(ServerFrameSchema, text, (_text, json) => json)

type FrameSchema = typeof ClientFrameSchema | typeof ServerFrameSchema

/** The types of the frames that one end may send. */
export const typesOf = ({ options }: FrameSchema): ReadonlySet<string> =>
  new Set(options.map(({ entries }) => entries.type.literal))

function parseFrame<Schema extends FrameSchema>(
  schema: Schema,
  text: string,
  mend: (text: string, json: unknown) => unknown,
): Parsed<v.InferOutput<Schema>> {
  let json: unknown
  try {
    json = mend(text, JSON.parse(text))
  } catch {
    return { ok: false, problem: 'json', detail: 'not JSON, or nested too deep' }
  }
  const parsed = v.safeParse(schema, json, { abortEarly: true })
  if (parsed.success) return { ok: true, frame: parsed.output }
  const issue = parsed.issues[0]
  const type = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined
  const problem = typeof type === 'string' && !typesOf(schema).has(type) ? 'unknown' : 'shape'
  return { ok: false, problem, detail: describeIssue(issue) }
}

/** One line for a person: where, and what is wrong; never the value itself, which may be a secret. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue)
  const problem = issueProblem(issue)
  return path ? `${path}: ${problem}` : problem
}

function issueProblem({ type, message, expected, received }: v.BaseIssue<unknown>): string {
  // Only these carry a sentence of ours; valibot's own would quote the value.
  if (type === 'check' || type === 'regex' || type === 'custom') return message
  if (expected === 'never') return 'is not a known field'
  if (received === 'undefined') return 'is missing'
  return `expected ${expected ?? 'another value'}`
}

/** The newest page that a catch-up sends; a client can ask history for the rest. */
export const CATCH_UP_PAGE = MAX_PAGE
