import * as v from 'valibot'
import { callLimit, readTogether, ServiceUrlSchema } from '../service-settings'
import { NamesByMakerSchema, VendorOptionsSchema, type VendorOptions } from '../vendor-options'

/** What uni-push 2.0 by a function of one's own in uniCloud needs. */
export interface UnicloudSettings {
  /** The function's address. */
  readonly url: string
  /** The key of uni-cloud-s2s, which signs requests. */
  readonly signKey: string
  readonly vendorOptions: VendorOptions
  /** `category` of uni-push, by maker, such as `{"harmony": "IM"}`. */
  readonly categories: Readonly<Record<string, string>> | undefined
  /** 0 is no limit. */
  readonly perMinute: number
  /** 0 is no limit. */
  readonly perDay: number
}

/** One schema for each variable. */
export const unicloudEnvironment = {
  HERALD_UNICLOUD_URL: v.optional(ServiceUrlSchema),
  HERALD_UNICLOUD_SIGN_KEY: v.optional(
    v.pipe(v.string(), v.minLength(16, 'must have at least 16 characters')),
  ),
  HERALD_UNICLOUD_VENDOR_OPTIONS: v.optional(VendorOptionsSchema),
  HERALD_UNICLOUD_CATEGORIES: v.optional(NamesByMakerSchema),
  HERALD_UNICLOUD_PER_MINUTE: callLimit(0),
  HERALD_UNICLOUD_PER_DAY: callLimit(0),
}

type Environment = v.InferOutput<v.ObjectSchema<typeof unicloudEnvironment, undefined>>

const NEEDED = ['HERALD_UNICLOUD_URL', 'HERALD_UNICLOUD_SIGN_KEY'] as const

/** Undefined: uniCloud is not configured. Throws ConfigError. */
export function readUnicloudSettings(env: Environment): UnicloudSettings | undefined {
  const keys = readTogether(env, NEEDED)
  if (keys === undefined) return undefined
  return {
    url: keys.HERALD_UNICLOUD_URL,
    signKey: keys.HERALD_UNICLOUD_SIGN_KEY,
    vendorOptions: env.HERALD_UNICLOUD_VENDOR_OPTIONS ?? {},
    categories: env.HERALD_UNICLOUD_CATEGORIES,
    perMinute: env.HERALD_UNICLOUD_PER_MINUTE,
    perDay: env.HERALD_UNICLOUD_PER_DAY,
  }
}
