import * as v from 'valibot'
import { callLimit, readTogether, ServiceUrlSchema } from '../service-settings'
import { VendorOptionsSchema, type VendorOptions } from '../vendor-options'

/** What uni-push by Getui's REST API needs. */
export interface GetuiSettings {
  /** Getui's AppID. */
  readonly appId: string
  readonly appKey: string
  readonly masterSecret: string
  /** Without a slash at its end. */
  readonly url: string
  /** Package name of the Android app: clicks on offline notifications open it with the payload. */
  readonly androidPackage: string | undefined
  readonly vendorOptions: VendorOptions
  /** Huawei's category for HarmonyOS; without it nothing is sent to HarmonyOS devices that are offline. */
  readonly harmonyCategory: string | undefined
  /** 0 is no limit. */
  readonly perMinute: number
  /** 0 is no limit. */
  readonly perDay: number
}

const PackageNameSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z]\w*(?:\.[A-Za-z]\w*)+$/, 'must be a package name such as com.example.app'),
)

/** One schema for each variable. */
export const getuiEnvironment = {
  HERALD_GETUI_APP_ID: v.optional(v.string()),
  HERALD_GETUI_APP_KEY: v.optional(v.string()),
  HERALD_GETUI_MASTER_SECRET: v.optional(v.string()),
  HERALD_GETUI_URL: v.optional(ServiceUrlSchema, 'https://restapi.getui.com'),
  HERALD_GETUI_ANDROID_PACKAGE: v.optional(PackageNameSchema),
  HERALD_GETUI_VENDOR_OPTIONS: v.optional(VendorOptionsSchema),
  HERALD_GETUI_HARMONY_CATEGORY: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Z_]{1,50}$/, 'must be a category of Huawei’s such as IM or WORK')),
  ),
  HERALD_GETUI_PER_MINUTE: callLimit(0),
  HERALD_GETUI_PER_DAY: callLimit(0),
}

type Environment = v.InferOutput<v.ObjectSchema<typeof getuiEnvironment, undefined>>

const NEEDED = ['HERALD_GETUI_APP_ID', 'HERALD_GETUI_APP_KEY', 'HERALD_GETUI_MASTER_SECRET'] as const

/** Undefined: Getui is not configured. Throws ConfigError. */
export function readGetuiSettings(env: Environment): GetuiSettings | undefined {
  const keys = readTogether(env, NEEDED)
  if (keys === undefined) return undefined
  return {
    appId: keys.HERALD_GETUI_APP_ID,
    appKey: keys.HERALD_GETUI_APP_KEY,
    masterSecret: keys.HERALD_GETUI_MASTER_SECRET,
    url: env.HERALD_GETUI_URL,
    androidPackage: env.HERALD_GETUI_ANDROID_PACKAGE,
    vendorOptions: env.HERALD_GETUI_VENDOR_OPTIONS ?? {},
    harmonyCategory: env.HERALD_GETUI_HARMONY_CATEGORY,
    perMinute: env.HERALD_GETUI_PER_MINUTE,
    perDay: env.HERALD_GETUI_PER_DAY,
  }
}
