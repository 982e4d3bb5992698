import * as v from 'valibot'
import { DeviceSchema, PlatformSchema } from './frames'
import { TimeSchema } from './message'

const SessionDeviceSchema = v.object({
  id: DeviceSchema.entries.id,
  platform: PlatformSchema,
  app: v.optional(v.string()),
  /** What the device says of itself; `away` when it says nothing. */
  state: v.picklist(['foreground', 'background', 'away']),
  /** Whether a push service can reach it. */
  push: v.boolean(),
})

/**
 * One way in which somebody is signed in. `token`: by a token of the gateway, on one device or, when it was pasted, on
 * several. `device`: by a JWT, of which the gateway keeps nothing but the device.
 */
export const SessionSchema = v.object({
  id: v.string(),
  kind: v.picklist(['token', 'device']),
  label: v.string(),
  created: v.nullable(TimeSchema),
  /** To some minutes; null when it was never used. */
  lastUsed: v.nullable(TimeSchema),
  expires: v.nullable(TimeSchema),
  /** Whether it is the one that asks. */
  current: v.boolean(),
  devices: v.array(SessionDeviceSchema),
})

export const SessionListSchema = v.object({ sessions: v.array(SessionSchema) })

/** `device`: the one that asks. A request names no device, and a JWT no session. */
export const SessionsQuerySchema = v.strictObject({ device: v.optional(DeviceSchema.entries.id) })

export const EndedSessionsSchema = v.object({ ended: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) })

export type Session = v.InferOutput<typeof SessionSchema>
export type SessionDevice = v.InferOutput<typeof SessionDeviceSchema>
export type SessionList = v.InferOutput<typeof SessionListSchema>
