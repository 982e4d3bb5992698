import * as v from 'valibot'
import { FeedNameSchema, UserIdSchema } from './feed'
import { DeviceSchema, PlatformSchema } from './frames'
import { MessageIdSchema, TimeSchema } from './message'
import { ProviderNameSchema } from './push'
import { SeqSchema } from './range-schemas'

/** Devices in one page of deliveries. */
const MAX_DEVICES = 200

/**
 * Where a message stands on one device.
 * `acked`: the app has stored and presented it. `waiting`: the ack's deadline is not over, or something holds the
 * push. `pushed`: a provider took it. `cancelled`: no push is due any more. `dead`: no provider could be made to
 * take it. `none`: nothing is known of the device that could ring it.
 */
export const DeliveryStateSchema = v.picklist(['acked', 'waiting', 'pushed', 'cancelled', 'dead', 'none'])

/** Why a message stands where it does, and each step on the way. The client and the CLI have the words. */
export const deliveryReasons = [
  'acked',
  'acked_late',
  'awaiting_ack',
  'no_ack',
  'not_connected',
  'sweep_pending',
  'other_device_active',
  'burst',
  'retrying',
  'circuit_open',
  'quota',
  'accepted',
  'summarised',
  'arrived',
  'shown',
  'clicked',
  'not_arrived',
  'cleared',
  'clear_failed',
  'read',
  'muted',
  'quiet_hours',
  'expired',
  'notifications_off',
  'low_priority',
  'unfollowed',
  'signed_out',
  'no_registration',
  'registered_later',
  'provider_off',
  'token_gone',
  'refused',
  'credentials_refused',
  'gave_up',
  'clock_doubted',
  'message_gone',
  'replayed',
  'nudged',
] as const

export const DeliveryReasonSchema = v.picklist(deliveryReasons)

/** One step. `detail` is what the provider said, in its own words. */
export const DeliveryEventSchema = v.object({
  time: TimeSchema,
  reason: DeliveryReasonSchema,
  provider: v.optional(ProviderNameSchema),
  detail: v.optional(v.string()),
})

export const DeliverySchema = v.object({
  user: UserIdSchema,
  device: DeviceSchema.entries.id,
  platform: PlatformSchema,
  state: DeliveryStateSchema,
  reason: DeliveryReasonSchema,
  /** When something is next done about it; null when nothing is. */
  next: v.nullable(TimeSchema),
  events: v.pipe(v.array(DeliveryEventSchema), v.readonly()),
})

/** `GET /v1/messages/{id}/deliveries`: a page of devices, by user and device id. `more`: pass it as `after`. */
export const DeliveriesSchema = v.object({
  message: v.object({
    id: MessageIdSchema,
    feed: FeedNameSchema,
    seq: SeqSchema,
    time: TimeSchema,
    expires: v.optional(TimeSchema),
  }),
  devices: v.pipe(v.array(DeliverySchema), v.readonly()),
  more: v.nullable(v.string()),
})

export const DeliveriesQuerySchema = v.strictObject({
  after: v.optional(v.pipe(v.string(), v.maxLength(200)), ''),
  limit: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,3}$/, 'must be a whole number'),
      v.transform(Number),
      v.minValue(1),
      v.maxValue(MAX_DEVICES),
    ),
    '50',
  ),
})

/** A push that no provider could be made to take. `message` is the first that it was for. */
export const DeadLetterSchema = v.object({
  message: v.nullable(MessageIdSchema),
  feed: FeedNameSchema,
  first: SeqSchema,
  last: SeqSchema,
  user: UserIdSchema,
  device: DeviceSchema.entries.id,
  reason: DeliveryReasonSchema,
  time: TimeSchema,
  events: v.pipe(v.array(DeliveryEventSchema), v.readonly()),
})

export const DeadLettersSchema = v.object({ deadLetters: v.array(DeadLetterSchema) })

/** `POST /v1/dead-letters/replay`. Without a message: all. */
export const ReplayBodySchema = v.strictObject({ message: v.optional(MessageIdSchema) })
export const ReplayedSchema = v.object({ replayed: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) })

export type DeliveryState = v.InferOutput<typeof DeliveryStateSchema>
export type DeliveryReason = v.InferOutput<typeof DeliveryReasonSchema>
export type DeliveryEvent = v.InferOutput<typeof DeliveryEventSchema>
export type Delivery = v.InferOutput<typeof DeliverySchema>
export type Deliveries = v.InferOutput<typeof DeliveriesSchema>
export type DeadLetter = v.InferOutput<typeof DeadLetterSchema>
