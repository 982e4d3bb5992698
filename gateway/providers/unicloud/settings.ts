import * as v from 'valibot'
import { ConfigError } from '../../config-error'
import { allOrNone, callLimit, readVariables, ServiceUrlSchema } from '../service-settings'
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

/** Undefined: uniCloud is not configured. Throws ConfigError. */
export function readUnicloudSettings(env: NodeJS.ProcessEnv): UnicloudSettings | undefined {
  const read = readVariables(unicloudEnvironment, env)
  const { HERALD_UNICLOUD_URL, HERALD_UNICLOUD_SIGN_KEY } = read
  const keys = allOrNone({ HERALD_UNICLOUD_URL, HERALD_UNICLOUD_SIGN_KEY })
  if (keys === undefined) return undefined
  if (env.HERALD_GETUI_APP_ID) {
    throw new ConfigError(
      'HERALD_GETUI_APP_ID and HERALD_UNICLOUD_URL are two ways to uni-push: set one of them only',
    )
  }
  return {
    url: keys.HERALD_UNICLOUD_URL,
    signKey: keys.HERALD_UNICLOUD_SIGN_KEY,
    vendorOptions: read.HERALD_UNICLOUD_VENDOR_OPTIONS ?? {},
    categories: read.HERALD_UNICLOUD_CATEGORIES,
    perMinute: read.HERALD_UNICLOUD_PER_MINUTE,
    perDay: read.HERALD_UNICLOUD_PER_DAY,
  }
}
