import type { KeyObject } from 'node:crypto'
import * as v from 'valibot'
import { ConfigError } from '../../process/config-error'
import { readNamedFile, readPrivateKey } from '../key-file'
import { readTogether, ServiceUrlSchema } from '../service-settings'

/** A signing key of the developer account (.p8). */
export interface ApnsKey {
  readonly teamId: string
  readonly keyId: string
  readonly privateKey: KeyObject
}

/** One of the two gates, and the key for it. */
export interface ApnsGateSettings {
  readonly url: string
  readonly key: ApnsKey
}

export interface ApnsSettings {
  readonly bundleId: string
  readonly production: ApnsGateSettings
  readonly sandbox: ApnsGateSettings
  /** PEM; absent: the authorities that Node knows. */
  readonly ca?: string
}

const TEN = v.pipe(v.string(), v.regex(/^[A-Z0-9]{10}$/, 'must be ten capital letters and digits'))

/** Variables of APNs. */
export const apnsEnvironment = {
  HERALD_APNS_KEY_FILE: v.optional(v.string()),
  HERALD_APNS_KEY_ID: v.optional(TEN),
  HERALD_APNS_TEAM_ID: v.optional(TEN),
  HERALD_APNS_BUNDLE_ID: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9.-]{1,155}$/, 'must be a bundle id such as com.example.herald')),
  ),
  HERALD_APNS_SANDBOX_KEY_FILE: v.optional(v.string()),
  HERALD_APNS_SANDBOX_KEY_ID: v.optional(TEN),
  HERALD_APNS_URL: v.optional(ServiceUrlSchema),
  HERALD_APNS_SANDBOX_URL: v.optional(ServiceUrlSchema),
  HERALD_APNS_CA_FILE: v.optional(v.string()),
}

type Environment = v.InferOutput<v.ObjectSchema<typeof apnsEnvironment, undefined>>

const NEEDED = [
  'HERALD_APNS_KEY_FILE',
  'HERALD_APNS_KEY_ID',
  'HERALD_APNS_TEAM_ID',
  'HERALD_APNS_BUNDLE_ID',
] as const
const SANDBOX = ['HERALD_APNS_SANDBOX_KEY_FILE', 'HERALD_APNS_SANDBOX_KEY_ID'] as const
const OTHERS = [...SANDBOX, 'HERALD_APNS_URL', 'HERALD_APNS_SANDBOX_URL', 'HERALD_APNS_CA_FILE']

/** Reads the credentials for APNs; undefined when there are none. Throws ConfigError. */
export function readApnsSettings(env: Environment): ApnsSettings | undefined {
  const given = readTogether(env, NEEDED, OTHERS)
  if (given === undefined) return undefined
  const teamId = given.HERALD_APNS_TEAM_ID
  const key = readKey('HERALD_APNS_KEY_FILE', given.HERALD_APNS_KEY_FILE, teamId, given.HERALD_APNS_KEY_ID)
  const other = readTogether(env, SANDBOX)
  const sandboxKey =
    other && readKey(SANDBOX[0], other.HERALD_APNS_SANDBOX_KEY_FILE, teamId, other.HERALD_APNS_SANDBOX_KEY_ID)
  const caFile = env.HERALD_APNS_CA_FILE
  // Hosts: Apple, "Sending notification requests to APNs".
  return {
    bundleId: given.HERALD_APNS_BUNDLE_ID,
    production: { url: env.HERALD_APNS_URL ?? 'https://api.push.apple.com', key },
    sandbox: {
      url: env.HERALD_APNS_SANDBOX_URL ?? 'https://api.sandbox.push.apple.com',
      key: sandboxKey ?? key,
    },
    ...(caFile !== undefined && { ca: readNamedFile('HERALD_APNS_CA_FILE', caFile) }),
  }
}

function readKey(variable: string, file: string, teamId: string, keyId: string): ApnsKey {
  const privateKey = readPrivateKey(readNamedFile(variable, file))
  // ES256 is the only algorithm that APNs takes, and its curve is P-256 (RFC 7518 §3.4).
  if (privateKey?.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new ConfigError(`${variable}: must be the .p8 file of an APNs key; ${file} is not`)
  }
  return { teamId, keyId, privateKey }
}
