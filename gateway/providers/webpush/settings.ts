import * as v from 'valibot'
import { ConfigError } from '../../process/config-error'
import { readFileSync } from 'node:fs'
import { readVapidKeys, type VapidKeys } from './vapid-keys'

/** How Web Push is sent. */
export interface WebPushSettings {
  /** Whom a push service may turn to: `mailto:` or `https:`. */
  readonly contact: string | undefined
  /** Keys of the operator's own; undefined: the gateway makes some. */
  readonly keys: VapidKeys | undefined
  /** Origins of push services that the rules for endpoints do not bind. */
  readonly allow: readonly string[]
}

const isOrigin = (text: string): boolean =>
  /^https?:/i.test(text) && URL.canParse(text) && new URL(text).origin === text

const AllowSchema = v.pipe(
  v.optional(v.string(), ''),
  v.transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  ),
  v.check(
    (origins) => origins.every(isOrigin),
    'must be origins such as https://push.example.com, separated by commas, without a path',
  ),
)

/** Variables of Web Push. */
export const webpushEnvironment = {
  HERALD_WEBPUSH: v.optional(v.picklist(['on', 'off']), 'on'),
  HERALD_WEBPUSH_CONTACT: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        /^(?:mailto:[^\s@]+@[^\s@]+\.[^\s@]+|https:\/\/[^\s/]+\.[^\s/]+\S*)$/,
        'must be mailto:you@example.com or an https address',
      ),
    ),
  ),
  HERALD_WEBPUSH_KEY_FILE: v.optional(v.string()),
  HERALD_WEBPUSH_ALLOW: AllowSchema,
}

type Environment = v.InferOutput<v.ObjectSchema<typeof webpushEnvironment, undefined>>

/** Reads how Web Push is sent; undefined when it is switched off. Throws ConfigError. */
export function readWebPushSettings(env: Environment, publicUrl?: string): WebPushSettings | undefined {
  if (env.HERALD_WEBPUSH === 'off') return undefined
  const https = publicUrl?.startsWith('https:') === true ? publicUrl : undefined
  return {
    contact: env.HERALD_WEBPUSH_CONTACT ?? https,
    keys: env.HERALD_WEBPUSH_KEY_FILE === undefined ? undefined : readKeyFile(env.HERALD_WEBPUSH_KEY_FILE),
    allow: env.HERALD_WEBPUSH_ALLOW,
  }
}

function readKeyFile(file: string): VapidKeys {
  try {
    return readVapidKeys(readFileSync(file, 'utf8'))
  } catch {
    throw new ConfigError(
      `HERALD_WEBPUSH_KEY_FILE: must be a file with a VAPID private key on P-256 (PEM, base64url or web-push's JSON); ${file} is not`,
    )
  }
}
