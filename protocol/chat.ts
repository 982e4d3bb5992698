import * as v from 'valibot'
import { DeliveryEventSchema, DeliveryReasonSchema } from './deliveries'
import { UserIdSchema } from './feed'
import { DeviceSchema } from './frames'
import { TimeSchema } from './message'

/** What an app calls one of its chat accounts, such as a hash of the address: the gateway need not know whose it is. */
const AccountSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{8,64}$/, 'must be 8-64 of A-Z a-z 0-9 _ -'))

const DomainSchema = v.pipe(
  v.string(),
  v.maxLength(253),
  v.regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/, 'must be a domain in lower case'),
)

/** `PUT /v1/me/devices/{id}/xmpp`: a chat account of the device, and the server that it is at. */
export const ChatAccountBodySchema = v.strictObject({ account: AccountSchema, domain: DomainSchema })

/** `DELETE /v1/me/devices/{id}/xmpp`: which account. */
export const ChatAccountQuerySchema = v.strictObject({ account: AccountSchema })

/** What the device asks its chat server for pushes with (XEP-0357 §5): the same for as long as it is registered. */
export const ChatRegistrationSchema = v.object({ jid: v.string(), node: v.string(), secret: v.string() })

const NodeSchema = v.object({
  device: DeviceSchema.entries.id,
  account: v.string(),
  domain: v.string(),
  component: v.string(),
  registered: TimeSchema,
})

/** What a chat server said until its push went, and what became of it. */
const NudgeSchema = v.object({
  device: DeviceSchema.entries.id,
  account: v.string(),
  count: v.number(),
  time: TimeSchema,
  state: v.picklist(['waiting', 'pushed', 'cancelled', 'dead']),
  reason: DeliveryReasonSchema,
  next: v.nullable(TimeSchema),
  events: v.pipe(v.array(DeliveryEventSchema), v.readonly()),
})

/** `GET /v1/users/{id}/nudges`: the chat accounts of a user's devices, and the newest nudges. */
export const NudgesSchema = v.object({
  user: UserIdSchema,
  accounts: v.array(NodeSchema),
  nudges: v.array(NudgeSchema),
})

const CountSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** One chat server, and how the connection to it is. */
const ChatServerSchema = v.object({
  /** What the server calls the gateway. */
  name: v.string(),
  server: v.string(),
  domains: v.pipe(v.array(v.string()), v.readonly()),
  up: v.boolean(),
  since: TimeSchema,
  /** Why it is down, as far as that is known. */
  end: v.nullable(v.object({ code: v.string(), detail: v.string() })),
  /** When the gateway was last away from it. */
  away: v.nullable(v.object({ from: TimeSchema, to: TimeSchema })),
  /** What it has said since the gateway's start, by what was made of it. */
  publishes: v.object({ noted: CountSchema, quiet: CountSchema, unknown: CountSchema, failed: CountSchema }),
  /** Whether the gateway's word to itself came round by the server just now. */
  ok: v.boolean(),
})

/** `POST /v1/chat-servers/check`: every chat server that the gateway is a component of. */
export const ChatServerChecksSchema = v.object({ chatServers: v.array(ChatServerSchema) })

export type ChatRegistration = v.InferOutput<typeof ChatRegistrationSchema>
export type ChatServerCheck = v.InferOutput<typeof ChatServerSchema>
export type UserNudges = v.InferOutput<typeof NudgesSchema>
