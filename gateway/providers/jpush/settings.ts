import * as v from 'valibot'
import { ConfigError } from '../../process/config-error'
import { callLimit, readTogether, ServiceUrlSchema } from '../service-settings'
import { VendorOptionsSchema, type VendorOptions } from '../vendor-options'

/** What JPush needs. */
export interface JpushSettings {
  readonly appKey: string
  readonly masterSecret: string
  /** Without a slash at its end. */
  readonly url: string
  /** `third_party_channel`, by maker. */
  readonly vendorOptions: VendorOptions
  /** 1: a message of the service class. 0: marketing. */
  readonly classification: 0 | 1
  /** The channel of the app that Android shows pushes in. */
  readonly androidChannel: string | undefined
  /** The app's main activity, which Huawei and Honor set the badge by. */
  readonly badgeClass: string | undefined
  /** Huawei's category for HarmonyOS; without it nothing is sent to HarmonyOS. */
  readonly harmonyCategory: string | undefined
  /** Bytes that the iOS part of a push may have. */
  readonly iosBytes: number
  /** Kinds of token beside registration ids: `alias:…`, `tag:…`. */
  readonly audiences: ReadonlySet<Audience>
  /** 0 is no limit. */
  readonly perMinute: number
}

export type Audience = 'alias' | 'tag'

const AUDIENCES: readonly string[] = ['alias', 'tag'] satisfies Audience[]
/** docs.jiguang.cn says 2000 for notifications, and 3584 for live activities. */
const IOS_BYTES = 2000
const FREE_CALLS_PER_MINUTE = 600

const AudiencesSchema = v.pipe(
  v.optional(v.string(), ''),
  v.transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  ),
  v.check(
    (names) => names.every((name) => AUDIENCES.includes(name)),
    'must be alias, tag, or both separated by a comma',
  ),
  v.transform((names) => new Set(names as Audience[])),
)

/** One schema for each variable. */
export const jpushEnvironment = {
  HERALD_JPUSH_APP_KEY: v.optional(v.string()),
  HERALD_JPUSH_MASTER_SECRET: v.optional(v.string()),
  HERALD_JPUSH_URL: v.optional(ServiceUrlSchema, 'https://api.jpush.cn'),
  HERALD_JPUSH_VENDOR_OPTIONS: v.optional(VendorOptionsSchema),
  HERALD_JPUSH_CLASSIFICATION: v.optional(v.picklist(['0', '1']), '1'),
  HERALD_JPUSH_ANDROID_CHANNEL: v.optional(v.string()),
  HERALD_JPUSH_BADGE_CLASS: v.optional(v.string()),
  HERALD_JPUSH_HARMONY_CATEGORY: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Z_]{1,50}$/, 'must be a category of Huawei’s such as IM or WORK')),
  ),
  HERALD_JPUSH_IOS_BYTES: v.pipe(
    v.optional(v.string(), String(IOS_BYTES)),
    v.check((text) => /^\d{3,4}$/.test(text) && Number(text) <= 4096, 'must be a number from 100 to 4096'),
    v.transform(Number),
  ),
  HERALD_JPUSH_AUDIENCES: AudiencesSchema,
  HERALD_JPUSH_PER_MINUTE: callLimit(FREE_CALLS_PER_MINUTE),
}

type Environment = v.InferOutput<v.ObjectSchema<typeof jpushEnvironment, undefined>>

const NEEDED = ['HERALD_JPUSH_APP_KEY', 'HERALD_JPUSH_MASTER_SECRET'] as const

/** Undefined: JPush is not configured. Throws ConfigError. */
export function readJpushSettings(env: Environment): JpushSettings | undefined {
  const keys = readTogether(env, NEEDED)
  if (keys === undefined) return undefined
  if (keys.HERALD_JPUSH_APP_KEY.includes(':')) {
    throw new ConfigError('HERALD_JPUSH_APP_KEY: must be the AppKey alone, without the secret')
  }
  return {
    appKey: keys.HERALD_JPUSH_APP_KEY,
    masterSecret: keys.HERALD_JPUSH_MASTER_SECRET,
    url: env.HERALD_JPUSH_URL,
    vendorOptions: env.HERALD_JPUSH_VENDOR_OPTIONS ?? {},
    classification: env.HERALD_JPUSH_CLASSIFICATION === '1' ? 1 : 0,
    androidChannel: env.HERALD_JPUSH_ANDROID_CHANNEL,
    badgeClass: env.HERALD_JPUSH_BADGE_CLASS,
    harmonyCategory: env.HERALD_JPUSH_HARMONY_CATEGORY,
    iosBytes: env.HERALD_JPUSH_IOS_BYTES,
    audiences: env.HERALD_JPUSH_AUDIENCES,
    perMinute: env.HERALD_JPUSH_PER_MINUTE,
  }
}
