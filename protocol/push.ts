import * as v from 'valibot'
import { FeedNameSchema } from './feed'
import { DeviceSchema, EpochSchema, PlatformSchema } from './frames'
import { MAX_PUSH_IDS, MAX_REGISTRATIONS } from './limits'
import { MessageIdSchema, PrioritySchema, TimeSchema } from './message'
import { nameOf } from './name'
import { SeqSchema } from './range-schemas'

/** The push services that a device may register with. `unipush` is one service with two ways to it. */
export const ProviderNameSchema = v.picklist(['apns', 'unipush', 'jpush', 'webpush', 'fcm', 'hms'])

/** The two keys of a browser's push subscription, base64url (RFC 8291 §2.1). */
const SubscriptionKeysSchema = v.object({
  p256dh: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{80,100}={0,2}$/, 'must be a P-256 point in base64url')),
  auth: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{20,30}={0,2}$/, 'must be 16 bytes in base64url')),
})

/**
 * How one push service reaches one installation of the app. (provider, app, environment, kind, token) belongs to one
 * user: the latest that registered it.
 */
export const PushRegistrationSchema = v.strictObject({
  provider: ProviderNameSchema,
  /** What the service calls the app: bundle id, package name, app key; for Web Push the VAPID public key. */
  app: v.pipe(nameOf(200), v.minLength(1)),
  /** Whose gate the token is for; only APNs has two, and JPush goes through both. */
  environment: v.optional(v.picklist(['production', 'sandbox']), 'production'),
  kind: v.optional(v.picklist(['alert']), 'alert'),
  /** Device token, client id, registration id, or the endpoint of a Web Push subscription. */
  token: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
  keys: v.optional(SubscriptionKeysSchema),
})

const TimeOfDaySchema = v.pipe(v.string(), v.regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be HH:mm'))

/**
 * `PUT /v1/me/devices/{id}`: what a device is and how to ring it. It replaces what was known of the device.
 * `push` is in order of preference: the next is tried when one fails.
 */
export const DeviceBodySchema = v.strictObject({
  platform: PlatformSchema,
  app: DeviceSchema.entries.app,
  locale: DeviceSchema.entries.locale,
  /** IANA name; quiet hours are meant in it. */
  timeZone: DeviceSchema.entries.timeZone,
  /** False: the person switched notifications off on this device. */
  notifications: v.optional(v.boolean(), true),
  /** False: no push shows what a message says. */
  preview: v.optional(v.boolean(), true),
  sound: v.optional(v.boolean(), true),
  /** Absent: none. `from` is inside, `to` is not; equal times are the whole day. */
  quietHours: v.optional(v.strictObject({ from: TimeOfDaySchema, to: TimeOfDaySchema })),
  push: v.optional(v.pipe(v.array(PushRegistrationSchema), v.maxLength(MAX_REGISTRATIONS)), []),
})

/** Stands for the user in a push, so that a device drops what was meant for somebody else. Says nothing to others. */
const RecipientSchema = v.pipe(v.string(), v.minLength(8), v.maxLength(64))

/** What the gateway made of a registration. `on` false: it has no credentials for that service and app. */
export const DeviceAnswerSchema = v.object({
  device: DeviceSchema.entries.id,
  recipient: RecipientSchema,
  push: v.array(v.object({ provider: ProviderNameSchema, on: v.boolean() })),
})

/** `GET /v1/push`: what a client needs before it can register. */
export const PushServicesSchema = v.object({
  providers: v.array(v.object({ name: ProviderNameSchema, on: v.boolean() })),
  /** The VAPID public key, base64url of an uncompressed P-256 point: `applicationServerKey`. */
  webPush: v.nullable(v.object({ publicKey: v.string() })),
})

/** One push service as an administrator sees it. */
export const ProviderInfoSchema = v.object({
  name: ProviderNameSchema,
  on: v.boolean(),
  /** Why it is off, and what to do about it; null when it is on. */
  why: v.nullable(v.string()),
  /** What the service calls the app that it is on for; null when it is off. */
  app: v.nullable(v.string()),
})

/** `GET /v1/providers`: every push service that there is. */
export const ProviderListSchema = v.object({ providers: v.array(ProviderInfoSchema) })

/** `POST /v1/providers/check`. Without a name: all that are on. */
export const CheckBodySchema = v.strictObject({ provider: v.optional(ProviderNameSchema) })

/** Whether the credentials for a service work, in the words of who asked it. */
export const ProviderCheckSchema = v.object({
  name: ProviderNameSchema,
  app: v.nullable(v.string()),
  ok: v.boolean(),
  detail: v.string(),
})

/** Services that are off are not in it. */
export const ProviderChecksSchema = v.object({ checks: v.array(ProviderCheckSchema) })

const pushEntries = {
  /** Version of this shape; a client drops what it does not know. */
  herald: v.literal(1),
  to: RecipientSchema,
  /** The user's unread count when the push was made. */
  badge: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
}

/** One message. Without title and body the device fetches them: `idOnly`. */
export const MessagePushSchema = v.object({
  ...pushEntries,
  type: v.literal('message'),
  id: MessageIdSchema,
  feed: FeedNameSchema,
  epoch: EpochSchema,
  seq: SeqSchema,
  time: TimeSchema,
  priority: PrioritySchema,
  title: v.optional(v.string()),
  body: v.optional(v.string()),
})

/** A burst in one push. `ids` are the newest of them; `count` counts all. */
export const SummaryPushSchema = v.object({
  ...pushEntries,
  type: v.literal('summary'),
  count: v.pipe(v.number(), v.safeInteger(), v.minValue(2)),
  ids: v.pipe(v.array(MessageIdSchema), v.maxLength(MAX_PUSH_IDS)),
})

/** These were read elsewhere: take them from the tray and set the badge. */
export const ClearPushSchema = v.object({
  ...pushEntries,
  type: v.literal('clear'),
  ids: v.pipe(v.array(MessageIdSchema), v.maxLength(MAX_PUSH_IDS)),
})

/**
 * A chat server has something new for an account of the device: it names no message. The texts are for who shows the push
 * himself, and `tag` is what it is called on the screen.
 */
export const NudgePushSchema = v.object({
  ...pushEntries,
  type: v.literal('nudge'),
  account: v.string(),
  tag: v.string(),
  title: v.string(),
  body: v.string(),
})

/** What a push about messages carries, whichever service brings it. */
export const PushPayloadSchema = v.variant('type', [MessagePushSchema, SummaryPushSchema, ClearPushSchema])

export type ProviderName = v.InferOutput<typeof ProviderNameSchema>
export type PushRegistration = v.InferOutput<typeof PushRegistrationSchema>
export type DeviceBody = v.InferOutput<typeof DeviceBodySchema>
export type DeviceAnswer = v.InferOutput<typeof DeviceAnswerSchema>
export type PushServices = v.InferOutput<typeof PushServicesSchema>
export type ProviderInfo = v.InferOutput<typeof ProviderInfoSchema>
export type ProviderCheck = v.InferOutput<typeof ProviderCheckSchema>
export type NudgePush = v.InferOutput<typeof NudgePushSchema>
export type PushPayload = v.InferOutput<typeof PushPayloadSchema>

/** Reads a push's payload, which comes as JSON text or, from some services, as an object. */
export function parsePushPayload(data: unknown): PushPayload | undefined {
  const parsed = v.safeParse(PushPayloadSchema, typeof data === 'string' ? readJson(data) : data)
  return parsed.success ? parsed.output : undefined
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
